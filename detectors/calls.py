"""What a caller tells detectors besides the parts, and hears from them besides findings.

    with calling(bulk=True, accepts_partial=True) as call:
        findings = await engine.detect(parts)
    call.unread     # names of detectors that did not read, and must be put on record

Carried by a context variable, so that it reaches a detector through an engine and its tasks.

Rules for the next editor
1. Without a caller who accepts it, nothing is ever partial: `unread` says no, and the detector raises.
2. What is partial, or was answered by another revision than the engine asked for, is never cached.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Call:
    bulk: bool = False
    """Nobody waits at a screen: others may go first."""
    accepts_partial: bool = False
    """The caller puts on record what was not read, and may go on without."""
    models: bool = True
    """False: models need not read these texts: examples that try the rules, or nobody acts on what they would find."""
    insists: bool = False
    """Models read, whoever acts on what they find. For trying them."""
    unread: set[str] = field(default_factory=set)
    cacheable: bool = True


_current: ContextVar[Call | None] = ContextVar("redline_call", default=None)


@contextmanager
def calling(
    *, bulk: bool = False, accepts_partial: bool = False, models: bool = True, insists: bool = False
) -> Iterator[Call]:
    """For who asks for findings. Within a call without models there is none with."""
    call = Call(bulk, accepts_partial, models and with_models(), insists)
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


@contextmanager
def within() -> Iterator[Call]:
    """For an engine: a call of its own with the caller's wishes, so that it learns whether it may cache."""
    outer = _current.get() or Call()
    call = Call(outer.bulk, outer.accepts_partial, outer.models, outer.insists, outer.unread)
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)
        outer.cacheable = outer.cacheable and call.cacheable


def bulk() -> bool:
    call = _current.get()
    return call is not None and call.bulk


def with_models() -> bool:
    call = _current.get()
    return call is None or call.models


def insisted() -> bool:
    call = _current.get()
    return call is not None and call.insists


def unread(detector: str) -> bool:
    """For a detector that cannot read: True where the caller goes on without it. Else it must raise."""
    call = _current.get()
    if call is None or not call.accepts_partial:
        return False
    call.unread.add(detector)
    call.cacheable = False
    return True


def not_cacheable() -> None:
    """For a detector whose findings are right, and yet not those of the revision it named when it was asked."""
    call = _current.get()
    if call is not None:
        call.cacheable = False
