"""What this process gives up before it serves, so that promises about its data are the kernel's, not ours.

Each function says whether it worked. Nothing here is needed to serve; it is needed to promise.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from pathlib import Path
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_PR_GET_DUMPABLE: Final = 3


def leave_network() -> bool:
    """Move into a network namespace of our own, which has no interface but an unconnected loopback.

    Unix sockets still reach us. Must run before any thread starts. False where the system does not allow it.
    """
    if sys.platform != "linux":
        return False
    user, group = os.getuid(), os.getgid()
    try:
        os.unshare(os.CLONE_NEWNET)
    except OSError:
        try:
            os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
        except OSError:
            return False
    return network_is_empty()


def network_is_empty() -> bool:
    """Whether loopback is the only interface of our namespace; read from /proc, which follows the namespace."""
    try:
        lines = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()[2:]
    except OSError:
        return False
    return [line.partition(":")[0].strip() for line in lines] == ["lo"]


def forbid_file_writes() -> bool:
    """No regular file may grow by our hand from now on, and no core may be dumped."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    except (OSError, ValueError):
        return False
    _set_undumpable()
    return cannot_write_files()


def cannot_write_files() -> bool:
    """Whether the limits above hold."""
    return resource.getrlimit(resource.RLIMIT_FSIZE) == (0, 0) and resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


def no_swap() -> bool:
    """Whether memory cannot be written to a swap device."""
    try:
        return len(Path("/proc/swaps").read_text(encoding="ascii").splitlines()) == 1
    except OSError:
        return False


def _set_undumpable() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def is_undumpable() -> bool:
    """Whether neither a core nor another process of this user can read our memory."""
    return sys.platform == "linux" and int(ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)) == 0
