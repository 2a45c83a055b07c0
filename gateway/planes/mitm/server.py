"""Listening, limits on connections, and an orderly end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from gateway.errors import ConfigError
from gateway.planes.mitm.handler import GateHandler
from gateway.planes.mitm.link import Plane
from gateway.planes.mitm.runtime import Runtime
from gateway.planes.refusals import raw_answer
from gateway.planes.settings import PlaneSettings, bind
from gateway.types import Gatekeeper, Target

type Mode = Literal["forward", "reverse"]


class MitmServer:
    """`start`, and then `stop` once. `resolve` says where reverse mode goes; forward mode has none."""

    def __init__(
        self, gatekeeper: Gatekeeper, host: str, port: int, settings: PlaneSettings, *, mode: Mode, state_dir: Path,
        resolve: Callable[[str, str], Target] | None = None,
    ) -> None:  # fmt: skip
        if mode == "reverse" and resolve is None:
            raise ConfigError("The mitm plane's reverse mode needs an upstream.")
        self._settings = settings
        self._state_dir = state_dir
        self._plane = Plane(gatekeeper, settings, resolve if mode == "reverse" else None)
        self._socket = bind(host, port, settings)
        self._server: asyncio.Server | None = None
        self._runtime: Runtime | None = None
        self._handlers: dict[GateHandler, asyncio.Task[None]] = {}

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    async def start(self) -> None:
        try:
            self._runtime = Runtime(self._settings, self._state_dir)
        except BaseException:
            self._socket.close()
            raise
        self._server = await asyncio.start_server(self._accept, sock=self._socket)

    async def stop(self) -> None:
        """Stop accepting, let open exchanges finish for `timeouts.drain` seconds, then cut them."""
        if self._server is not None:
            self._server.close()
        for handler in list(self._handlers):
            if not handler.busy:
                handler.kill()
        if self._handlers:
            await asyncio.wait(list(self._handlers.values()), timeout=self._settings.timeouts.drain)
        rest = dict(self._handlers)
        for handler in rest:
            handler.kill()
        await asyncio.gather(*rest.values(), return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        runtime = self._runtime
        if runtime is None or task is None or len(self._handlers) >= self._settings.max_connections:
            writer.write(raw_answer("overloaded"))
            writer.close()
            return
        handler = GateHandler(self._plane, runtime, reader, writer)
        self._handlers[handler] = task
        try:
            await handler.handle_client()
        finally:
            del self._handlers[handler]


async def serve(
    gatekeeper: Gatekeeper, host: str, port: int, settings: PlaneSettings, *, mode: Mode, state_dir: Path,
    resolve: Callable[[str, str], Target] | None = None, started: Callable[[int], None] | None = None,
) -> None:  # fmt: skip
    """Serve until cancelled; `started` is called with the port once connections are accepted."""
    server = MitmServer(gatekeeper, host, port, settings, mode=mode, state_dir=state_dir, resolve=resolve)
    await server.start()
    if started is not None:
        started(server.port)
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()
