"""The workers: started together, restarted when one dies, told to reload, stopped together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from gateway.errors import ConfigError
from gateway.observe import metrics
from gateway.supervisor.children import Child, ChildError, stop_all

START_SECONDS: Final = 60.0
RESTARTS: Final = 5
WINDOW_SECONDS: Final = 60.0
RECYCLE_SECONDS: Final = 10.0
"""For a worker that is replaced to finish its exchanges."""


class Fleet:
    def __init__(
        self,
        count: int,
        settings: Mapping[str, Any],
        env: Mapping[str, str],
        metrics_folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._env = env
        self._count = count
        self._folder = metrics_folder
        self._say = say
        self._children: list[Child] = []
        self._watchers: list[asyncio.Task[None]] = []
        self._stopping = False
        self.broken = asyncio.Event()
        """Set when a worker dies again and again: the gateway should end rather than limp."""

    async def start(self, compiling: Callable[[int], None] | None = None) -> Mapping[str, Any]:
        """Returns what the first worker said. Raises `ChildError` or `ConfigError`.

        compiling: is told how many rules a worker compiles, where they are not in the cache."""
        self._children = [self._make(number + 1) for number in range(self._count)]
        starts = [child.start(START_SECONDS, compiling) for child in self._children]
        said = await asyncio.gather(*starts, return_exceptions=True)
        for one in said:
            if isinstance(one, BaseException):
                await self.stop(1.0)
                raise one
        self._watchers = [asyncio.create_task(self._watch(number)) for number in range(self._count)]
        first = said[0]
        return first if isinstance(first, dict) else {}

    @property
    def alive(self) -> int:
        return sum(child.alive for child in self._children)

    @property
    def count(self) -> int:
        return self._count

    async def command(self, command: str, **words: object) -> list[dict[str, Any]]:
        """Every worker's answer; `{}` for one that is gone."""
        return list(await asyncio.gather(*(child.command(command, **words) for child in self._children)))

    async def ask_all(self, seconds: float, command: str, words: Mapping[str, object]) -> list[dict[str, Any]]:
        """The same, in the order of the workers, for a command that takes long."""
        return list(await asyncio.gather(*(child.ask(seconds, command, words) for child in self._children)))

    def use(self, changed: Mapping[str, str]) -> None:
        """Workers that are started from now on get these settings."""
        self._settings = {**self._settings, "config": {**self._settings["config"], **changed}}

    async def recycle(self, index: int) -> None:
        """End one worker, that another may take its place."""
        await self._children[index].stop(RECYCLE_SECONDS)

    async def ask(self, command: str, **words: object) -> dict[str, Any]:
        """One worker's answer."""
        for child in self._children:
            if child.alive:
                return await child.command(command, **words)
        return {}

    async def stop(self, grace: float) -> None:
        self._stopping = True
        for watcher in self._watchers:
            watcher.cancel()
        await stop_all(self._children, grace)

    def _make(self, number: int) -> Child:
        return Child(f"worker {number}", "gateway.worker", self._settings, self._env)

    async def _watch(self, index: int) -> None:
        deaths: list[float] = []
        while True:
            child = self._children[index]
            code = await child.wait()
            if self._stopping:
                return
            metrics.gone(self._folder, child.pid)
            deaths = [at for at in deaths if time.monotonic() - at < WINDOW_SECONDS] + [time.monotonic()]
            self._say(f"{child.name} ended (status {code}); starting another")
            if len(deaths) > RESTARTS:
                self.broken.set()
                return
            await asyncio.sleep(0.1 * 2 ** (len(deaths) - 1))
            self._children[index] = self._make(index + 1)
            try:
                await self._children[index].start(START_SECONDS)
            except (ChildError, ConfigError, OSError) as error:  # such as a policy file that was broken since
                self._say(str(error))
