"""The parent of an embedded server: ends it, and removes its directory, when whoever started it is gone.

Run as a script by `embedded.py`: `python -I -S guard.py CONTROL_FD DIRECTORY SERVER`. Standard library only.
Standard input is the server's configuration; CONTROL_FD is the read end of a pipe that the owner holds open.

Why a process and not PR_SET_PDEATHSIG alone: that signal is tied to the *thread* which forked, so a server started
from a thread pool dies when that thread ends; it does not exist on macOS; and nobody would remove the directory.
The guard itself is single-threaded, so between it and the server the signal is safe, and covers a killed guard.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import shutil
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 1.0
POLL_SECONDS = 0.5


def _become_server(path: str, guard: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what the server holds
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != guard:  # died between fork and prctl
            os._exit(1)
    os.execve(path, [path, "-"], {"PATH": "/usr/bin:/bin"})  # noqa: S606


def _ended(server: int) -> bool:
    return os.waitpid(server, os.WNOHANG)[0] == server


def _watch(server: int, control: int, owner: int) -> bool:
    """Wait for the owner's end or the server's. True: the server is still running."""
    while True:
        readable, _, _ = select.select([control], [], [], POLL_SECONDS)
        if _ended(server):
            return False
        if readable or os.getppid() != owner:
            return True


def _end(server: int) -> None:
    """Politely, then not: a stopped or busy server does not hear SIGTERM."""
    os.kill(server, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline:
        if _ended(server):
            return
        time.sleep(0.005)
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)


def main(control: int, directory: str, path: str) -> int:
    owner = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    guard = os.getpid()
    server = os.fork()
    if server == 0:
        try:
            os.close(control)
            _become_server(path, guard)
        finally:
            os._exit(127)
    os.close(0)
    running = _watch(server, control, owner)
    if running:
        _end(server)
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if running else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
