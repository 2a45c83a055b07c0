"""One runtime and its queue: an async call reads a text of any length. What the worker and the shared server host."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from detectors.ner.batching.batcher import INTERACTIVE, TokenBatcher, tuned
from detectors.ner.runtime import Chunk, Runtime, Span

SHORT = 2000
"""Characters below which a change of thread costs more than tokenising."""
IN_FLIGHT = 256
"""Chunks of one text that may wait in the queue at once, so that a long text neither fills it nor starves others."""


class Reader:
    """For one event loop. Raises DetectorError, as the batcher does."""

    def __init__(self, runtime: Runtime, batcher: TokenBatcher[Chunk, Any] | None = None, **limits: Any) -> None:
        """`limits` are the batcher's keywords, where none is given."""
        self.runtime = runtime
        own = {**tuned(runtime.device), "max_tokens": runtime.batch_tokens, "lanes": runtime.lanes}
        self.batcher = batcher or TokenBatcher(runtime.forward, **{**own, **limits})

    async def spans(self, text: str, *, deadline: float = float("inf"), priority: int = INTERACTIVE) -> list[Span]:
        """All entities of one text, whatever its length. `deadline` in `time.monotonic()` seconds."""
        runtime = self.runtime
        if len(text) <= SHORT:
            reading = runtime.prepare(text)
        else:
            reading = await asyncio.to_thread(runtime.prepare, text)
        if not reading.chunks:
            return []
        answers = await self._answers(reading.chunks, deadline, priority)
        if len(text) <= SHORT:
            return runtime.decode(reading, answers)
        return await asyncio.to_thread(runtime.decode, reading, answers)

    async def _answers(self, chunks: Sequence[Chunk], deadline: float, priority: int) -> list[Any]:
        if len(chunks) == 1:
            return [await self.batcher.submit(chunks[0], deadline=deadline, priority=priority)]
        answers: list[Any] = [None] * len(chunks)
        todo = iter(range(len(chunks)))

        async def some() -> None:
            for i in todo:
                answers[i] = await self.batcher.submit(chunks[i], deadline=deadline, priority=priority)

        tasks = [asyncio.ensure_future(some()) for _ in range(min(IN_FLIGHT, len(chunks)))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        return answers

    async def aclose(self) -> None:
        await self.batcher.aclose()
        await asyncio.to_thread(self.runtime.close)
