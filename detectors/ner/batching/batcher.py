"""A token-budget queue: sequences of concurrent requests share the model's batches.

    submit → queue (by priority and length) → a free lane → company for at most `max_wait` → batch → forward → answers

Rules for the next editor
1. A future is resolved exactly once; whoever waits may go at any time, and is heard of by nobody else.
2. Nothing of the model runs on the event loop: `forward` runs on threads of its own, one a lane.
3. What cannot be served in time is refused with a reason code, never dropped silently.
4. One sequence that breaks the model must not fail its neighbours.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from detectors.ner.batching.stats import BatchStats
from detectors.ner.batching.waiting import BULK, INTERACTIVE, Entry, Waiting, sizes
from detectors.types import DetectorError

__all__ = ["BULK", "INTERACTIVE", "BatchStats", "TokenBatcher"]

GIVE_UP = 4
"""Sequences of one batch that fail alone, after which the rest of it is not tried: the model is sick, not a text."""
SICK = 8
"""Calls of the model in a row that fail, after which it counts as sick."""
KNOWN = 5
"""Batches after which the model's speed is trusted."""


def tuned(device: str, window: int = 256) -> dict[str, Any]:
    """Arguments of a `TokenBatcher` that suit a device. On a CPU a batch only saves what calls cost, and a large one
    makes the next interactive text wait; a GPU is idle below some ten thousand tokens."""
    if device.startswith("cuda"):
        return {"max_tokens": max(32768, 16 * window), "max_wait": 0.002, "max_padding": 0.5}
    return {"max_tokens": 4 * window, "max_wait": 0.0, "max_padding": 0.1}


class TokenBatcher[Item: Sized, Row]:
    """`forward` takes a list of sequences and returns one answer for each, in order.

    max_tokens: cells (sequences x longest) of one batch; a longer single sequence goes alone.
    max_wait: seconds that the first of a batch waits for company; a lone caller never does. 0 on a CPU, where a batch
        costs as much as its sequences one by one.
    max_queue: tokens that may wait before `submit` refuses with `overloaded`.
    max_padding: share of a batch's cells that may be empty. A CPU pays for each, a GPU hardly.
    patience: seconds that bulk lets interactive work go first.
    lanes: batches under way at once. 2 on a GPU: one is put together while the other runs.
    """

    def __init__(
        self,
        forward: Callable[[list[Item]], Sequence[Row]],
        *,
        max_tokens: int = 8192,
        max_wait: float = 0.003,
        max_queue: int = 2_000_000,
        max_padding: float = 0.2,
        patience: float = 0.5,
        lanes: int = 1,
    ) -> None:
        self._forward = forward
        self._max_tokens, self._max_queue, self._max_padding = max_tokens, max_queue, max_padding
        self._max_wait = max_wait
        self._waiting: Waiting[Item] = Waiting(patience)
        self._lanes = asyncio.Semaphore(lanes)
        self._threads = ThreadPoolExecutor(lanes, thread_name_prefix="ner-model")
        self._came = asyncio.Event()
        """Somebody waits."""
        self._enough = asyncio.Event()
        """There is no reason to wait for more company."""
        self._usual = 1.0
        """Sequences that lately shared a batch: as many are worth waiting for."""
        self._speed = _Speed(lanes)
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._closed = False
        self.stats = BatchStats()

    @property
    def queued_tokens(self) -> int:
        return self._waiting.tokens

    @property
    def queued_sequences(self) -> int:
        return self._waiting.count

    @property
    def sick(self) -> bool:
        """The model fails on everything: out of memory, a broken device. Its process should be started anew."""
        return self._failures >= SICK

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="ner-batcher")

    async def aclose(self) -> None:
        """Fail what waits, stop the loop, wait for batches that are under way."""
        self._closed = True
        tasks = [task for task in (self._task, *self._serving) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for entry in self._waiting.clear():
            _fail(entry, "detector_failed")
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    async def submit(self, item: Item, *, deadline: float = float("inf"), priority: int = INTERACTIVE) -> Row:
        """The answer for one sequence. `deadline` in `time.monotonic()` seconds. Raises DetectorError."""
        now = time.monotonic()
        self._admit(len(item), deadline, priority, now)
        self.start()
        loop = asyncio.get_running_loop()
        entry = self._waiting.add(item, loop.create_future(), now, deadline, priority)
        self._came.set()
        if self._has_company():
            self._enough.set()
        timer = loop.call_later(deadline - now, self._expire, entry) if deadline != float("inf") else None
        try:
            answer: Row = await entry.future
        except asyncio.CancelledError:
            self.stats.dropped += self._waiting.leave(entry)
            raise
        finally:
            if timer is not None:
                timer.cancel()
        return answer

    def _admit(self, size: int, deadline: float, priority: int, now: float) -> None:
        """Refuse early what would only fail later."""
        if self._closed:
            raise DetectorError
        if deadline <= now:
            self.stats.expired += 1
            raise DetectorError("deadline_exceeded")
        ahead = self._waiting.ahead_of(priority)
        full = self._waiting.count and self._waiting.tokens + size > self._max_queue
        if full or (ahead and self._speed.seconds(ahead) > deadline - now):
            self.stats.refused += 1
            raise DetectorError("overloaded")

    def _expire(self, entry: Entry[Item]) -> None:
        if not entry.future.done():
            self.stats.expired += 1
            self._waiting.leave(entry)
            _fail(entry, "deadline_exceeded")

    async def _run(self) -> None:
        while True:
            await self._came.wait()
            await self._lanes.acquire()
            try:
                await self._company()
                batch = self._waiting.take(time.monotonic(), self._max_tokens, self._max_padding)
            except BaseException:
                self._lanes.release()
                raise
            if not self._waiting.count:
                self._came.clear()
            if not batch:
                self._lanes.release()
                continue
            self._usual += (len(batch) - self._usual) / 4
            task = asyncio.get_running_loop().create_task(self._serve(batch), name="ner-batch")
            self._serving.add(task)
            task.add_done_callback(self._served)

    def _served(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        self._lanes.release()

    async def _company(self) -> None:
        """Wait until as many as usual are there, or the first of them has waited `max_wait`."""
        await asyncio.sleep(0)  # what one caller submits in one go belongs together
        self._enough.clear()
        if not self._waiting.count:  # all have left: nobody's arrival would say when to stop waiting
            return
        left = self._waiting.oldest() + self._max_wait - time.monotonic()
        if left <= 0 or self._has_company():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                await self._enough.wait()

    def _has_company(self) -> bool:
        waiting = self._waiting
        return waiting.tokens >= self._max_tokens or waiting.count >= 0.9 * self._usual or self._usual < 1.5

    async def _serve(self, batch: list[Entry[Item]]) -> None:
        now = time.monotonic()
        self.stats.batch(sizes(batch), [now - entry.arrived for entry in batch])
        try:
            if not await self._answered(batch):
                self.stats.failed += 1
                await self._apart(batch)
        finally:
            for entry in batch:
                _fail(entry, "detector_failed")  # those without an answer

    async def _answered(self, batch: list[Entry[Item]]) -> bool:
        """One call of the model; False where it failed, and then nobody has an answer."""
        began = time.monotonic()
        try:
            rows = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._forward, [entry.item for entry in batch]
            )
            if len(rows) != len(batch):
                raise DetectorError  # noqa: TRY301  a model that answers short has failed
        except Exception:  # noqa: BLE001  whatever the model raises, these callers must not get an answer
            self._failures += 1
            return False
        self._failures = 0
        seconds = time.monotonic() - began
        self.stats.forward_seconds.add(seconds)
        self._speed.saw(sum(sizes(batch)), seconds)
        for entry, row in zip(batch, rows, strict=True):
            if not entry.future.done():
                entry.future.set_result(row)
        return True

    async def _apart(self, batch: list[Entry[Item]]) -> None:
        """Halves of a failed batch, down to single sequences: also what mends a batch too large for the memory."""
        pending, alone = _halves(batch), 0
        while pending and alone < GIVE_UP:
            part = [entry for entry in pending.pop() if not entry.future.done()]
            if not part:
                continue
            self.stats.retried += 1
            if await self._answered(part):
                continue
            pending += _halves(part)
            if len(part) == 1:
                alone += 1
                self.stats.poisoned += 1


class _Speed:
    """Tokens a second that the model does, lately."""

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self._batches = 0
        self._tokens = self._seconds = 0.0

    def saw(self, tokens: int, seconds: float) -> None:
        self._batches += 1
        self._tokens = 0.9 * self._tokens + tokens
        self._seconds = 0.9 * self._seconds + seconds

    def seconds(self, tokens: int) -> float:
        """How long so many will take; 0 where that is not known yet."""
        if self._batches < KNOWN or not self._tokens:
            return 0.0
        return tokens * self._seconds / self._tokens / self._lanes


def _halves[Item: Sized](batch: list[Entry[Item]]) -> list[list[Entry[Item]]]:
    middle = len(batch) // 2
    return [batch[middle:], batch[:middle]] if middle else []


def _fail(entry: Entry[Any], code: str) -> None:
    if not entry.future.done():
        entry.future.set_exception(DetectorError(code))
