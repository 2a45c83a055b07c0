"""What the dashboard reads of the decision log, with a user who can read nothing else and write nothing at all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched, chain
from operator import itemgetter
from typing import Any, Final

import orjson

from gateway.errors import StoreError
from gateway.stores import layout
from gateway.stores.connect import FAILURES, Link
from gateway.stores.layout import Lifetimes

FINE_WINDOW_SECONDS: Final = 6 * 3600
"""Up to here a series has a point a minute, beyond it a point an hour."""
_BUCKETS_AT_ONCE: Final = 24
LOOKED_AT: Final = 20_000
"""Records that one question may look at."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    id: str
    """`<exchange>.<direction>`."""
    fields: Mapping[str, Any] = field(repr=False)
    """The allow-listed fields of `Record`."""
    ttl_seconds: float
    """Until nothing of it is left."""


@dataclass(frozen=True, slots=True)
class Point:
    """Counters of one minute or hour."""

    start: int
    """Unix seconds."""
    seconds: int
    counts: Mapping[str, int]
    """`records`, `effect:block`, `entity:PERSON`, `rule:…`, `reason:…`, `latency:25`, `latency_us`, `bytes_in`, …"""

    def by(self, kind: str) -> dict[str, int]:
        """Label → count of one kind: effect, shadow, direction, entity, rule, operator, reason, latency."""
        prefix = f"{kind}:"
        return {name[len(prefix) :]: count for name, count in self.counts.items() if name.startswith(prefix)}


@dataclass(frozen=True, slots=True)
class StoreHealth:
    server: str
    uptime_seconds: int
    used_memory: int
    max_memory: int
    """Bytes; 0: no limit."""
    keys: int
    expired: int
    evicted: int
    clients: int
    persistence: bool
    """True: the server writes data to disk, which outlives the time to live."""


class RecordReader:
    """Every failure is `StoreError('record_failed')`."""

    def __init__(
        self,
        url: str,
        *,
        ttl_seconds: int = layout.RETENTION_SECONDS,
        max_connections: int = 8,
        call_seconds: float = 2.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`ttl_seconds`: as the writer's."""
        self._link = Link(url, "record_failed", max_connections=max_connections, call_seconds=call_seconds)
        self._lives = Lifetimes(ttl_seconds)
        self._clock = clock

    async def latest(
        self, limit: int = 50, *, before_ms: int | None = None, **filters: str | None
    ) -> list[StoredRecord]:
        """Newest first. `filters`: any of `layout.INDEX_KINDS` (effect, entity, rule, reason, client, tenant, …),
        all of which must hold; `before_ms`: only older ones (exclusive), for paging.

        Walks the rarest filter's index page by page and looks at the records themselves for the others, at most
        `LOOKED_AT` of them: an intersection on the server would hold up the gateway's writes.
        """
        wanted = [(kind, label) for kind, label in filters.items() if label]
        if any(kind not in layout.INDEX_KINDS for kind, _ in wanted):
            raise ValueError(f"filters are {', '.join(layout.INDEX_KINDS[1:])}")
        found: dict[str, StoredRecord] = {}
        async for page in self._pages(wanted or [("all", "")], before_ms, min(max(limit, 50), 500)):
            found |= {record.id: record for record in page if layout.matches(record.fields, wanted)}
            if len(found) >= limit:
                break
        return sorted(found.values(), key=lambda record: -record.fields["time"])[:limit]

    async def _pages(
        self, wanted: Sequence[tuple[str, str]], before_ms: int | None, size: int
    ) -> AsyncIterator[list[StoredRecord]]:
        newest = "+inf" if before_ms is None else f"({before_ms}"
        looked_at = 0
        for buckets in batched(self._buckets(before_ms), _BUCKETS_AT_ONCE):
            for key, count in await self._rarest(buckets, wanted):
                for start in range(0, count, size):
                    if looked_at >= LOOKED_AT:
                        return
                    rows = self._link.client.zrevrangebyscore(key, newest, "-inf", start=start, num=size)
                    ids = [name.decode() for name in await self._link.call(rows)]
                    if not ids:
                        break
                    looked_at += len(ids)
                    yield await self._fetch(ids)

    async def _rarest(self, buckets: Sequence[int], wanted: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
        """For each bucket in which all filters occur: the index with the fewest entries, and how many."""
        pipeline = self._link.client.pipeline(transaction=False)
        keys = [[layout.index_key(kind, label, bucket) for kind, label in wanted] for bucket in buckets]
        for key in chain.from_iterable(keys):
            pipeline.zcard(key)
        counts = iter(await self._link.call(pipeline.execute()))
        rarest = [min(((key, next(counts)) for key in some), key=itemgetter(1)) for some in keys]
        return [(key, count) for key, count in rarest if count]

    def _buckets(self, before_ms: int | None) -> list[int]:
        """Starts of all living buckets, newest first. One ahead: another gateway's clock may be."""
        length = self._lives.bucket
        newest = layout.bucket_of(self._clock(), length) + length
        oldest = newest - self._lives.retention - 2 * length
        if before_ms is not None:
            newest = min(newest, layout.bucket_of(before_ms / 1000, length))
        return list(range(newest, oldest, -length))

    async def _fetch(self, identifiers: Sequence[str]) -> list[StoredRecord]:
        keys = [layout.record_key(identifier) for identifier in identifiers]
        pipeline = self._link.client.pipeline(transaction=False)
        pipeline.mget(keys)
        for key in keys:
            pipeline.pttl(key)
        bodies, *left = await self._link.call(pipeline.execute())
        return [
            StoredRecord(identifier, _decoded(body), milliseconds / 1000)
            for identifier, body, milliseconds in zip(identifiers, bodies, left, strict=True)
            if body is not None and milliseconds > 0
        ]

    async def exchange(self, exchange_id: str) -> list[StoredRecord]:
        """The records of one exchange, request first; empty when there is none (any more)."""
        return await self._fetch([f"{exchange_id}.request", f"{exchange_id}.response"])

    async def series(self, seconds: int = 3600) -> list[Point]:
        """One point a minute (an hour beyond `FINE_WINDOW_SECONDS`), oldest first, empty ones included."""
        unit = "m" if seconds <= FINE_WINDOW_SECONDS else "h"
        length = layout.COUNTER_UNITS[unit]
        now = layout.bucket_of(self._clock(), length)
        starts = range(now - (max(1, -(-seconds // length)) - 1) * length, now + 1, length)
        pipeline = self._link.client.pipeline(transaction=False)
        for start in starts:
            pipeline.hgetall(layout.counter_key(unit, start))
        rows = await self._link.call(pipeline.execute())
        return [
            Point(start, length, {name.decode(): int(count) for name, count in row.items()})
            for start, row in zip(starts, rows, strict=True)
        ]

    async def totals(self, seconds: int = 3600) -> Point:
        """The series summed up."""
        points = await self.series(seconds)
        counts: Counter[str] = Counter()
        for point in points:
            counts.update(point.counts)
        return Point(points[0].start, sum(point.seconds for point in points), dict(counts))

    async def top(self, kind: str, *, seconds: int = 24 * 3600, limit: int = 10) -> list[tuple[str, int]]:
        """(label, count), most frequent first. `kind`: one of `layout.TOP_KINDS`."""
        if kind not in layout.TOP_KINDS:
            raise ValueError(f"kinds are {', '.join(layout.TOP_KINDS)}")
        counts = await self._clients(seconds) if kind == "client" else (await self.totals(seconds)).by(kind)
        return sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:limit]

    async def _clients(self, seconds: int) -> dict[str, int]:
        length = self._lives.bucket
        newest = layout.bucket_of(self._clock(), length)
        oldest = max(newest - self._lives.retention, layout.bucket_of(self._clock() - seconds, length))
        keys = [layout.top_key("client", bucket) for bucket in range(newest, oldest - 1, -length)]
        rows = await self._link.call(self._link.client.zunion(keys, withscores=True))
        return {name.decode(): int(count) for name, count in rows}

    async def health(self) -> StoreHealth:
        info = await self._link.call(self._link.client.info("everything"))
        family = "Valkey" if "valkey_version" in info else "Redis"
        return StoreHealth(
            server=f"{family} {info.get('valkey_version') or info.get('redis_version', '?')}",
            uptime_seconds=int(info.get("uptime_in_seconds", 0)),
            used_memory=int(info.get("used_memory", 0)),
            max_memory=int(info.get("maxmemory", 0)),
            keys=sum(int(base["keys"]) for name, base in info.items() if name.startswith("db") and "keys" in base),
            expired=int(info.get("expired_keys", 0)),
            evicted=int(info.get("evicted_keys", 0)),
            clients=int(info.get("connected_clients", 0)),
            persistence=bool(info.get("aof_enabled") or info.get("rdb_saves")),
        )

    async def live(self) -> AsyncIterator[Mapping[str, Any]]:
        """What the writer announces from now on: id, time, effect, entities, reasons. Nothing is replayed."""
        channel = self._link.client.pubsub(ignore_subscribe_messages=True)
        try:
            await self._link.call(channel.subscribe(layout.LIVE_CHANNEL))
            while True:
                message = await channel.get_message(timeout=None)
                if message is not None:
                    yield _decoded(message["data"])
        except FAILURES as error:
            raise StoreError("record_failed", type(error).__name__) from None
        finally:
            await channel.aclose()

    async def ping(self) -> None:
        await self._link.ping()

    async def aclose(self) -> None:
        await self._link.aclose()


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        fields: dict[str, Any] = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise StoreError("record_failed", "not a record") from None
    return fields
