"""The decision log against the real server: what is stored, for how long, and what happens when it cannot be."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import select
import signal
from collections.abc import AsyncIterator

import orjson
import pytest

from gateway.errors import StoreError
from gateway.stores import batching, layout, records
from gateway.stores.audit import keys_without_ttl
from gateway.stores.embedded import EmbeddedValkey
from gateway.stores.layout import Lifetimes
from gateway.stores.memory import MemoryRecordStore
from gateway.stores.read import RecordReader
from gateway.stores.records import RedisRecordStore
from gateway.types import Direction

from .conftest import launcher, start
from .samples import closing, record


@pytest.fixture
async def store(log_server: EmbeddedValkey) -> AsyncIterator[RedisRecordStore]:
    async with closing(RedisRecordStore(log_server.url())) as real:
        yield real


def _stored(server: EmbeddedValkey) -> list[dict[str, object]]:
    with launcher(server) as admin:
        return [orjson.loads(admin.get(key)) for key in sorted(admin.scan_iter("rec:*"))]


async def test_a_stored_record_holds_the_allow_listed_fields_only(any_log_server: EmbeddedValkey) -> None:
    sample = record()
    async with closing(RedisRecordStore(any_log_server.url())) as store:
        await store.append(sample)
    (held,) = _stored(any_log_server)
    assert set(held) == set(layout.FIELDS) - {"excerpt"}
    assert held["entities"] == {"PERSON": 2, "PHONE_NUMBER": 1}
    assert held["exchange_id"] == sample.exchange_id


async def test_memory_holds_the_same(log_server: EmbeddedValkey, store: RedisRecordStore) -> None:
    memory = MemoryRecordStore()
    for sample in (record(), record(excerpt="<PERSON> 您好", direction=Direction.RESPONSE)):
        await memory.append(sample)
        await store.append(sample)
    assert sorted(map(orjson.dumps, memory.records)) == sorted(map(orjson.dumps, _stored(log_server)))


async def test_memory_expires() -> None:
    now = [0.0]
    memory = MemoryRecordStore(ttl_seconds=10, clock=lambda: now[0])
    await memory.append(record())
    now[0] = 9
    assert len(memory.records) == 1
    now[0] = 10
    assert memory.records == []


def test_the_allow_list_is_in_step_with_the_type() -> None:
    assert layout.undeclared_fields() == set()


async def test_every_key_has_a_time_to_live_within_the_retention(
    log_server: EmbeddedValkey, store: RedisRecordStore
) -> None:
    await asyncio.gather(*(store.append(record(reasons=("policy_block",), shadow_effect="block")) for _ in range(50)))
    assert await keys_without_ttl(log_server.url("launcher")) == []
    with launcher(log_server) as admin:
        left = {key: admin.ttl(key) for key in admin.scan_iter()}
    assert len([key for key in left if key.startswith(b"rec:")]) == 50
    assert max(left.values()) <= layout.RETENTION_SECONDS
    # An index may not name a record that has expired.
    assert all(seconds <= layout.RETENTION_SECONDS for seconds in left.values())


async def test_nothing_is_left_after_the_retention(any_log_server: EmbeddedValkey) -> None:
    async with closing(RedisRecordStore(any_log_server.url(), ttl_seconds=1)) as store:
        await store.append(record(time=0.0, excerpt="canary-excerpt"))  # buckets of 1970: they end with the shortest
    with launcher(any_log_server) as admin:
        names = list(admin.scan_iter())
        assert names
        async with asyncio.timeout(20):
            while any(b":m:" not in key and b":h:" not in key for key in admin.scan_iter()):
                await asyncio.sleep(0)
        # Only counters (numbers of a minute and an hour, no ids) live on, for at most two of their own lengths.
        assert {key.split(b":")[0] for key in admin.scan_iter()} <= {b"ctr"}
        held = b"".join(admin.dump(key) or b"" for key in admin.scan_iter())
        assert b"canary" not in held
        assert all(admin.dump(key) is None for key in names if not key.startswith(b"ctr:"))


@pytest.mark.parametrize("retention", [1, 60, 3600, 86_400, 604_800])
@pytest.mark.parametrize("offset", [0, 1, 1799, 3599, 3600, 86_399])
def test_no_index_bucket_outlives_the_retention_of_what_it_lists(retention: int, offset: int) -> None:
    lives = Lifetimes(retention)
    now = 1_800_000_000 + offset
    bucket = layout.bucket_of(now, lives.bucket)
    assert 0 < lives.left(bucket, lives.bucket, now) <= max(retention, 2)


async def test_appends_at_once_are_all_stored_in_few_flushes(
    log_server: EmbeddedValkey, store: RedisRecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushes: list[int] = []
    written = RedisRecordStore._written

    def counted(self: RedisRecordStore, batch: list[records._Row]) -> tuple[list[str], list[object]]:
        flushes.append(len(batch))
        return written(self, batch)

    monkeypatch.setattr(RedisRecordStore, "_written", counted)
    await store.append(record())
    assert flushes == [1]  # an idle store does not wait for company
    await asyncio.gather(*(store.append(record()) for _ in range(300)))
    assert sum(flushes) == 301
    assert len(flushes) <= 5
    assert len(_stored(log_server)) == 301


async def test_counters_and_batches_agree(log_server: EmbeddedValkey, store: RedisRecordStore) -> None:
    await asyncio.gather(*(store.append(record()) for _ in range(40)))
    await store.append(record(effect="block", reasons=("policy_block",)))
    async with closing(RecordReader(log_server.url("dashboard"))) as reader:
        totals = await reader.totals(120)
    assert totals.counts["records"] == 41
    assert totals.by("effect") == {"transform": 40, "block": 1}
    assert totals.by("entity") == {"PERSON": 82, "PHONE_NUMBER": 41}
    assert totals.by("operator") == {"tokenize": 123}
    assert totals.by("reason") == {"policy_block": 1}
    assert totals.by("latency") == {"5": 41}
    assert totals.counts["bytes_in"] == 41 * 2000


async def test_a_cancelled_caller_does_not_cancel_the_others(
    log_server: EmbeddedValkey, store: RedisRecordStore
) -> None:
    tasks = [asyncio.create_task(store.append(record())) for _ in range(10)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1:] == [None] * 9
    assert len(_stored(log_server)) >= 9


@pytest.mark.parametrize(
    "change",
    [
        {"exchange_id": ""},
        {"exchange_id": "x" * 65},
        {"exchange_id": "a:b"},
        {"exchange_id": "张三"},
        {"policy": "\ud800secret"},
        {"timings_ms": {"total": object()}},
        {"time": float("nan")},
    ],
)
async def test_what_cannot_be_recorded_fails_its_own_caller_only(
    log_server: EmbeddedValkey, store: RedisRecordStore, change: dict[str, object]
) -> None:
    outcomes = await asyncio.gather(
        store.append(record()), store.append(record(**change)), store.append(record()), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), StoreError, type(None)]
    failure = outcomes[1]
    assert isinstance(failure, StoreError)
    assert failure.code == "record_failed"
    assert "secret" not in repr(failure.__dict__)
    assert failure.__cause__ is None
    assert len(_stored(log_server)) == 2


async def test_a_bug_on_the_way_fails_the_callers_and_hangs_nobody(
    store: RedisRecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: RedisRecordStore, batch: object) -> None:
        raise KeyError("13800138000")

    with monkeypatch.context() as patch:
        patch.setattr(RedisRecordStore, "_written", broken)
        async with asyncio.timeout(10):
            outcomes = await asyncio.gather(*(store.append(record()) for _ in range(200)), return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StoreError}
        assert all("138" not in repr(vars(outcome)) for outcome in outcomes if isinstance(outcome, StoreError))
    await store.append(record())


async def test_too_many_at_once_are_refused(store: RedisRecordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "PENDING", 20)
    outcomes = await asyncio.gather(*(store.append(record()) for _ in range(30)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(StoreError) == 10
    await store.append(record())


async def test_close_waits_for_what_was_appended(log_server: EmbeddedValkey) -> None:
    store = RedisRecordStore(log_server.url())
    tasks = [asyncio.create_task(store.append(record())) for _ in range(5)]
    await asyncio.sleep(0)
    await store.aclose()
    await asyncio.gather(*tasks)
    assert len(_stored(log_server)) == 5


async def test_ping_says_whether_a_record_could_be_stored(log_server: EmbeddedValkey) -> None:
    async with closing(RedisRecordStore(log_server.url("gateway"))) as store:
        await store.ping()
        assert await keys_without_ttl(log_server.url("launcher")) == []
        with launcher(log_server) as admin:
            held = admin.config_get("maxmemory*")
            admin.config_set("maxmemory-policy", "noeviction")
            admin.config_set("maxmemory", 1)
            try:
                with pytest.raises(StoreError, match="record_failed"):
                    await store.ping()
            finally:
                for name in ("maxmemory", "maxmemory-policy"):
                    admin.config_set(name, held[name])


async def test_a_dead_server_fails_every_append_in_bounded_time() -> None:
    server = start("log")
    try:
        async with closing(RedisRecordStore(server.url())) as store:
            await store.append(record())
            end = os.pidfd_open(server.pid)
            os.kill(server.pid, signal.SIGKILL)
            select.select([end], [], [], 20)
            os.close(end)
            async with asyncio.timeout(10):
                outcomes = await asyncio.gather(*(store.append(record()) for _ in range(200)), return_exceptions=True)
                with pytest.raises(StoreError, match="record_failed"):
                    await store.ping()
            assert {type(outcome) for outcome in outcomes} == {StoreError}
    finally:
        server.stop()


async def test_a_paused_server_fails_every_append_in_bounded_time_and_mends_itself() -> None:
    server = start("log")
    try:
        async with closing(RedisRecordStore(server.url(), call_seconds=0.1)) as store:
            await store.append(record())
            os.kill(server.pid, signal.SIGSTOP)
            async with asyncio.timeout(10):
                outcomes = await asyncio.gather(*(store.append(record()) for _ in range(20)), return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {StoreError}
            os.kill(server.pid, signal.SIGCONT)
        async with closing(RedisRecordStore(server.url())) as store:
            await store.append(record())
    finally:
        server.stop()


async def test_a_full_log_drops_what_would_expire_next_rather_than_refuse() -> None:
    server = start("log", maxmemory="4mb")
    try:
        async with closing(RedisRecordStore(server.url())) as store:
            for _ in range(40):
                await asyncio.gather(*(store.append(record(excerpt="x" * 2000)) for _ in range(50)))
        with launcher(server) as admin:
            assert admin.info()["evicted_keys"] > 0
        assert await keys_without_ttl(server.url("launcher")) == []
    finally:
        server.stop()


async def test_a_server_that_can_take_no_more_is_an_error(log_server: EmbeddedValkey, store: RedisRecordStore) -> None:
    with launcher(log_server) as admin:
        admin.config_set("maxmemory-policy", "noeviction")
        admin.config_set("maxmemory", "1")
        try:
            with pytest.raises(StoreError, match="record_failed"):
                await store.append(record())
        finally:
            admin.config_set("maxmemory", "512mb")
            admin.config_set("maxmemory-policy", "volatile-ttl")
    await store.append(record())


async def test_another_exchange_direction_is_another_record(
    log_server: EmbeddedValkey, store: RedisRecordStore
) -> None:
    sample = record()
    await store.append(sample)
    await store.append(dataclasses.replace(sample, direction=Direction.RESPONSE))
    assert len(_stored(log_server)) == 2
