"""`python -m model_backend serve`: verify, load, confine, attest, serve one model until told to stop.

Order matters: signals first (a stop during loading must work), then the network namespace (before any thread), then
manifest and weights, then the socket and the ready line, and last the limits that forbid writing files.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from model_backend import confine, registry
from model_backend.hosting import ServeError, listen, on_exit, quiet_logs, swallow

if TYPE_CHECKING:
    import uvicorn

Isolation = Literal["auto", "require", "off"]
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    model: Path
    uds: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0
    manifest: Path | None = None
    device: str = "auto"
    threads: int = 1
    isolation: Isolation = "auto"
    allow_remote: bool = False
    follow_parent: bool = True


def run(options: Options) -> NoReturn:
    """Serve until SIGTERM, SIGINT or the parent's end, then leave with 0 at once. Raises before it serves only."""
    started = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    parent = os.getppid()
    _check_address(options)
    quiet_logs()
    if options.uds and options.isolation != "off" and not confine.leave_network() and options.isolation == "require":
        raise ServeError(
            "This system allows no network namespace of our own; use --isolate auto or run as a container."
        )
    manifest = registry.verify(options.model.resolve(), options.manifest)
    from model_backend.engine import load

    engine = load(manifest, device=options.device, threads=options.threads)
    listener = _listen(options)
    sys.stdout.write(f"ready {_address(options, listener)} model={manifest.name} {time.monotonic() - started:.1f}s\n")
    sys.stdout.flush()
    confine.forbid_file_writes()

    from model_backend.attest import attest
    from model_backend.endpoints import Endpoints
    from model_backend.guard import Guard

    attestation = attest(local=engine.local, weights_sha256=manifest.weights_sha256)
    guard = Guard(Endpoints(engine, manifest.serving, manifest.name), attestation)
    try:
        asyncio.run(_serve(guard, listener, parent if options.follow_parent else None))
    finally:
        if options.uds:
            options.uds.unlink(missing_ok=True)
    os._exit(0)  # no interpreter teardown: torch takes seconds for it


def _check_address(options: Options) -> None:
    if options.uds is None and options.host not in _LOOPBACK and not options.allow_remote:
        raise ServeError(
            f"--host {options.host} is not this machine; there is no authentication here. Keep 127.0.0.1, "
            "or add --allow-remote-clients if something in front of it authenticates."
        )


def _listen(options: Options) -> socket.socket:
    return listen(options.uds, options.host, options.port)


def _address(options: Options, listener: socket.socket) -> str:
    if options.uds:
        return f"unix:{options.uds}"
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"http://{host}:{listener.getsockname()[1]}"


async def _serve(app: Any, listener: socket.socket, parent: int | None) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        """Signals are ours: uvicorn would raise them again after its shutdown."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(swallow)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, server)
    if parent is not None:
        _follow(loop, server, parent)
    await server.serve(sockets=[listener])


def _follow(loop: asyncio.AbstractEventLoop, server: uvicorn.Server, parent: int) -> None:
    """An orphan stops: whoever started us is gone, and nobody would end us."""
    if os.getppid() != parent:
        server.should_exit = True
    elif parent > 1:
        on_exit(loop, parent, lambda: _stop(server))


def _stop(server: uvicorn.Server) -> None:
    server.force_exit = server.should_exit
    server.should_exit = True
