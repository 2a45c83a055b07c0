"""How a layer, which is synchronous, awaits the gate: a blocking hook that the handler runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from mitmproxy.proxy import commands

from gateway.errors import Refusal

type Commands[T] = Generator[commands.Command, Any, T]


class ClientGone(Exception):
    """The client closed its connection."""


@dataclass
class GateCall(commands.StartHook):  # type: ignore[no-untyped-call]
    """Pauses its stream, and only that, until `work` is done; then exactly one of the fields below is set."""

    work: Callable[[], Awaitable[Any]]
    result: Any = field(default=None, init=False, repr=False)
    refusal: Refusal | None = field(default=None, init=False)
    gone: bool = field(default=False, init=False)


@dataclass
class GateClose(commands.StartHook):  # type: ignore[no-untyped-call]
    """Pauses nobody."""

    blocking = False
    work: Callable[[], Awaitable[None]]


def ask[T](work: Callable[[], Awaitable[T]]) -> Commands[T]:
    """Raises the `Refusal`, or `ClientGone`."""
    call = GateCall(work)
    yield call
    if call.gone:
        raise ClientGone
    if call.refusal is not None:
        raise call.refusal
    result: T = call.result
    return result
