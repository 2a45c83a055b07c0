"""Both stores in memory, with the semantics of the real ones: for unit tests and for deciding offline.

They pass the same conformance suite. They are no default: what they hold is plain, and dies with the process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.errors import StoreError
from gateway.stores import layout
from gateway.stores.identity import CANDIDATES, TokenIdentity
from gateway.stores.keys import KeyRing
from gateway.types import Record, Scope


class MemoryRecordStore:
    def __init__(
        self, *, ttl_seconds: float = layout.RETENTION_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ttl = ttl_seconds
        self._clock = clock
        self._held: dict[str, tuple[float, bytes]] = {}

    async def append(self, record: Record) -> None:
        self._held[layout.record_id(record)] = (self._clock() + self._ttl, layout.encode(record))

    @property
    def records(self) -> list[Mapping[str, Any]]:
        """What is held and has not expired, oldest first."""
        now = self._clock()
        self._held = {identifier: held for identifier, held in self._held.items() if held[0] > now}
        return [orjson.loads(body) for _, body in self._held.values()]

    async def ping(self) -> None:
        return

    async def aclose(self) -> None:
        self._held.clear()


@dataclass(slots=True)
class _ScopeValues:
    expires: float
    cap: float
    tokens: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    values: dict[str, str] = field(default_factory=dict, repr=False)


class MemoryTokenVault:
    def __init__(
        self,
        keys: KeyRing | None = None,
        *,
        ttl_seconds: float = 24 * 3600,
        cap_seconds: float = 7 * 24 * 3600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._identity = TokenIdentity(keys or KeyRing.generate())
        self._ttl = ttl_seconds
        self._cap = max(ttl_seconds, cap_seconds)
        self._clock = clock
        self._scopes: dict[str, _ScopeValues] = {}

    async def tokenize(self, scope: Scope, values: Sequence[tuple[str, str]]) -> Sequence[str]:
        if not values:
            return []
        name = self._identity.scope_name(scope)
        held = self._living(name)
        if held is None:
            held = self._scopes[name] = _ScopeValues(0, self._clock() + self._cap)
        self._slide(held)
        return [held.tokens.get(value) or self._mint(name, held, *value) for value in values]

    def _mint(self, name: str, held: _ScopeValues, entity_type: str, value: str) -> str:
        for attempt in range(CANDIDATES):
            token = self._identity.token(name, entity_type, value, attempt)
            if token not in held.values:
                held.tokens[entity_type, value] = token
                held.values[token] = value
                return token
        raise StoreError("vault_failed", "no free token")

    async def detokenize(self, scope: Scope, tokens: Sequence[str]) -> Sequence[str | None]:
        held = self._living(self._identity.scope_name(scope))
        if held is None:
            return [None] * len(tokens)
        self._slide(held)
        return [held.values.get(token) for token in tokens]

    async def erase(self, scope: Scope) -> bool:
        name = self._identity.scope_name(scope)
        existed = self._living(name) is not None
        self._scopes.pop(name, None)
        return existed

    def _living(self, name: str) -> _ScopeValues | None:
        held = self._scopes.get(name)
        if held is not None and held.expires <= self._clock():
            del self._scopes[name]
            return None
        return held

    def _slide(self, held: _ScopeValues) -> None:
        held.expires = min(self._clock() + self._ttl, held.cap)

    async def ping(self) -> None:
        return

    async def aclose(self) -> None:
        self._scopes.clear()
