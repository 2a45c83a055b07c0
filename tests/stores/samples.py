"""Synthetic records and values, and clean-up around stores."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any, Protocol

from gateway.types import Direction, Record, Scope

_numbers = itertools.count()

SCOPE = Scope("acme", "5e1f" * 8, "conversation-1")
VALUES = [
    ("PERSON", "张三"),
    ("CN_RESIDENT_ID", "11010519491231002X"),
    ("PHONE_NUMBER", "13800138000"),
    ("EMAIL_ADDRESS", "zhang@example.com"),
]


def record(**changes: Any) -> Record:
    fields: dict[str, Any] = {
        "exchange_id": f"x-{next(_numbers)}",
        "time": time.time(),
        "direction": Direction.REQUEST,
        "tenant": "acme",
        "client": "5e1f" * 8,
        "plane": "asgi",
        "route": "openai/chat.completions",
        "upstream": "api.example.com:443",
        "effect": "transform",
        "shadow_effect": "",
        "reasons": (),
        "coverage": "full",
        "entities": {"PERSON": 2, "PHONE_NUMBER": 1},
        "rules": {"names/zh@1": 2, "contact/cn-mobile@1": 1},
        "operators": {"tokenize": 3},
        "policy": "default",
        "policy_revision": "a1b2",
        "detector_revision": "c3d4",
        "parts": 12,
        "bytes_in": 2000,
        "bytes_out": 2100,
        "status": 200,
        "timings_ms": {"detect": 1.5, "total": 2.25},
    }
    return Record(**(fields | changes))


class Closable(Protocol):
    async def aclose(self) -> None: ...


@contextlib.asynccontextmanager
async def closing[T: Closable](store: T) -> AsyncIterator[T]:
    try:
        yield store
    finally:
        await store.aclose()
