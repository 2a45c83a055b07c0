"""What must hold for every mix of callers: own answers, none lost, none twice, budgets kept, nobody starved."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.ner.batching.batcher import BULK, GIVE_UP, INTERACTIVE, SICK, TokenBatcher
from detectors.ner.batching.stats import exposition
from detectors.ner.batching.waiting import Waiting, length_class
from detectors.types import DetectorError

INFINITE = float("inf")
LENGTHS = st.integers(1, 300)


class Model:
    """The sum of a sequence; breaks on any batch that holds 666, and on batches of more than `room` numbers."""

    def __init__(self, room: int = 10**9) -> None:
        self.room = room
        self.seen: list[int] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, batch: list[Sequence[int]]) -> list[int]:
        self.gate.wait(10)
        if sum(map(len, batch)) > self.room:
            raise MemoryError
        if any(666 in row for row in batch):
            raise ValueError("payload")
        self.seen += [row[0] for row in batch]
        return [sum(row) for row in batch]


def run(callers: Sequence[Sequence[int]], leave: frozenset[int], model: Model, **options: float) -> list[object]:
    async def ask() -> list[object]:
        batcher: TokenBatcher[Sequence[int], int] = TokenBatcher(model, **options)  # type: ignore[arg-type]
        tasks = [asyncio.ensure_future(batcher.submit(row, priority=row[0] % 2)) for row in callers]
        for number in sorted(leave):
            for _ in range(number % 4):
                await asyncio.sleep(0)
            tasks[number].cancel()
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert batcher.queued_tokens == batcher.queued_sequences == 0
        await batcher.aclose()
        return list(answers)

    return asyncio.run(ask())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(LENGTHS, min_size=1, max_size=60),
    st.sets(st.integers(0, 59), max_size=20),
    st.sets(st.integers(0, 59), max_size=3),
    st.sampled_from([{"max_wait": 0.0}, {"max_tokens": 64}, {"max_padding": 0.0, "max_tokens": 500}, {"lanes": 3}]),
)
def test_every_caller_gets_its_own_answer_or_a_reason(
    lengths: list[int], leave: set[int], poisoned: set[int], options: dict[str, float]
) -> None:
    callers = [[1000 + i] + [666 if i in poisoned else 1] * n for i, n in enumerate(lengths)]
    gone = frozenset(leave & set(range(len(callers))))
    model = Model()
    answers = run(callers, gone, model, **options)
    for number, (caller, answer) in enumerate(zip(callers, answers, strict=True)):
        if isinstance(answer, asyncio.CancelledError):
            assert number in gone
        elif number in poisoned:
            assert isinstance(answer, DetectorError)
            assert str(answer) == "detector_failed"
        else:
            assert answer == sum(caller)
    assert len(model.seen) == len(set(model.seen)), "nothing is computed twice"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(LENGTHS, st.booleans(), st.booleans()), min_size=1, max_size=80),
    st.integers(1, 1000),
    st.floats(0, 0.9),
)
def test_batches_keep_their_budgets_and_empty_the_queue(
    entries: list[tuple[int, bool, bool]], most: int, padding: float
) -> None:
    waiting: Waiting[list[int]] = Waiting(patience=1.0)
    loop = asyncio.new_event_loop()
    added = []
    for at, (size, bulk, leaves) in enumerate(entries):
        entry = waiting.add([0] * size, loop.create_future(), float(at), INFINITE, BULK if bulk else INTERACTIVE)
        added.append(entry)
        if leaves:
            assert waiting.leave(entry)
            assert not waiting.leave(entry)
    stay = [entry for entry in added if entry.waits]
    assert waiting.tokens == sum(entry.size for entry in stay)
    drawn = []
    while batch := waiting.take(0.0, most, padding):
        longest = max(entry.size for entry in batch)
        assert len(batch) == 1 or longest * len(batch) <= most
        assert sum(e.size for e in batch) >= (1 - padding) * longest * len(batch) - 1e-6 or len(batch) == 1
        if batch[0].priority == INTERACTIVE:
            assert all(entry.priority == INTERACTIVE for entry in batch), "bulk waits for its patience"
        assert batch[0].due == min(e.due for e in added if e not in drawn and e in stay)
        drawn += batch
    loop.close()
    assert sorted(map(id, drawn)) == sorted(map(id, stay))
    assert waiting.count == waiting.tokens == 0


def test_length_classes_pad_less_than_an_eighth() -> None:
    for size in range(1, 5000):
        assert size <= length_class(size) <= size * 1.125 + 1
        assert length_class(size) <= length_class(size + 1)


def test_bulk_is_not_starved_by_a_stream_of_interactive_work() -> None:
    waiting: Waiting[list[int]] = Waiting(patience=1.0)
    loop = asyncio.new_event_loop()
    bulk = waiting.add([0] * 10, loop.create_future(), 0.0, INFINITE, BULK)
    for tick in range(1, 100):
        now = tick / 10
        waiting.add([0] * 10, loop.create_future(), now, INFINITE, INTERACTIVE)
        if bulk in waiting.take(now, 10, 0.0):
            break
    loop.close()
    assert now == pytest.approx(1.1, abs=0.2)


async def test_a_deadline_that_passes_in_the_model_is_told_at_once() -> None:
    model = Model()
    model.gate.clear()
    batcher: TokenBatcher[list[int], int] = TokenBatcher(model)
    hung = asyncio.ensure_future(batcher.submit([1], deadline=time.monotonic() + 0.05))
    behind = asyncio.ensure_future(batcher.submit([2] * 50, deadline=time.monotonic() + 0.05))
    async with asyncio.timeout(5):
        for task in (hung, behind):
            with pytest.raises(DetectorError, match="deadline_exceeded"):
                await task
    assert batcher.queued_tokens == 0
    model.gate.set()
    await batcher.aclose()
    assert model.seen in ([1], [])


async def test_what_cannot_be_done_in_time_is_refused_early() -> None:
    slow = Model()
    batcher: TokenBatcher[list[int], int] = TokenBatcher(slow, max_wait=0)
    for _ in range(8):
        await batcher.submit([1] * 100)
    batcher._speed._seconds = batcher._speed._tokens * 1.0  # a second a token
    slow.gate.clear()
    under_way = asyncio.ensure_future(batcher.submit([1]))
    while batcher.stats.batches < 9:
        await asyncio.sleep(0)
    waits = asyncio.ensure_future(batcher.submit([1] * 100))
    await asyncio.sleep(0)
    with pytest.raises(DetectorError, match="overloaded"):
        await batcher.submit([1], deadline=time.monotonic() + 20)
    slow.gate.set()
    assert await asyncio.gather(under_way, waits) == [1, 100]
    assert batcher.stats.refused == 1
    await batcher.aclose()


async def test_a_batch_too_large_for_the_memory_is_done_in_halves() -> None:
    model = Model(room=40)
    batcher: TokenBatcher[list[int], int] = TokenBatcher(model)
    answers = await asyncio.gather(*(batcher.submit([n] * 10) for n in range(30)))
    assert answers == [n * 10 for n in range(30)]
    assert batcher.stats.failed >= 1
    assert not batcher.sick
    await batcher.aclose()


async def test_a_sick_model_is_not_tried_for_every_sequence_and_says_so() -> None:
    batcher: TokenBatcher[list[int], int] = TokenBatcher(Model(room=0))
    answers = await asyncio.gather(*(batcher.submit([1]) for _ in range(64)), return_exceptions=True)
    assert all(isinstance(answer, DetectorError) for answer in answers)
    assert batcher.stats.poisoned == GIVE_UP
    assert batcher.stats.retried < 16
    assert batcher._failures >= SICK
    assert batcher.sick
    await batcher.aclose()


async def test_a_queue_that_all_have_left_serves_who_comes_next() -> None:
    model = Model()
    batcher: TokenBatcher[list[int], int] = TokenBatcher(model, max_wait=0.001)
    await asyncio.gather(*(batcher.submit([n]) for n in range(30)))  # so that company is usual
    model.gate.clear()
    first = asyncio.ensure_future(batcher.submit([1]))
    while batcher.stats.batches < 2:
        await asyncio.sleep(0)
    gone = [asyncio.ensure_future(batcher.submit([2])) for _ in range(5)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    model.gate.set()
    async with asyncio.timeout(5):
        assert await first == 1
        await asyncio.sleep(0)
        assert await batcher.submit([3]) == 3
    await batcher.aclose()


async def test_a_lone_caller_does_not_wait_for_company() -> None:
    batcher: TokenBatcher[list[int], int] = TokenBatcher(Model(), max_wait=30)
    async with asyncio.timeout(10):
        assert [await batcher.submit([n]) for n in range(20)] == list(range(20))
    await batcher.aclose()


async def test_what_it_did_is_told_as_prometheus_text() -> None:
    batcher: TokenBatcher[list[int], int] = TokenBatcher(Model())
    await asyncio.gather(*(batcher.submit([1] * 30) for _ in range(3)), batcher.submit([1] * 20))
    text = exposition(batcher.stats.snapshot() | {"queued_tokens": 0}, {"device": "cpu", "model": "m"}).decode()
    await batcher.aclose()
    assert 'redline_ner_model_info{device="cpu",model="m"} 1.0' in text
    assert "redline_ner_tokens_total 110.0" in text
    assert 'redline_ner_queue_wait_seconds_bucket{le="+Inf"} 4.0' in text
    assert 'redline_ner_batch_tokens_bucket{le="16.0"} 0.0' in text
    assert "redline_ner_queued_tokens 0.0" in text
