"""Prometheus metrics of many worker processes, aggregated where `/metrics` is served.

Workers write their numbers into small memory-mapped files in `STATE_DIR/metrics` (prometheus_client's multiprocess
mode): an increment is a memory write, not a round trip; a killed worker's counts stay, so that sums never go back;
and the reader needs no connection to any worker. Counters in Redis would cost a round trip and die with the log
store; a socket in each worker would lose the counts of dead ones.

Rule for the next editor: every label value comes from a bounded set; `_Labels` turns the rest into `other`.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.errors import NAMES_UNREAD, REASONS
from gateway.types import Record

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_ENVIRONMENT: Final = "PROMETHEUS_MULTIPROC_DIR"
_STAGES: Final = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_CHUNKS: Final = (0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25)
EFFECTS: Final = ("allow", "transform", "block", "observe")


class _Labels:
    """Admits names of a known shape up to a number, then says `other`."""

    def __init__(self, shape: str, limit: int) -> None:
        self._shape = re.compile(shape)
        self._limit = limit
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        if value in self._seen:
            return value
        if len(self._seen) >= self._limit or not self._shape.fullmatch(value):
            return "other"
        self._seen.add(value)
        return value


def prepare(state_dir: Path) -> Path:
    """Make the folder of the counters and empty it: for the supervisor, before any worker starts."""
    folder = state_dir / "metrics"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)
    return folder


def join(folder: Path) -> None:
    """Let this process count into `folder`. Before the first metric is made; the library's own switch is an import."""
    os.environ[_ENVIRONMENT] = str(folder)
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def gone(folder: Path, pid: int) -> None:
    """A worker has ended: its gauges end with it, its counters stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def exposition(folder: Path) -> bytes:
    """The sum of all workers, in Prometheus text format."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    registry.register(_Processes(folder))
    return generate_latest(registry)


class _Processes:
    """Memory of the processes that count, read at scrape time, so that no worker needs a timer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        sizes = [size for pid in self._pids() if (size := resident_bytes(pid))]
        yield GaugeMetricFamily("redline_processes", "Processes that count and live", value=len(sizes))
        yield GaugeMetricFamily("redline_resident_bytes", "Resident memory of these, in all", value=sum(sizes))
        yield GaugeMetricFamily(
            "redline_resident_bytes_max", "Resident memory of the largest", value=max(sizes, default=0)
        )

    def _pids(self) -> set[int]:
        found = (re.fullmatch(r".*_(\d+)\.db", file.name) for file in self._folder.glob("*.db"))
        return {int(match[1]) for match in found if match}


def resident_bytes(pid: int) -> int:
    """0 where the process is gone or the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


class Metrics:
    """All metrics of a worker. Make one per process, after `join`."""

    def __init__(self, registry: CollectorRegistry | None = None, entity_types: Iterable[str] = ()) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        own = registry or CollectorRegistry()
        self._entity = _Labels(r"[A-Z][A-Z0-9_]{1,40}", 1000)
        for name in entity_types:
            self._entity(name)
        self._route = _Labels(r"[a-z]{2,20}/[a-z_.]{2,40}", 64)
        self._stage = _Labels(r"[a-z_]{2,20}", 24)
        self._operator = _Labels(r"[a-z_]{2,20}", 24)
        self._messages = Counter(
            "redline_messages",
            "Messages judged",
            ["direction", "route", "effect", "status"],
            registry=own,
        )
        self._findings = Counter("redline_findings", "Findings by entity type", ["entity_type"], registry=own)
        self._operators = Counter("redline_operators", "Findings rewritten, by operator", ["operator"], registry=own)
        self._reasons = Counter("redline_refusals", "Refusals by reason code", ["reason"], registry=own)
        self._bytes = Counter("redline_body_bytes", "Body bytes inspected", ["direction"], registry=own)
        self._stages = Histogram(
            "redline_stage_seconds", "Time of a stage of inspection", ["stage"], buckets=_STAGES, registry=own
        )
        self._chunks = Histogram(
            "redline_stream_chunk_seconds", "Time added to a chunk of a streamed answer", buckets=_CHUNKS, registry=own
        )
        self._store = Histogram(
            "redline_store_seconds", "Time of a store's call", ["store"], buckets=_STAGES, registry=own
        )
        self._store_errors = Counter("redline_store_errors", "Store calls that failed", ["store"], registry=own)
        self._inflight = Gauge(
            "redline_inflight_exchanges", "Exchanges under way", multiprocess_mode="livesum", registry=own
        )
        self._tokens = Counter("redline_tokens", "Tokens minted, restored, unresolved", ["outcome"], registry=own)
        self._cache = Counter(
            "redline_detector_cache", "Texts looked up in the findings cache", ["result"], registry=own
        )
        self._dropped = Counter("redline_log_keys_dropped", "Log keys and values not on the allow-list", registry=own)
        self._info = Gauge(
            "redline_revision_info",
            "What is loaded",
            ["policy", "detectors", "rules", "version"],
            multiprocess_mode="livemax",
            registry=own,
        )
        self._rule = _Labels(r"[a-z0-9-]{1,64}/[a-z0-9-]{1,64}@[0-9]{1,6}", 500)
        self._experimental = Counter(
            "redline_experimental_findings",
            "What experimental rules would have found; new: where the rules in force find nothing",
            ["rule", "new"],
            registry=own,
        )
        self._unread = Counter(
            "redline_experimental_unread", "Messages that experimental rules did not read whole", ["why"], registry=own
        )
        self._policy_rules = Counter(
            "redline_policy_rules", "Findings on which a rule of the policy decided", ["rule"], registry=own
        )
        self._policy_rule = _Labels(r"[a-z0-9-]{1,63}/[a-z0-9-]{1,63}", 500)
        self._partial = Counter(
            "redline_partial_messages", "Messages judged although names were not read", ["direction"], registry=own
        )
        self._totals: dict[tuple[str, str], float] = {}
        self._children: dict[tuple[int, tuple[str, ...]], Any] = {}

    def record(self, record: Record) -> None:
        """Count one decision-log entry: the one call that most of the metrics hang on."""
        effect = "observe" if record.shadow_effect else record.effect if record.effect in EFFECTS else "other"
        status = str(record.status) if 100 <= record.status <= 599 else "0"
        direction = record.direction.value
        self._child(self._messages, direction, self._route(record.route), effect, status).inc()
        self._child(self._bytes, direction).inc(record.bytes_in)
        for entity_type, count in record.entities.items():
            self._child(self._findings, self._entity(entity_type)).inc(count)
        for operator, count in record.operators.items():
            self._child(self._operators, self._operator(operator)).inc(count)
        for rule, count in record.policy_rules.items():
            self._child(self._policy_rules, self._policy_rule(rule)).inc(count)
        for rule, count in record.observed.items():
            new = record.observed_new.get(rule, 0)
            self._child(self._experimental, self._rule(rule), "true").inc(new)
            self._child(self._experimental, self._rule(rule), "false").inc(count - new)
        for stage, milliseconds in record.timings_ms.items():
            _observe(self._child(self._stages, self._stage(stage)), milliseconds / 1000, _STAGES)
        if NAMES_UNREAD in record.reasons:
            self._child(self._partial, direction).inc()
        if effect == "block":
            for reason in record.reasons:
                self.refusal(reason)

    def _child(self, family: Any, *labels: str) -> Any:
        """`family.labels(*labels)`, remembered: the library's own look-up costs more than counting."""
        key = (id(family), labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = family.labels(*labels)
        return child

    def refusal(self, code: str) -> None:
        """Also for those that never became a record, such as a broken request head."""
        self._child(self._reasons, code if code in REASONS else "other").inc()

    def chunk(self, seconds: float) -> None:
        self._chunks.observe(seconds)

    def store(self, name: str, seconds: float, *, failed: bool = False) -> None:
        """One call of the `vault` or the `records` store."""
        label = name if name in {"vault", "records"} else "other"
        _observe(self._child(self._store, label), seconds, _STAGES)
        if failed:
            self._child(self._store_errors, label).inc()

    def in_flight(self, count: int) -> None:
        self._inflight.set(count)

    def tokens(self, *, minted: int = 0, restored: int = 0, unresolved: int = 0) -> None:
        for outcome, count in (("minted", minted), ("restored", restored), ("unresolved", unresolved)):
            if count:
                self._child(self._tokens, outcome).inc(count)

    def cache(self, *, hits: int = 0, misses: int = 0) -> None:
        for result, count in (("hit", hits), ("miss", misses)):
            if count:
                self._child(self._cache, result).inc(count)

    def token_totals(self, totals: Mapping[str, int]) -> None:
        """The same as `tokens` for a source that keeps running totals: what was added since the last call counts."""
        for outcome in ("minted", "restored", "unresolved"):
            if added := self._added("tokens", outcome, totals.get(outcome, 0)):
                self._child(self._tokens, outcome).inc(added)

    def cache_totals(self, hits: int, misses: int) -> None:
        self.cache(hits=int(self._added("cache", "hit", hits)), misses=int(self._added("cache", "miss", misses)))

    def unread_totals(self, totals: Mapping[str, int]) -> None:
        """Why → messages that experimental rules have left unread, in part or whole, since they were loaded."""
        for why in ("failed", "slow", "long", "stopped"):
            if added := self._added("unread", why, totals.get(why, 0)):
                self._child(self._unread, why).inc(added)

    def log_keys_dropped(self, total: int) -> None:
        if added := self._added("log", "dropped", total):
            self._dropped.inc(added)

    def revisions(self, policy: str, detectors: str, rules: str, version: str) -> None:
        """After a reload the old line stays at 0, the new one is 1."""
        for labels in self._totals:
            if labels[0] == "revision":
                self._info.labels(*labels[1].split("\n")).set(0)
        self._totals["revision", f"{policy}\n{detectors}\n{rules}\n{version}"] = 1
        self._info.labels(policy, detectors, rules, version).set(1)

    def _added(self, kind: str, name: str, total: float) -> float:
        before = self._totals.get((kind, name), 0)
        self._totals[kind, name] = total
        return max(0, total - before)


def _observe(child: Any, seconds: float, bounds: tuple[float, ...]) -> None:
    """`child.observe(seconds)` for a histogram with these bounds, without the library's checks and its walk over
    them: a message makes eight observations."""
    child._sum.inc(seconds)
    child._buckets[bisect_left(bounds, seconds)].inc(1)
