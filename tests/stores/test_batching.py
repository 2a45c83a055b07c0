"""Group commit by itself: batches, order, errors, and callers that leave."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.errors import StoreError
from gateway.stores.batching import Batcher


class Bench:
    """A store that answers when it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def work(self, items: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(items))
        await self.gate.wait()
        return [StoreError("record_failed", "odd") if item < 0 else item * 10 for item in items]


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_one_alone_goes_within_a_turn() -> None:
    bench = Bench()
    batcher = Batcher(bench.work, "record_failed", 4)
    task = asyncio.create_task(batcher.submit(7))
    await turns(2)
    assert bench.batches == [[7]]
    assert await task == 70


async def test_those_that_are_ready_go_together_and_the_rest_behind_them() -> None:
    bench = Bench()
    batcher = Batcher(bench.work, "record_failed", 4)
    bench.gate.clear()
    tasks = [asyncio.create_task(batcher.submit(number)) for number in range(10)]
    await turns(2)
    assert bench.batches == [[0, 1, 2, 3]]
    bench.gate.set()
    assert await asyncio.gather(*tasks) == [number * 10 for number in range(10)]
    assert bench.batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


async def test_an_idle_batcher_starts_again() -> None:
    bench = Bench()
    batcher = Batcher(bench.work, "record_failed", 4)
    assert [await batcher.submit(number) for number in (1, 2, 3)] == [10, 20, 30]
    await batcher.drain()


async def test_work_that_never_waits() -> None:
    async def immediate(items: Sequence[int]) -> list[int]:
        return list(items)

    batcher = Batcher(immediate, "record_failed", 4)
    assert await asyncio.gather(*(batcher.submit(number) for number in range(9))) == list(range(9))


async def test_each_caller_gets_its_own_error() -> None:
    batcher = Batcher(Bench().work, "record_failed", 4)
    outcomes = await asyncio.gather(*(batcher.submit(n) for n in (1, -1, 2)), return_exceptions=True)
    assert [outcomes[0], type(outcomes[1]), outcomes[2]] == [10, StoreError, 20]


async def test_a_caller_that_leaves_takes_nobody_along() -> None:
    bench = Bench()
    batcher = Batcher(bench.work, "record_failed", 4)
    bench.gate.clear()
    tasks = [asyncio.create_task(batcher.submit(number)) for number in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[1].cancel()
    bench.gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes[:2]] == [asyncio.CancelledError] * 2
    assert outcomes[2] == 20


@pytest.mark.parametrize("error", [StoreError("vault_failed", "x"), KeyError("13800138000")])
async def test_what_the_work_raises_is_everybodys_and_quotes_nothing(error: Exception) -> None:
    async def broken(items: Sequence[int]) -> list[int]:
        raise error

    batcher = Batcher(broken, "record_failed", 4)
    outcomes = await asyncio.gather(*(batcher.submit(n) for n in range(9)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreError}
    assert "138" not in repr([vars(outcome) for outcome in outcomes if isinstance(outcome, StoreError)])


@pytest.mark.parametrize("begun", [1, 2])
async def test_a_cancelled_flush_leaves_nobody_waiting(begun: int) -> None:
    bench = Bench()
    batcher = Batcher(bench.work, "record_failed", 4)
    bench.gate.clear()
    tasks = [asyncio.create_task(batcher.submit(number)) for number in range(9)]
    await turns(begun)
    assert batcher._task is not None
    batcher._task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreError}
