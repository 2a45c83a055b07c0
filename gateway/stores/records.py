"""The decision log on Redis or Valkey: one atomic script per batch, group-committed.

`append` returns when its record is stored. The first one flushes within a turn of the event loop; those that arrive
while a flush is under way make up the next batch. So an idle gateway pays one round trip, a busy one shares it, and
nothing waits on a timer.

Rules for the next editor
1. Records, indexes and counters are written by one script, each key with its expiry: a writer that dies between
   ZADD and EXPIRE would leave a key for ever.
2. A batch is stored whole or reported as failed to each of its callers, who then block: better one record too many
   than one answer without a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import orjson

from gateway.stores import layout
from gateway.stores.batching import Batcher
from gateway.stores.connect import Link, Script
from gateway.stores.layout import Lifetimes
from gateway.types import Record

BATCH: Final = 128

_WRITE = Script("""
local at = 1
for i = 1, #KEYS do
  local command, seconds, last = ARGV[at], ARGV[at + 1], at + 2 + ARGV[at + 2]
  at = at + 3
  if command == 'SET' then
    redis.call('SET', KEYS[i], ARGV[at], 'EX', seconds)
  else
    if command == 'ZADD' then
      redis.call('ZADD', KEYS[i], unpack(ARGV, at, last))
    else
      for j = at, last, 2 do redis.call(command, KEYS[i], ARGV[j], ARGV[j + 1]) end
    end
    redis.call('EXPIRE', KEYS[i], seconds)
  end
  at = last + 1
end
for j = at, #ARGV, 2 do redis.call('PUBLISH', ARGV[j], ARGV[j + 1]) end
return 1
""")
"""KEYS: what is written. ARGV: for each key its command, seconds to live, number of arguments, and those;
then channel and message of each announcement."""


_PROBE = Script("redis.call('SET', KEYS[1], '', 'EX', ARGV[1])")
_PROBE_SECONDS: Final = 10


@dataclass(slots=True)
class _Row:
    """A record, encoded before it waits: what cannot be encoded fails its own caller only."""

    identifier: str
    body: bytes = field(repr=False)
    record: Record


class RedisRecordStore:
    """Implements `RecordStore`. Every failure is `StoreError('record_failed')`."""

    def __init__(
        self,
        url: str,
        *,
        ttl_seconds: int = layout.RETENTION_SECONDS,
        live: bool = False,
        max_connections: int = 4,
        call_seconds: float = 1.0,
    ) -> None:
        """`live`: publish ids and counts of each record on `layout.LIVE_CHANNEL`."""
        self._link = Link(url, "record_failed", max_connections=max_connections, call_seconds=call_seconds)
        self._lives = Lifetimes(ttl_seconds)
        self._channel = layout.LIVE_CHANNEL if live else ""
        self._batcher: Batcher[_Row, None] = Batcher(self._store, "record_failed", BATCH)

    async def append(self, record: Record) -> None:
        """Return when it is stored. What cannot be encoded fails here, before it joins a batch."""
        await self._batcher.submit(_Row(layout.record_id(record), layout.encode(record), record))

    async def _store(self, batch: Sequence[_Row]) -> list[None]:
        await self._link.run_alone(_WRITE, *self._written(batch))
        return [None] * len(batch)

    def _written(self, batch: Sequence[_Row]) -> tuple[list[str], list[Any]]:
        """KEYS and ARGV of the script. Rows that share a key share its command: a batch is dearer than one
        record by little more than its bodies."""
        writes = _Writes()
        for row in batch:
            writes.set(layout.record_key(row.identifier), self._lives.retention, row.body)
            self._index(writes, row)
        self._count(writes, batch)
        keys, arguments = writes.keys, writes.arguments()
        if self._channel:
            for row in batch:
                arguments += (self._channel, _announcement(row))
        return keys, arguments

    def _index(self, writes: _Writes, row: _Row) -> None:
        now, lives = row.record.time, self._lives
        bucket = layout.bucket_of(now, lives.bucket)
        left = lives.left(bucket, lives.bucket, now)
        entry = (round(now * 1000), row.identifier)
        for kind, label in layout.labels(row.record):
            writes.add(layout.index_key(kind, label, bucket), left, entry)
        writes.count("ZINCRBY", layout.top_key("client", bucket), left, {row.record.client: 1})

    def _count(self, writes: _Writes, batch: Sequence[_Row]) -> None:
        """Minutes and hours; rows of one minute, which is nearly always all of them, are added up once."""
        minutes: dict[int, dict[str, int]] = {}
        latest: dict[int, float] = {}
        for row in batch:
            minute = layout.bucket_of(row.record.time, layout.COUNTER_UNITS["m"])
            counts = minutes.setdefault(minute, {})
            latest[minute] = row.record.time
            for label, count in layout.counters(row.record).items():
                counts[label] = counts.get(label, 0) + count
        for minute, counts in minutes.items():
            for unit, length in layout.COUNTER_UNITS.items():
                start = layout.bucket_of(minute, length)
                left = self._lives.left(start, length, latest[minute])
                writes.count("HINCRBY", layout.counter_key(unit, start), left, counts)

    async def ping(self) -> None:
        """Whether a record could be stored now: a full server and a replica still answer PING."""
        await self._link.run_alone(_PROBE, [layout.PROBE_KEY], [_PROBE_SECONDS])

    async def aclose(self) -> None:
        """Wait for what was appended, then close."""
        await self._batcher.drain()
        await self._link.aclose()


class _Writes:
    """What one batch does to each key."""

    def __init__(self) -> None:
        self._plain: dict[str, tuple[str, int, list[Any]]] = {}
        self._counts: dict[str, tuple[str, int, dict[str, int]]] = {}

    def set(self, key: str, seconds: int, value: bytes) -> None:
        self._plain[key] = ("SET", seconds, [value])

    def add(self, key: str, seconds: int, entry: tuple[int, str]) -> None:
        """One member of a sorted set, with its score."""
        held = self._plain.get(key)
        if held is None:
            self._plain[key] = ("ZADD", seconds, [*entry])
        else:
            held[2].extend(entry)

    def count(self, command: str, key: str, seconds: int, counts: Mapping[str, int]) -> None:
        held = self._counts.get(key)
        if held is None:
            self._counts[key] = (command, seconds, dict(counts))
            return
        sums = held[2]
        for label, count in counts.items():
            sums[label] = sums.get(label, 0) + count

    @property
    def keys(self) -> list[str]:
        return [*self._plain, *self._counts]

    def arguments(self) -> list[Any]:
        arguments: list[Any] = []
        for command, seconds, values in self._plain.values():
            arguments += (command, seconds, len(values), *values)
        for command, seconds, counts in self._counts.values():
            arguments += (command, seconds, 2 * len(counts))
            pairs = counts.items() if command == "HINCRBY" else ((count, label) for label, count in counts.items())
            arguments += chain.from_iterable(pairs)
        return arguments


def _announcement(row: _Row) -> bytes:
    """Ids, labels and counts only: nothing that the record itself does not also hold."""
    return orjson.dumps(
        {
            "id": row.identifier,
            "time": row.record.time,
            "effect": row.record.effect,
            "entities": dict(row.record.entities),
            "reasons": row.record.reasons,
        }
    )
