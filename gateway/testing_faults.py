"""Faults for the fail-closed harness: REDLINE_TEST_FAULTS=detector:raise,vault:hang,… breaks one stage each.

A fault can only make a stage fail, hang or be slow; it can never make anything pass. Without the variable
the very objects are handed back. Faults begin with `arm()`, after the self-test, which would refuse to start otherwise.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from detectors.types import Detector
from gateway.types import Policy, RecordStore, TokenVault

VARIABLE = "REDLINE_TEST_FAULTS"
SLOW_SECONDS = 0.3

_armed: list[bool] = []


def arm() -> None:
    _armed.append(True)


def _mode(stage: str) -> str:
    for item in os.environ.get(VARIABLE, "").split(","):
        name, _, mode = item.partition(":")
        if name.strip() == stage:
            return mode.strip() or "raise"
    return ""


class _Faulty:
    """Hands every attribute through, but breaks one method."""

    def __init__(self, target: object, method: str, mode: str) -> None:
        self._target, self._method, self._mode = target, method, mode

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if name != self._method or not _armed:
            return found
        return self._sync if not asyncio.iscoroutinefunction(found) else self._async

    def _sync(self, *_: object) -> object:
        raise RuntimeError("a test fault")

    async def _async(self, *args: object) -> object:
        if self._mode == "hang":
            await asyncio.Event().wait()
        if self._mode == "slow":
            await asyncio.sleep(SLOW_SECONDS)
            return await getattr(self._target, self._method)(*args)
        raise RuntimeError("a test fault")


def _wrap(stage: str, target: Any, method: str) -> Any:
    mode = _mode(stage)
    return _Faulty(target, method, mode) if mode else target


def detector(target: Detector) -> Detector:
    return _wrap("detector", target, "detect")  # type: ignore[no-any-return]


def policy(target: Policy) -> Policy:
    return _wrap("policy", target, "decide")  # type: ignore[no-any-return]


def vault(target: TokenVault) -> TokenVault:
    return _wrap("vault", target, "tokenize")  # type: ignore[no-any-return]


def records(target: RecordStore) -> RecordStore:
    return _wrap("record", target, "append")  # type: ignore[no-any-return]
