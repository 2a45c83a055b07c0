"""uvicorn as a library: our socket, our protocol, no signals, no log lines, no `Server` or `Date` fields."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import uvicorn
from uvicorn.lifespan.on import LifespanOn

from gateway.errors import ConfigError
from gateway.planes.asgi.app import AsgiApp
from gateway.planes.asgi.protocol import GateProtocol
from gateway.planes.settings import PlaneSettings, bind


class AsgiServer:
    """`start`, and then `stop` once; the process's signals stay the caller's."""

    def __init__(self, app: AsgiApp, host: str, port: int, settings: PlaneSettings) -> None:
        self._settings = settings
        self._socket = bind(host, port, settings)
        protocol = type("BoundGateProtocol", (GateProtocol,), {"settings": settings})
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                loop="none",
                lifespan="on",
                interface="asgi3",
                log_config=None,
                log_level="critical",  # its messages carry tracebacks, which may quote payload
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,  # a client could otherwise choose its own address
                timeout_keep_alive=math.ceil(settings.timeouts.keep_alive),
            )
        )

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    async def start(self) -> None:
        config = self._server.config
        config.load()
        self._server.lifespan = LifespanOn(config)
        try:
            await self._server.startup(sockets=[self._socket])
        except SystemExit:
            raise ConfigError("The asgi plane could not start.") from None

    async def stop(self) -> None:
        """Stop accepting, let open exchanges finish for `timeouts.drain` seconds, then cut them."""
        state = self._server.server_state
        for server in self._server.servers:
            server.close()
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            _, late = await asyncio.wait(list(state.tasks), timeout=self._settings.timeouts.drain)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for connection in list(state.connections):
            connection.transport.abort()
        await self._server.lifespan.shutdown()


async def serve(
    app: AsgiApp, host: str, port: int, settings: PlaneSettings, started: Callable[[int], None] | None = None
) -> None:
    """Serve until cancelled; `started` is called with the port once connections are accepted."""
    server = AsgiServer(app, host, port, settings)
    await server.start()
    if started is not None:
        started(server.port)
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()
