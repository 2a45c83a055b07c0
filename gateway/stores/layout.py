"""Where a record goes on the log server: key names, time buckets and lifetimes, shared by writer and reader.

    rec:{0}:<exchange>.<direction>       string   the record as JSON, expires after the retention
    idx:{0}:<kind>:<label>:<bucket>      zset     record id → time in ms, one key an hour
    ctr:{0}:m|h:<bucket>                 hash     counters of a minute or an hour; no ids, few labels
    top:{0}:client:<bucket>              zset     client → count, one key an hour: labels without bound

`{0}` is the hash tag that keeps a record's keys in one slot of a cluster.
Rule for the next editor: an index bucket expires `retention` after it *begins*, so that no id outlives its record's
retention. In the last hour of its life a record is found by its id, no longer in lists.
Key names hold type names, rule ids and keyed hashes, never personal data.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import orjson

from gateway.errors import StoreError
from gateway.stores.identity import fingerprint
from gateway.types import Record

TAG: Final = "{0}"
RETENTION_SECONDS: Final = 7 * 24 * 3600
COUNTER_UNITS: Final = {"m": 60, "h": 3600}
"""Minutes for short windows, hours for long ones; seconds."""
PROBE_KEY: Final = f"rec:{TAG}:"
"""Written to see whether the server takes writes; no record has an empty id."""
LIVE_CHANNEL: Final = "live:records"
LATENCY_BUCKETS_MS: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)

TOP_KINDS: Final = ("rule", "entity", "reason", "operator", "client", "policy_rule", "observed", "observed_new")
INDEX_KINDS: Final = ("all", "effect", "shadow", "tenant", "client", "entity", "rule", "reason")

FIELDS: Final = (
    "exchange_id",
    "time",
    "direction",
    "tenant",
    "client",
    "plane",
    "route",
    "upstream",
    "effect",
    "shadow_effect",
    "reasons",
    "coverage",
    "entities",
    "rules",
    "operators",
    "policy",
    "policy_revision",
    "detector_revision",
    "parts",
    "bytes_in",
    "bytes_out",
    "status",
    "timings_ms",
    "excerpt",
    "policy_rules",
    "articles",
    "observed",
    "observed_new",
    "rules_revision",
    "model",
)
"""The allow-list. A new field of `Record` is not stored until it is named here."""

_VALUES: Final = attrgetter(*FIELDS)
_MAPPINGS: Final = ("entities", "rules", "operators", "timings_ms", "policy_rules", "observed", "observed_new")

_KEYS: Final = 4096
"""Names of keys that are remembered: the same few dozen are written to all through a bucket."""

_EXCHANGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """All in seconds; every one of them is relative, so that clocks of gateway and server need not agree."""

    retention: int

    @property
    def bucket(self) -> int:
        """Length of an index bucket: an hour, less where the retention is short."""
        return min(3600, max(1, self.retention // 24))

    def left(self, bucket_start: int, length: int, now: float) -> int:
        """For how long a bucket may live on. At least one more of its own lengths, so that it can be written to."""
        return max(1, int(bucket_start + max(self.retention, 2 * length) - now))


def bucket_of(time: float, length: int) -> int:
    """Start of the bucket, Unix seconds."""
    return int(time) // length * length


def record_id(record: Record) -> str:
    if not _EXCHANGE_ID.match(record.exchange_id):
        raise StoreError("record_failed", "exchange id")
    if not math.isfinite(record.time):
        raise StoreError("record_failed", "time")
    return f"{record.exchange_id}.{record.direction.value}"


def record_key(identifier: str) -> str:
    return f"rec:{TAG}:{identifier}"


@lru_cache(maxsize=_KEYS)
def index_key(kind: str, label: str, bucket: int) -> str:
    """A tenant's name may be long or personal, so its fingerprint stands for it."""
    shown = fingerprint(label) if kind == "tenant" else label
    return f"idx:{TAG}:{kind}:{shown}:{bucket}"


@lru_cache(maxsize=_KEYS)
def counter_key(unit: str, bucket: int) -> str:
    return f"ctr:{TAG}:{unit}:{bucket}"


@lru_cache(maxsize=_KEYS)
def top_key(kind: str, bucket: int) -> str:
    return f"top:{TAG}:{kind}:{bucket}"


def encode(record: Record) -> bytes:
    """The allow-listed fields as JSON; `StoreError` without payload where they cannot be written."""
    fields: dict[str, Any] = dict(zip(FIELDS, _VALUES(record), strict=True))
    for name in _MAPPINGS:
        if not isinstance(fields[name], dict):
            fields[name] = dict(fields[name])
    if fields["excerpt"] is None:
        del fields["excerpt"]
    try:
        return orjson.dumps(fields)
    except (orjson.JSONEncodeError, TypeError):
        raise StoreError("record_failed", "not encodable") from None


def labels(record: Record) -> Iterator[tuple[str, str]]:
    """(kind, label) of every index that lists this record."""
    yield "all", ""
    yield "effect", record.effect
    if record.shadow_effect:
        yield "shadow", record.shadow_effect
    yield "tenant", record.tenant
    yield "client", record.client
    for kind, names in (("entity", record.entities), ("rule", record.rules), ("reason", record.reasons)):
        for name in dict.fromkeys(names):
            yield kind, name


_FIELD_OF: Final = {"entity": "entities", "rule": "rules", "reason": "reasons", "shadow": "shadow_effect"}


def matches(fields: Mapping[str, Any], wanted: Iterable[tuple[str, str]]) -> bool:
    """Whether a stored record would be listed under all of these (kind, label)."""
    for kind, label in wanted:
        held = fields.get(_FIELD_OF.get(kind, kind), "")
        if (held != label) if isinstance(held, str) else (label not in held):
            return False
    return True


def counters(record: Record) -> dict[str, int]:
    """Counter field → increment; the fields of `ctr:` hashes."""
    total_ms = total_milliseconds(record.timings_ms)
    counts = {
        "records": 1,
        f"direction:{record.direction.value}": 1,
        f"effect:{record.effect}": 1,
        f"latency:{latency_bucket(total_ms)}": 1,
        "latency_us": round(total_ms * 1000),
        "bytes_in": record.bytes_in,
        "bytes_out": record.bytes_out,
    }
    if record.shadow_effect:
        counts[f"shadow:{record.shadow_effect}"] = 1
    for kind, named in _counted(record):
        counts |= {f"{kind}:{name}": count for name, count in named.items()}
    return counts | {f"reason:{reason}": 1 for reason in record.reasons}


def _counted(record: Record) -> Iterator[tuple[str, Mapping[str, int]]]:
    yield "entity", record.entities
    yield "rule", record.rules
    yield "operator", record.operators
    yield "policy_rule", record.policy_rules
    yield "observed", record.observed
    yield "observed_new", record.observed_new


def total_milliseconds(timings: Mapping[str, float]) -> float:
    """`total` if there is one, else the sum of the stages."""
    return max(0.0, timings["total"] if "total" in timings else sum(timings.values()))


def latency_bucket(milliseconds: float) -> str:
    """Upper bound of the bucket in ms, or `inf`."""
    return next((str(bound) for bound in LATENCY_BUCKETS_MS if milliseconds <= bound), "inf")


def undeclared_fields() -> set[str]:
    """Fields of `Record` that are not stored, and names in the allow-list that are not fields. Empty when in step."""
    return {field.name for field in dataclasses.fields(Record)} ^ set(FIELDS)
