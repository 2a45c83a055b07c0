from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest

from detectors.ner.batching.batcher import BULK, TokenBatcher
from detectors.types import DetectorError


class Model:
    """Answers a sequence by its sum; remembers its batches; waits at `gate`."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.fail = False

    def __call__(self, batch: list[Sequence[int]]) -> list[int]:
        self.gate.wait(10)
        self.threads.add(threading.get_ident())
        self.batches.append([len(ids) for ids in batch])
        if self.fail:
            raise RuntimeError("out of memory")
        return [sum(ids) for ids in batch]


async def until(condition: object) -> None:
    while not condition():  # type: ignore[operator]
        await asyncio.sleep(0.001)


async def test_concurrent_callers_share_batches_and_get_their_own_answers() -> None:
    model = Model()
    batcher = TokenBatcher(model, max_wait=0.02)
    answers = await asyncio.gather(*(batcher.submit([i] * (1 + i % 5)) for i in range(50)))
    assert answers == [i * (1 + i % 5) for i in range(50)]
    assert len(model.batches) < 5
    assert batcher.stats.sequences == 50
    assert batcher.stats.largest > 10
    assert model.threads != {threading.get_ident()}
    await batcher.aclose()


async def test_batches_hold_like_lengths_within_the_budget() -> None:
    model = Model()
    model.gate.clear()
    batcher = TokenBatcher(model, max_tokens=100, max_wait=0.001)
    tasks = [asyncio.create_task(batcher.submit([1] * n)) for n in [50, 2, 50, 2, 2, 49, 150, 3, 3]]
    await asyncio.sleep(0)
    model.gate.set()
    assert await asyncio.gather(*tasks) == [50, 2, 50, 2, 2, 49, 150, 3, 3]
    assert all(len(b) * max(b) <= 100 or len(b) == 1 for b in model.batches)
    assert [150] in model.batches
    assert batcher.stats.padding() < 0.2
    await batcher.aclose()


async def test_callers_who_left_cost_nothing() -> None:
    model = Model()
    model.gate.clear()
    batcher = TokenBatcher(model, max_wait=0.0)
    first = asyncio.create_task(batcher.submit([1]))
    await until(lambda: batcher.stats.batches == 1)
    gone = [asyncio.create_task(batcher.submit([2, 2])) for _ in range(5)]
    stays = asyncio.create_task(batcher.submit([3]))
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    model.gate.set()
    assert await first == 1
    assert await stays == 3
    assert batcher.stats.dropped == 5
    assert [2] not in model.batches
    await batcher.aclose()


async def test_a_late_item_is_refused_and_never_computed() -> None:
    model = Model()
    batcher = TokenBatcher(model)
    with pytest.raises(DetectorError) as caught:
        await batcher.submit([1, 2], deadline=time.monotonic() - 1)
    assert caught.value.code == "deadline_exceeded"
    assert model.batches == []
    await batcher.aclose()


async def test_a_full_queue_refuses_at_once() -> None:
    model = Model()
    model.gate.clear()
    batcher = TokenBatcher(model, max_queue=10, max_wait=0.0)
    first = asyncio.create_task(batcher.submit([1]))
    await until(lambda: batcher.stats.batches == 1)
    second = asyncio.create_task(batcher.submit([1] * 8))
    await asyncio.sleep(0)
    with pytest.raises(DetectorError) as caught:
        await batcher.submit([1] * 8)
    assert caught.value.code == "overloaded"
    model.gate.set()
    assert await asyncio.gather(first, second) == [1, 8]
    assert batcher.stats.refused == 1
    await batcher.aclose()


async def test_a_failed_batch_fails_its_callers_and_the_next_one_works() -> None:
    model = Model()
    model.fail = True
    batcher = TokenBatcher(model)
    results = await asyncio.gather(*(batcher.submit([i]) for i in range(3)), return_exceptions=True)
    assert all(isinstance(r, DetectorError) and "memory" not in str(r) for r in results)
    model.fail = False
    assert await batcher.submit([4]) == 4
    await batcher.aclose()


async def test_a_model_that_answers_short_is_a_failed_batch() -> None:
    batcher: TokenBatcher[int] = TokenBatcher(lambda _: [])
    with pytest.raises(DetectorError):
        await batcher.submit([1])
    await batcher.aclose()


async def test_interactive_goes_before_bulk() -> None:
    model = Model()
    model.gate.clear()
    batcher = TokenBatcher(model, max_tokens=4, max_wait=0.0)
    first = asyncio.create_task(batcher.submit([1]))
    await until(lambda: batcher.stats.batches == 1)
    bulk = [asyncio.create_task(batcher.submit([1] * 4, priority=BULK)) for _ in range(3)]
    await asyncio.sleep(0)
    urgent = asyncio.create_task(batcher.submit([1] * 3))
    await asyncio.sleep(0)
    model.gate.set()
    await asyncio.gather(first, urgent, *bulk)
    assert model.batches[1] == [3]
    await batcher.aclose()


async def test_closing_fails_who_waits() -> None:
    model = Model()
    model.gate.clear()
    batcher = TokenBatcher(model, max_wait=0.0)
    tasks = [asyncio.create_task(batcher.submit([1] * n)) for n in (1, 2)]
    await until(lambda: batcher.stats.batches == 1)
    closing = asyncio.create_task(batcher.aclose())
    await asyncio.sleep(0)
    model.gate.set()
    await closing
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(r, DetectorError) for r in results)
    with pytest.raises(DetectorError):
        await batcher.submit([1])
