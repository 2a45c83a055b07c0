"""The allow-list of log keys, and what each may hold. Anything else is dropped and counted.

Rule for the next editor: a key is added with the narrowest check that fits it. No check may let free text through;
a mail address, a name or a card number must fail every one of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from gateway.errors import REASONS

type _Check = Callable[[object], bool]

_EVENT: Final = re.compile(r"[a-z]{2,20}(_[a-z]{1,20}){0,4}")
_DOTTED: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}(\.[A-Za-z_][A-Za-z0-9_]{0,40}){0,6}")
_TYPE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_]{0,60}")
_AT: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9.]{0,80}:\d{1,6}")
_ID: Final = re.compile(r"[0-9a-f]{24}")
_ROUTE: Final = re.compile(r"[a-z]{2,20}/[a-z_.]{2,40}")
_POLICY: Final = re.compile(r"[a-z][a-z-]{0,60}[0-9]{0,3}@\d{1,4}-[0-9a-f]{8}")
_DETECTORS: Final = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{8,64}(-[0-9.]{1,4}x?)?")
_LISTEN: Final = re.compile(r"(https?://)?(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]{2,39}\]|localhost):\d{1,5}")
_VERSION: Final = re.compile(r"\d{1,3}(\.\d{1,4}){1,3}([a-z.]{1,5}\d{1,3})?")
_ENTITY: Final = re.compile(r"[A-Z][A-Z_]{1,40}")
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]{8,15}Z")

LARGEST: Final = 10_000_000_000
"""Numbers in logs are counts, milliseconds and bytes. A phone or card number is larger or is no business of ours."""


def _matches(pattern: re.Pattern[str]) -> _Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _one_of(*words: str) -> _Check:
    return lambda value: isinstance(value, str) and value in words


def _number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and abs(value) < LARGEST


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _counts(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and _ENTITY.fullmatch(name) is not None and _number(count)
        for name, count in value.items()
    )


def _codes(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(code, str) and code in REASONS for code in value)


ALLOWED: Final[dict[str, _Check]] = {
    "event": _matches(_EVENT),
    "level": _one_of("debug", "info", "warning", "error", "critical"),
    "time": _matches(_TIME),
    "logger": _matches(_DOTTED),
    "process": _one_of("gateway", "supervisor", "worker", "dashboard", "model", "ner", "cli"),
    "worker": _number,
    "pid": _number,
    "exchange": _matches(_ID),
    "direction": _one_of("request", "response"),
    "plane": _one_of("asgi", "mitm"),
    "route": _matches(_ROUTE),
    "action": _one_of("allow", "transform", "block", "observe"),
    "code": _one_of(*REASONS),
    "reasons": _codes,
    "entities": _counts,
    "status": _number,
    "policy": _matches(_POLICY),
    "detectors": _matches(_DETECTORS),
    "error": _matches(_TYPE_NAME),
    "cause": _matches(_TYPE_NAME),
    "errno": _number,
    "at": _matches(_AT),
    "listen": _matches(_LISTEN),
    "version": _matches(_VERSION),
    "store": _one_of("vault", "records"),
    "stage": _one_of("parse", "detect", "observe", "decide", "rewrite", "record", "total", "restore", "store"),
    "child": _one_of("vault", "log", "records", "model", "ner", "worker", "dashboard", "valkey"),
    "reason": _one_of("start", "stop", "reload", "crash", "exit", "timeout", "signal", "idle", "done", "refused"),
    "signal": _one_of("SIGTERM", "SIGINT", "SIGHUP", "SIGKILL", "SIGSEGV", "SIGABRT"),
    "ms": _number,
    "seconds": _number,
    "bytes": _number,
    "count": _number,
    "workers": _number,
    "attempt": _number,
    "exit_code": _number,
    "ready": _flag,
    "shadow": _flag,
    "dropped": _number,
}
