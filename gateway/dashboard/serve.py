"""The dashboard's listener, inside another process's event loop: it takes no signals and prints nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from gateway.config.values import Address
from gateway.errors import ConfigError


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the supervisor's."""
        yield


async def serve(
    app: ASGIApp, address: Address, stop: asyncio.Event, started: Callable[[Address], None] = lambda _: None
) -> None:
    """Serve until `stop` is set. `started` hears the address (port 0 becomes a real one) once it listens."""
    listener = _bind(address)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who asks is who is connected, whatever a header says
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
        timeout_keep_alive=15,
        limit_concurrency=256,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        started(Address(address.host, listener.getsockname()[1]))
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.should_exit = True
        await running
        listener.close()


def _bind(address: Address) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(tuple(address))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigError(f"dashboard_listen: cannot listen on {address} ({error.strerror}). Choose another.") from None
    listener.setblocking(False)
    return listener
