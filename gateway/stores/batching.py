"""Group commit: what arrives while one batch is under way makes up the next.

The first one goes within a turn of the event loop, with whoever else is ready by then: an idle store pays one round
trip and no timer, a busy one shares round trips, and nobody is overtaken. (A pool of connections does neither: under
load its waiters starve until they time out.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gateway.errors import StoreError

PENDING: Final = 10_000
"""Items in flight; beyond it the store refuses rather than let memory grow."""


class Batcher[Item, Answer]:
    """`work` answers a batch, one answer or exception for each item, in order; what it raises is everybody's."""

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]], code: str, size: int):
        self._work = work
        self._code = code
        self._size = size
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._pending = 0
        self._task: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Answer:
        """The item's answer; raises `StoreError(code)` for whatever went wrong on the way to it."""
        if self._pending >= PENDING:
            raise StoreError(self._code, "queue full")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._pending += 1
        if self._task is None:
            # A task of its own: cancelling one caller must not cancel the batch that others wait for.
            # Eager: however the task ends, `_run` has begun, and tells those who wait.
            task = asyncio.Task(self._run(), loop=asyncio.get_running_loop(), eager_start=True)
            self._task = None if task.done() else task
        try:
            return await answer
        finally:
            self._pending -= 1

    async def drain(self) -> None:
        """Return when nothing is under way."""
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        batch: list[tuple[Item, asyncio.Future[Answer]]] = []
        try:
            await asyncio.sleep(0)  # one turn: all callers that are ready now share the first batch
            while self._waiting:
                batch, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
                _settle(batch, await self._answers([item for item, _ in batch]))
        finally:
            # Whatever ended this task, nobody may wait for ever.
            self._task = None
            left, self._waiting = [*batch, *self._waiting], []
            _settle(left, [StoreError(self._code, "store closed")] * len(left))

    async def _answers(self, items: Sequence[Item]) -> Sequence[Answer | Exception]:
        try:
            return await self._work(items)
        except StoreError as error:
            return [StoreError(self._code, error.detail) for _ in items]
        except Exception as error:  # noqa: BLE001  a bug of ours must fail these callers, not hang them
            return [StoreError(self._code, type(error).__name__) for _ in items]


def _settle[Item, Answer](
    batch: Sequence[tuple[Item, asyncio.Future[Answer]]], answers: Sequence[Answer | Exception]
) -> None:
    """Tell every caller; one that was cancelled is no longer there to hear it."""
    for (_, future), answer in zip(batch, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
