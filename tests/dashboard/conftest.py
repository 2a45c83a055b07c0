"""A decision log in memory, as the dashboard's Protocol has it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.dashboard.reader import Check, Readiness
from gateway.errors import StoreError

NOW = 1_790_000_000


@dataclass(frozen=True)
class Stored:
    id: str
    fields: Mapping[str, Any]
    ttl_seconds: float


@dataclass(frozen=True)
class Minute:
    start: int
    seconds: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Health:
    server: str = "Valkey 9.1.2"
    used_memory: int = 6 * 1024 * 1024
    keys: int = 12
    expired: int = 3
    evicted: int = 0
    persistence: bool = False


def stored(number: int, effect: str = "transform", **fields: Any) -> Stored:
    exchange = f"01k{number:09d}"
    body = {
        "exchange_id": exchange,
        "time": time.time() - number,
        "direction": "request",
        "tenant": "default",
        "client": "c_7f3a",
        "route": "openai/chat.completions",
        "upstream": "api.example.com:443",
        "effect": effect,
        "shadow_effect": "",
        "reasons": ["policy_block"] if effect == "block" else [],
        "entities": {"PERSON": 2, "PHONE_NUMBER": 1},
        **fields,
    }
    return Stored(f"{exchange}.request", body, 604_700.5 - number)


@dataclass
class Log:
    """`broken`: every call fails as a dead store does."""

    records: list[Stored] = field(default_factory=list)
    broken: bool = False
    asked: dict[str, Any] = field(default_factory=dict)

    def _check(self) -> None:
        if self.broken:
            raise StoreError("record_failed")

    async def latest(self, limit: int = 50, *, before_ms: int | None = None, **filters: str | None) -> Sequence[Stored]:
        self._check()
        self.asked = {"limit": limit, "before_ms": before_ms, **filters}
        return self.records[:limit]

    async def exchange(self, exchange_id: str) -> Sequence[Stored]:
        self._check()
        return [one for one in self.records if one.fields["exchange_id"] == exchange_id]

    async def series(self, seconds: int = 3600) -> Sequence[Minute]:
        self._check()
        minutes = seconds // 60
        start = int(time.time()) // 60 * 60 - 60 * (minutes - 1)
        return [Minute(start + 60 * number, 60, self._counts(number)) for number in range(minutes)]

    def _counts(self, number: int) -> dict[str, int]:
        if not self.records:
            return {}
        allow, transform, block = number * 7 % 23, number * 5 % 13, number * 3 % 4
        counts = {"effect:allow": allow, "effect:transform": transform, "effect:block": block}
        return {**counts, "records": sum(counts.values()), "latency_us": 900 * sum(counts.values()), "entity:PERSON": 2}

    async def top(self, kind: str, *, seconds: int = 86400, limit: int = 10) -> Sequence[tuple[str, int]]:
        self._check()
        tops = {
            "entity": [("PERSON", 1204), ("PHONE_NUMBER", 77)],
            "rule": [("zh-id/cn-resident-id@1", 9)],
            "reason": [("policy_block", 4)],
        }
        return tops.get(kind, [])[:limit] if self.records else []

    async def health(self) -> Health:
        self._check()
        return Health()


@pytest.fixture
def log() -> Log:
    effects = ("transform", "block", "allow")
    return Log([stored(number, effects[number % 3]) for number in range(30)])


READY = Readiness({"workers": Check(True, "1 of 1 run"), "policy": Check(True, "default@1-00000000")}, {"PERSON": True})


async def ready() -> Readiness:
    return READY
