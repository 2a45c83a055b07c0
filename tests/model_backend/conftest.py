"""One real server for the whole session: the committed demo model on a private Unix socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Server:
    """A running `python -m model_backend serve`."""

    uds: Path
    ready: str
    log: Path


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="redline-model-") as folder:
        uds, log = Path(folder, "private", "model.sock"), Path(folder, "stderr")
        command = [sys.executable, "-m", "model_backend", "serve", "--uds", str(uds)]
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stderr, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
            )
        assert process.stdout is not None
        with process, process.stdout as stdout:
            ready = stdout.readline()
            assert ready.startswith("ready "), log.read_text()
            yield Server(uds, ready, log)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        assert not uds.exists()
