"""What one client connection's layers share with its handler: clocks, holds, open exchanges, permissions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mitmproxy.connection import Client

from gateway.planes.guard import Guard
from gateway.planes.settings import PlaneSettings
from gateway.types import Gatekeeper, Target

if TYPE_CHECKING:
    from mitmproxy.connection import Address


class Clock:
    """One deadline, moved often and cheaply: the timer is only touched when it is late or too late."""

    __slots__ = ("_deadline", "_expired", "_loop", "_timer")

    def __init__(self, expired: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._expired = expired
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self, seconds: float) -> None:
        self._deadline = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._fire)

    def stop(self) -> None:
        self._deadline = None

    def cancel(self) -> None:
        self._deadline = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._fire)
        else:
            self._deadline = None
            self._expired()


@dataclass(frozen=True)
class Plane:
    """What all connections of one server share."""

    gatekeeper: Gatekeeper
    settings: PlaneSettings
    resolve: Callable[[str, str], Target] | None
    """Reverse mode: (method, raw path with query) → where to go. None: forward mode."""


@dataclass(eq=False)
class Link:
    plane: Plane
    client_clock: Clock
    upstream_clock: Clock
    linger: Callable[[], None]
    """Close the client connection after `timeouts.linger`."""
    client_late: bool = False
    """The client broke a deadline; a closing event that follows is ours."""
    upstream_late: bool = False
    head_read: bool = False
    """A request head was read on this connection, so it speaks HTTP."""
    holds: int = 0
    """Above 0 somebody awaits the gate or a connection, and reading on would only fill memory."""
    free: asyncio.Event = field(default_factory=asyncio.Event)
    guards: set[Guard] = field(default_factory=set)
    calls: set[asyncio.Task[None]] = field(default_factory=set)
    """Gate calls under way; cancelled when the client goes away."""
    permitted: set[Address] = field(default_factory=set)
    """Addresses that a verdict named: the second lock on the way out."""

    def hold(self) -> None:
        self.holds += 1
        self.free.clear()

    def release(self) -> None:
        self.holds -= 1
        if not self.holds:
            self.free.set()


def attach(client: Client, link: Link) -> None:
    client.__dict__["redline"] = link


def link_of(client: Client) -> Link:
    link: Link = client.__dict__["redline"]
    return link
