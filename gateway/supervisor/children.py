"""Child processes: started from the main thread, told their settings over stdin, gone when we are gone.

A child reads one JSON line, prints JSON lines (`{"event": "ready"}` first), takes one-line commands,
and ends at end of file on stdin: so a killed supervisor leaves nothing behind, on any platform.
Nothing secret is in argv or the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway.errors import ConfigError

COMMAND_SECONDS: Final = 20.0
COMPILE_SECONDS: Final = 300.0
"""For a worker that compiles the rules: ten seconds on a usual core, once for each version of the packs."""


class ChildError(Exception):
    """A child did not start; the text is for people."""


class Child:
    def __init__(self, name: str, module: str, settings: Mapping[str, Any], env: Mapping[str, str]) -> None:
        self.name = name
        self.pid = 0
        self._module = module
        self._settings = settings
        self._env = dict(env)
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._owed = 0
        """Answers that are still to come."""

    async def start(self, deadline: float, compiling: Callable[[int], None] | None = None) -> dict[str, Any]:
        """Start and wait for `ready` (seconds). Returns what the child said with it. Raises `ChildError`.

        compiling: is told how many rules the child compiles, if it must, which it is given more time for."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._env,
            start_new_session=True,  # Ctrl-C is the supervisor's to handle
        )
        self.pid = self._process.pid
        try:
            async with asyncio.timeout(deadline) as clock, self._turn:  # commands wait until it is ready
                await self._tell(json.dumps(self._settings))
                while (said := await self._hear()).get("event") == "compiling":
                    clock.reschedule(asyncio.get_running_loop().time() + COMPILE_SECONDS)
                    if compiling is not None:
                        compiling(int(said.get("rules", 0)))
        except TimeoutError:
            await self.stop(0.2)
            raise ChildError(f"{self.name} did not get ready within {deadline:g} s") from None
        if said.get("event") != "ready":
            await self.stop(0.2)
            if said.get("event") == "config_error":
                raise ConfigError(str(said.get("message")))
            raise ChildError(str(said.get("message") or f"{self.name} ended while starting"))
        return said

    async def command(self, command: str, **words: object) -> dict[str, Any]:
        """As `ask`, with the usual deadline."""
        return await self.ask(COMMAND_SECONDS, command, words)

    async def ask(self, seconds: float, command: str, words: Mapping[str, object]) -> dict[str, Any]:
        """Send one command and hear its answer; `{}` if the child is gone or silent.

        A child that was silent answers later: what it still owes is passed over, or every later command would be
        given the answer of the one before.
        """
        try:
            async with asyncio.timeout(seconds), self._turn:
                await self._tell(json.dumps({"command": command, **words}))
                self._owed += 1
                said: dict[str, Any] = {}
                while self._owed:
                    said = await self._hear()
                    self._owed -= 1
                return said
        except (TimeoutError, OSError, ValueError):  # ValueError: a line beyond all bounds
            return {}

    async def wait(self) -> int:
        if self._process is None:
            return 0
        return await self._process.wait()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def stop(self, grace: float) -> None:
        """Close stdin and SIGTERM; SIGKILL after `grace` seconds."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(grace):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _tell(self, line: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.write(line.encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await self._process.stdin.drain()

    async def _hear(self) -> dict[str, Any]:
        if self._process is None or self._process.stdout is None:
            return {}
        line = await self._process.stdout.readline()
        try:
            said = json.loads(line)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


async def stop_all(children: Sequence[Child], grace: float) -> None:
    await asyncio.gather(*(child.stop(grace) for child in children))
