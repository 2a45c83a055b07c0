"""What the dashboard reads, as its own user."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator

import pytest

from gateway.errors import StoreError
from gateway.stores import layout, read
from gateway.stores.embedded import EmbeddedValkey
from gateway.stores.read import RecordReader
from gateway.stores.records import RedisRecordStore
from gateway.types import Direction, Record

from .conftest import launcher
from .samples import closing, record

NOW = time.time()
NOW -= 10 if NOW % 3600 < 10 else 0  # what is a second apart is to be in one hour


@pytest.fixture
async def reader(any_log_server: EmbeddedValkey) -> AsyncIterator[RecordReader]:
    async with closing(RecordReader(any_log_server.url("dashboard"))) as real:
        yield real


@pytest.fixture
async def samples(any_log_server: EmbeddedValkey) -> list[Record]:
    """Oldest first, over three hours."""
    kinds = [
        record(time=NOW - 7300, effect="allow", entities={}, rules={}, operators={}),
        record(time=NOW - 3700, effect="block", reasons=("policy_block",), tenant="other", client="c2" * 16),
        record(
            time=NOW - 20, effect="block", reasons=("policy_block",), entities={"API_KEY": 1}, rules={"keys/a@1": 1}
        ),
        record(time=NOW - 10, effect="transform"),
        record(time=NOW - 5, effect="allow", shadow_effect="block", timings_ms={"detect": 40.0, "policy": 2.0}),
    ]
    async with closing(RedisRecordStore(any_log_server.url())) as store:
        for sample in kinds:
            await store.append(sample)
    return kinds


def _ids(found: list[object]) -> list[str]:
    return [item.fields["exchange_id"] for item in found]  # type: ignore[attr-defined]


FILTERS: list[tuple[dict[str, str | None], list[int]]] = [
    ({}, [4, 3, 2, 1, 0]),
    ({"effect": "block"}, [2, 1]),
    ({"effect": "block", "entity": "API_KEY"}, [2]),
    ({"effect": "block", "tenant": "other"}, [1]),
    ({"entity": "PERSON"}, [4, 3, 1]),
    ({"rule": "keys/a@1"}, [2]),
    ({"reason": "policy_block", "client": "c2" * 16}, [1]),
    ({"shadow": "block"}, [4]),
    ({"effect": "transform", "entity": "API_KEY"}, []),
    ({"effect": None, "entity": ""}, [4, 3, 2, 1, 0]),
]


@pytest.mark.parametrize(("filters", "expected"), FILTERS)
async def test_latest(
    reader: RecordReader, samples: list[Record], filters: dict[str, str | None], expected: list[int]
) -> None:
    found = await reader.latest(**filters)
    assert _ids(list(found)) == [samples[position].exchange_id for position in expected]


async def test_pages(reader: RecordReader, samples: list[Record]) -> None:
    first = await reader.latest(2)
    rest = await reader.latest(10, before_ms=round(first[-1].fields["time"] * 1000))
    assert _ids([*first, *rest]) == [sample.exchange_id for sample in reversed(samples)]


async def test_more_than_a_page_of_one_kind(any_log_server: EmbeddedValkey, reader: RecordReader) -> None:
    async with closing(RedisRecordStore(any_log_server.url())) as store:
        await asyncio.gather(*(store.append(record(time=NOW - number)) for number in range(300)))
        await store.append(record(time=NOW - 299.5, effect="block"))
    assert len(await reader.latest(1000)) == 301
    times = [item.fields["time"] for item in await reader.latest(70)]
    assert times == [NOW - number for number in range(70)]
    assert len(await reader.latest(10, effect="block", entity="PERSON")) == 1


async def test_a_question_looks_at_a_bounded_number_of_records(
    any_log_server: EmbeddedValkey, reader: RecordReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "LOOKED_AT", 100)
    halves = ({"effect": "block"}, {"entities": {"API_KEY": 1}})
    async with closing(RedisRecordStore(any_log_server.url())) as store:
        await asyncio.gather(*(store.append(record(time=NOW - n / 1000, **halves[n % 2])) for n in range(400)))
        await store.append(record(time=NOW - 1, effect="block", entities={"API_KEY": 1}, rules={"far/behind@1": 1}))
    assert await reader.latest(10, effect="block", entity="API_KEY") == []  # two common ones that hardly meet
    assert len(await reader.latest(10, rule="far/behind@1", entity="API_KEY")) == 1  # by the rarest index


async def test_an_unknown_filter_is_refused(reader: RecordReader) -> None:
    with pytest.raises(ValueError, match="filters are effect"):
        await reader.latest(colour="red")


async def test_one_exchange_and_its_time_to_live(any_log_server: EmbeddedValkey, reader: RecordReader) -> None:
    sample = record()
    async with closing(RedisRecordStore(any_log_server.url(), ttl_seconds=100)) as store:
        await store.append(dataclasses.replace(sample, direction=Direction.RESPONSE))
        await store.append(sample)
    found = await reader.exchange(sample.exchange_id)
    assert [item.id for item in found] == [f"{sample.exchange_id}.request", f"{sample.exchange_id}.response"]
    assert all(95 < item.ttl_seconds <= 100 for item in found)
    assert await reader.exchange("nobody") == []


async def test_an_expired_record_is_not_listed(
    any_log_server: EmbeddedValkey, reader: RecordReader, samples: list[Record]
) -> None:
    with launcher(any_log_server) as admin:
        admin.unlink(layout.record_key(layout.record_id(samples[3])))
    assert _ids(list(await reader.latest(2))) == [samples[4].exchange_id, samples[2].exchange_id]


async def test_series(reader: RecordReader, samples: list[Record]) -> None:
    fine = await reader.series(3600)
    assert len(fine) == 60
    assert {point.seconds for point in fine} == {60}
    assert sum(point.counts.get("records", 0) for point in fine) == 3
    coarse = await reader.series(24 * 3600)
    assert len(coarse) == 24
    assert sum(point.counts.get("records", 0) for point in coarse) == 5
    assert [point.start for point in coarse] == sorted(point.start for point in coarse)


async def test_totals_and_latency(reader: RecordReader, samples: list[Record]) -> None:
    totals = await reader.totals(24 * 3600)
    assert totals.by("effect") == {"allow": 2, "block": 2, "transform": 1}
    assert totals.by("shadow") == {"block": 1}
    assert totals.by("latency") == {"5": 4, "50": 1}
    assert totals.counts["latency_us"] == 4 * 2250 + 42_000


async def test_top(reader: RecordReader, samples: list[Record]) -> None:
    day = 24 * 3600
    assert await reader.top("entity", seconds=day) == [("PERSON", 6), ("PHONE_NUMBER", 3), ("API_KEY", 1)]
    assert (await reader.top("rule", seconds=day, limit=1)) == [("names/zh@1", 6)]
    assert await reader.top("reason", seconds=day) == [("policy_block", 2)]
    assert await reader.top("client", seconds=day) == [("5e1f" * 8, 4), ("c2" * 16, 1)]
    with pytest.raises(ValueError, match="kinds are"):
        await reader.top("value")


async def test_health(any_log_server: EmbeddedValkey, reader: RecordReader, samples: list[Record]) -> None:
    health = await reader.health()
    assert health.server.split()[0] in {"Valkey", "Redis"}
    assert health.keys >= 5
    assert 0 < health.used_memory < health.max_memory
    assert not health.persistence


async def test_live_announces_ids_and_counts(any_log_server: EmbeddedValkey, reader: RecordReader) -> None:
    heard = reader.live()
    first = asyncio.create_task(anext(heard))
    sample = record(reasons=("policy_block",))
    with launcher(any_log_server) as admin:
        async with asyncio.timeout(20):
            while not admin.pubsub_numsub(layout.LIVE_CHANNEL)[0][1]:
                await asyncio.sleep(0)
    async with closing(RedisRecordStore(any_log_server.url(), live=True)) as store:
        await store.append(sample)
    async with asyncio.timeout(20):
        said = await first
    await heard.aclose()
    assert said == {
        "id": f"{sample.exchange_id}.request",
        "time": sample.time,
        "effect": "transform",
        "entities": {"PERSON": 2, "PHONE_NUMBER": 1},
        "reasons": ["policy_block"],
    }


async def test_a_damaged_record_is_an_error_without_its_text(
    any_log_server: EmbeddedValkey, reader: RecordReader, samples: list[Record]
) -> None:
    with launcher(any_log_server) as admin:
        admin.set(layout.record_key(layout.record_id(samples[4])), "{secret", ex=60)
    with pytest.raises(StoreError, match="record_failed") as failure:
        await reader.latest()
    assert failure.value.__cause__ is None
    assert "secret" not in repr(failure.value.__dict__)
