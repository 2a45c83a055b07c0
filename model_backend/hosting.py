"""What every server of this package does the same way: listen, keep quiet, end with whoever it belongs to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import types


class ServeError(Exception):
    """The server will not start. One sentence for people: what is wrong and the mend."""


def listen(uds: Path | None, host: str, port: int) -> socket.socket:
    """A listening socket: at `uds`, or at `host` and `port` (0: the system chooses). Raises ServeError."""
    if uds is None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Named, because asyncio turns Nagle's delay off only where it is: else each answer comes 40 ms late.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            listener.close()
            raise ServeError(f"Port {port} on {host} is taken; choose another with --port.") from None
    else:
        listener = _listen_privately(uds)
    listener.listen(256)
    listener.setblocking(False)
    return listener


def _listen_privately(path: Path) -> socket.socket:
    """A socket that only this user can reach: its folder is closed to all others, and so is the socket."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(path.parent.stat().st_mode) & 0o077:
        raise ServeError(f"--uds {path}: its folder is open to other users; run `chmod 700 {path.parent}`.")
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ServeError(f"--uds {path}: there is a file that is not a socket; choose another path.")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise ServeError(f"--uds {path}: the path is too long or cannot be written; choose a shorter one.") from None
    finally:
        os.umask(before)
    return listener


def on_exit(loop: asyncio.AbstractEventLoop, pid: int, callback: Callable[[], None]) -> None:
    """Call back once when another process ends; never where the system cannot tell."""
    if sys.platform != "linux":
        return
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return

    def ended() -> None:
        loop.remove_reader(handle)
        os.close(handle)
        callback()

    loop.add_reader(handle, ended)


def swallow(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    logging.getLogger("model_backend").warning("loop_error %s", type(error).__name__)


class Placeless(logging.Formatter):
    """Level, logger and line: messages and tracebacks of the libraries below may quote payload."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.startswith("model_backend")
        return f"{record.levelname} {record.name}:{record.lineno}" + (f" {record.getMessage()}" if ours else "")


def quiet_logs() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Placeless())
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    sys.excepthook = _hook
    sys.unraisablehook = lambda unraisable: _name_only(unraisable.exc_type)
    import threading

    threading.excepthook = lambda args: _name_only(args.exc_type)


def _hook(kind: type[BaseException], _: BaseException, __: types.TracebackType | None) -> None:
    _name_only(kind)


def _name_only(kind: type[BaseException]) -> None:
    sys.stderr.write(f"error {kind.__name__}\n")
