"""Ports and polling."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(condition: Callable[[], object], seconds: float = 10) -> bool:
    """Poll until `condition()` is true; False at the deadline."""
    deadline = time.monotonic() + seconds
    breath = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        breath.wait(0.02)
    return True
