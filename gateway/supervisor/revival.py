"""Embedded stores that die are started anew, empty: until then every request is refused, and what they held is gone.

Tokens of a vault that died stay in the answers as they are, like any that nobody knows.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from gateway.errors import ConfigError
from gateway.stores.embedded import EmbeddedValkey

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

LOOK_SECONDS: Final = 0.25
SHORTEST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 30.0
"""Between attempts, doubled each time: a server that cannot live must not keep the machine busy."""
STEADY_SECONDS: Final = 60.0
"""Alive for this long: its next death is a first one."""


class Revival:
    def __init__(self, servers: Sequence[EmbeddedValkey], say: Callable[[str], None]) -> None:
        self._servers = servers
        self._say = say
        self._restarts: Counter[str] = Counter()
        self._metrics = _Metrics([server.role for server in servers])

    @property
    def whole(self) -> bool:
        """All of them run."""
        return all(server.alive for server in self._servers)

    @property
    def note(self) -> str:
        """For `/readyz`; empty as long as nothing has happened."""
        said = [f"the {server.role} store is down" for server in self._servers if not server.alive]
        said += [f"the {role} store was started anew {_times(count)}" for role, count in sorted(self._restarts.items())]
        return "; ".join(said)

    def exposition(self) -> bytes:
        return self._metrics.exposition()

    async def watch(self) -> None:
        """Until cancelled."""
        await asyncio.gather(*(self._keep(server) for server in self._servers))

    async def _keep(self, server: EmbeddedValkey) -> None:
        loop = asyncio.get_running_loop()
        pause, revived = SHORTEST_SECONDS, loop.time()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if server.alive:
                continue
            if loop.time() - revived > STEADY_SECONDS:
                pause = SHORTEST_SECONDS
            self._say(f"the {server.role} store has died; starting another, empty. Requests are refused until then.")
            if await self._revived(server):
                revived = loop.time()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_SECONDS)

    async def _revived(self, server: EmbeddedValkey) -> bool:
        try:
            await asyncio.to_thread(server.revive)
        except (ConfigError, OSError) as error:
            self._say(f"the {server.role} store: {error}")
            return False
        self._restarts[server.role] += 1
        self._metrics.count(server.role)
        gone = "Tokens given out before are no longer restored." if server.role == "vault" else "Its records are gone."
        self._say(f"the {server.role} store is back. {gone}")
        return True


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


class _Metrics:
    """The supervisor's own, beside those that the workers write."""

    def __init__(self, roles: Sequence[str]) -> None:
        from prometheus_client import CollectorRegistry, Counter

        self._registry: CollectorRegistry = CollectorRegistry()
        self._restarts = Counter(
            "redline_store_restarts", "Embedded stores that died and were started anew", ["store"],
            registry=self._registry,
        )  # fmt: skip
        for role in roles:
            self._restarts.labels(role)

    def count(self, role: str) -> None:
        self._restarts.labels(role).inc()

    def exposition(self) -> bytes:
        from prometheus_client import generate_latest

        return generate_latest(self._registry)
