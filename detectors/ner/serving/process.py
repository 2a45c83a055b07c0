"""Start, watch and stop the NER worker process; blocking calls, meant for start-up and for threads."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

LONGEST_PATH: Final = 103
"""Bytes of a Unix socket's path that every system takes."""


class WorkerError(Exception):
    """The worker cannot run. The text is one sentence for people."""


class WorkerProcess:
    """A child that serves one model on a private socket. It ends with us: its standard input is our pipe."""

    def __init__(self, model: str | Path, options: Sequence[str] = (), *, start_timeout: float = 120.0) -> None:
        self._model = model
        self._options = tuple(options)
        self._timeout = start_timeout
        self._folder: Path | None = None
        self._place: Path | None = None
        """Where it listened when it was started first."""
        self._process: subprocess.Popen[bytes] | None = None
        self.hello: dict[str, Any] = {}

    @property
    def socket(self) -> Path:
        if self._folder is None:
            raise WorkerError("the NER worker was not started")
        return self._folder / "ner.sock"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> dict[str, Any]:
        """Start and wait until it serves; returns what it says of itself. Raises WorkerError.

        Started again, it listens where it did before, so that clients in other processes find it."""
        before = self._place
        self.stop()
        if before is None:
            before = _place()
        else:
            _again(before)
        self._folder = self._place = before
        command = [
            sys.executable,
            "-m",
            "detectors.ner.serving.worker",
            "--model",
            str(self._model),
            "--socket",
            str(self.socket),
        ]
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [*command, *self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self.hello = self._wait_ready()
        except WorkerError:
            self.stop()
            raise
        return self.hello

    def _wait_ready(self) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdout is None or process.stderr is None:
            raise WorkerError("the NER worker was not started")
        out, errors = b"", b""
        until = time.monotonic() + self._timeout
        open_files: list[BinaryIO] = [process.stdout, process.stderr]  # type: ignore[list-item]
        while open_files:
            ready, _, _ = select.select(open_files, [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise WorkerError(f"the NER worker was not ready within {self._timeout:g} s; raise ner_start_timeout")
            for file in ready:
                chunk = os.read(file.fileno(), 65536)
                if not chunk:
                    open_files.remove(file)
                elif file is process.stdout:
                    out += chunk
                else:
                    errors = (errors + chunk)[-4000:]
            for line in out.split(b"\n")[:-1]:
                if line.startswith(b"ready "):
                    process.stderr.close()
                    return dict(orjson.loads(line[6:]))
        status = process.wait()
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        said = lines[-1] if status == 2 and lines else f"it ended with status {status}"
        raise WorkerError(f"the NER worker did not start: {said}")

    def stop(self, grace: float = 5.0) -> None:
        process, self._process = self._process, None
        if process is not None:
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
            process.terminate()
            try:
                process.wait(grace)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _place() -> Path:
    """A folder that only we can enter. Raises WorkerError."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="redline-ner-"))
    except OSError as error:
        raise WorkerError(
            f"no folder for its socket ({error.strerror}); set TMPDIR to one that can be written"
        ) from None
    if len(os.fsencode(folder / "ner.sock")) > LONGEST_PATH:
        folder.rmdir()
        raise WorkerError(f"{folder.parent}: too long a path for a socket; set TMPDIR to a shorter one")
    return folder


def _again(folder: Path) -> None:
    """The place of the worker before. Raises WorkerError where somebody has taken the name meanwhile."""
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise WorkerError(f"{folder}: {error.strerror}; remove it, or restart the gateway") from None
