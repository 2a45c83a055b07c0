"""A token-budget queue: sequences of concurrent requests share the model's batches.

Rules for the next editor
1. A future is resolved exactly once, by the loop; whoever waits may go at any time.
2. Nothing of the model runs on the event loop: `forward` runs on one thread of its own.
3. What cannot be served in time is refused, never dropped silently.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from detectors.types import DetectorError

INTERACTIVE, BULK = 0, 1


@dataclass(slots=True)
class BatchStats:
    """Counters since start; `rows` and `cells` differ by padding."""

    batches: int = 0
    sequences: int = 0
    tokens: int = 0
    cells: int = 0
    dropped: int = 0
    refused: int = 0
    expired: int = 0
    failed: int = 0
    largest: int = 0
    """Most sequences in one batch."""
    wait_seconds: float = 0.0

    def padding(self) -> float:
        """Share of cells that held no token."""
        return 1 - self.tokens / self.cells if self.cells else 0.0


@dataclass(slots=True, eq=False)
class _Item:
    ids: Sequence[int] = field(repr=False)
    future: asyncio.Future[Any]
    arrived: float
    deadline: float
    priority: int


class TokenBatcher[Row]:
    """`forward` takes a list of token sequences and returns a list with one answer for each.

    max_tokens: cells (sequences x longest) of one batch; a longer single sequence goes alone.
    max_wait: seconds that the first of a batch waits for company.
    max_queue: tokens that may wait before `submit` refuses with `overloaded`.
    """

    def __init__(
        self,
        forward: Callable[[list[Sequence[int]]], Sequence[Row]],
        *,
        max_tokens: int = 8192,
        max_wait: float = 0.003,
        max_queue: int = 2_000_000,
    ) -> None:
        self._forward = forward
        self._max_tokens = max_tokens
        self._max_wait = max_wait
        self._max_queue = max_queue
        self._queue: list[_Item] = []
        self._queued = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ner-model")
        self._closed = False
        self.stats = BatchStats()

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="ner-batcher")

    async def aclose(self) -> None:
        """Fail what waits, stop the loop, wait for a batch that is under way."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for item in self._queue:
            _fail(item, "detector_failed")
        self._queue.clear()
        self._queued = 0
        await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)

    async def submit(self, ids: Sequence[int], *, deadline: float = float("inf"), priority: int = INTERACTIVE) -> Row:
        """The answer for one sequence. `deadline` in `time.monotonic()` seconds. Raises DetectorError."""
        if self._closed:
            raise DetectorError
        if self._queued and self._queued + len(ids) > self._max_queue:
            self.stats.refused += 1
            raise DetectorError("overloaded")
        self.start()
        loop = asyncio.get_running_loop()
        item = _Item(ids, loop.create_future(), time.monotonic(), deadline, priority)
        self._queue.append(item)
        self._queued += len(ids)
        self._wake.set()
        result: Row = await item.future
        return result

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await self._gather()
            batch = self._take(time.monotonic())
            if not self._queue:
                self._wake.clear()
            if batch:
                await self._serve(batch)

    async def _gather(self) -> None:
        """Wait for company until the oldest has waited `max_wait` or a batch is full."""
        while self._queue and self._queued < self._max_tokens:
            oldest = min(item.arrived for item in self._queue)
            left = oldest + self._max_wait - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, self._max_wait / 2))

    def _take(self, now: float) -> list[_Item]:
        """The next batch: of like lengths, around the most urgent item. Gone and late callers are sorted out."""
        waiting: list[_Item] = []
        for item in self._queue:
            if item.future.done():
                self.stats.dropped += 1
            elif item.deadline <= now:
                self.stats.expired += 1
                _fail(item, "deadline_exceeded")
            else:
                waiting.append(item)
        batch = self._select(waiting)
        taken = set(map(id, batch))
        self._queue = [item for item in waiting if id(item) not in taken]
        self._queued = sum(len(item.ids) for item in self._queue)
        return batch

    def _select(self, waiting: list[_Item]) -> list[_Item]:
        if not waiting:
            return []
        urgent = min(waiting, key=lambda item: (item.priority, item.arrived))
        ordered = sorted(waiting, key=lambda item: len(item.ids))
        low = high = next(i for i, item in enumerate(ordered) if item is urgent)
        longest = max(1, len(urgent.ids))
        # Shorter neighbours first: they fit under the urgent item's length; then longer ones, while cells allow.
        while low > 0 and (high - low + 2) * longest <= self._max_tokens:
            low -= 1
        while high + 1 < len(ordered):
            longest = max(1, len(ordered[high + 1].ids))
            if (high - low + 2) * longest > self._max_tokens:
                break
            high += 1
        return ordered[low : high + 1]

    async def _serve(self, batch: list[_Item]) -> None:
        now = time.monotonic()
        self._count(batch, now)
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.run_in_executor(self._thread, self._forward, [item.ids for item in batch])
            if len(rows) != len(batch):
                raise DetectorError  # noqa: TRY301  a model that answers short is a failed batch
        except asyncio.CancelledError:
            for item in batch:
                _fail(item, "detector_failed")
            raise
        except Exception:  # noqa: BLE001  whatever the model raises, these callers must not get an answer
            self.stats.failed += 1
            for item in batch:
                _fail(item, "detector_failed")
            return
        for item, row in zip(batch, rows, strict=True):
            if not item.future.done():
                item.future.set_result(row)

    def _count(self, batch: list[_Item], now: float) -> None:
        stats = self.stats
        stats.batches += 1
        stats.sequences += len(batch)
        stats.largest = max(stats.largest, len(batch))
        stats.tokens += sum(len(item.ids) for item in batch)
        stats.cells += len(batch) * max(len(item.ids) for item in batch)
        stats.wait_seconds += sum(now - item.arrived for item in batch)


def _fail(item: _Item, code: str) -> None:
    if not item.future.done():
        item.future.set_exception(DetectorError(code))
