"""The stores with a stopwatch: how long a call took and whether it failed, told to whoever observes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from gateway.types import Record, RecordStore, Scope, TokenVault

type Observe = Callable[[str, float, bool], None]
"""(store, seconds, failed)."""


class Stopwatch:
    """Shared by the stores of one process; `observe` may be set once metrics are there."""

    def __init__(self) -> None:
        self.observe: Observe = lambda *_: None

    async def time[T](self, store: str, answer: Awaitable[T]) -> T:
        began, failed = time.perf_counter(), True
        try:
            result = await answer
            failed = False
            return result
        finally:
            self.observe(store, time.perf_counter() - began, failed)


class TimedRecords:
    def __init__(self, store: RecordStore, watch: Stopwatch) -> None:
        self._store, self._watch = store, watch

    async def append(self, record: Record) -> None:
        await self._watch.time("records", self._store.append(record))


class TimedVault:
    def __init__(self, vault: TokenVault, watch: Stopwatch) -> None:
        self._vault, self._watch = vault, watch

    async def tokenize(self, scope: Scope, values: Sequence[tuple[str, str]]) -> Sequence[str]:
        return await self._watch.time("vault", self._vault.tokenize(scope, values))

    async def detokenize(self, scope: Scope, tokens: Sequence[str]) -> Sequence[str | None]:
        return await self._watch.time("vault", self._vault.detokenize(scope, tokens))

    async def erase(self, scope: Scope) -> bool:
        return await self._watch.time("vault", self._vault.erase(scope))
