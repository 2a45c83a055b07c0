"""Named-entity recognition: any local token classifier, in a process of its own, or the built-in word lists.

detector = build("/models/bert-ner")       # starts a worker; raises NerError with one clear sentence
detector = build(None)                     # no model: detectors.names, and describe() says so
"""

from __future__ import annotations

import socket as sockets
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from detectors.types import Detector, Finding, Part

__all__ = ["DescribedDetector", "Finding", "NerError", "Part", "build"]


class NerError(Exception):
    """The model that was asked for cannot be used. The text is one sentence for people."""


class DescribedDetector(Detector, Protocol):
    """A Detector that says what really runs."""

    @property
    def entity_types(self) -> frozenset[str]: ...

    def describe(self) -> str: ...


def build(
    model: str | Path | None = None,
    device: str = "auto",
    *,
    socket: str | Path | None = None,
    timeout: float = 10.0,
    start_timeout: float = 120.0,
    threads: int = 1,
    min_score: float = 0.5,
    labels: Mapping[str, str] | None = None,
    options: Mapping[str, str | int | float] | None = None,
) -> DescribedDetector:
    """The NER detector; blocks until its worker serves. Raises NerError.

    model: a local Hugging Face token-classification folder; None: the built-in `NameDetector`.
    socket: connect to a worker that runs already (`python -m detectors.ner.worker`) instead of starting one.
    timeout: seconds for one `detect`. options: more of the worker's options, such as {"window": 512}.
    The result has `aclose()` where it holds a worker or a connection.
    """
    if socket is None and model is None:
        from detectors.names import NameDetector

        return NameDetector()
    from detectors.ner.client import NerDetector
    from detectors.ner.process import WorkerError, WorkerProcess

    if socket is not None:
        path = Path(socket)
        return NerDetector(_hello(path, start_timeout), path, None, timeout)
    arguments = {"device": device, "threads": threads, "min-score": min_score, **(options or {})}
    flags = [item for key, value in arguments.items() for item in (f"--{key.replace('_', '-')}", str(value))]
    if labels:
        import orjson

        flags += ["--labels", orjson.dumps(dict(labels)).decode()]
    process = WorkerProcess(Path(str(model)), flags, start_timeout=start_timeout)
    try:
        hello = process.start()
    except WorkerError as error:
        raise NerError(str(error)) from None
    return NerDetector(hello, None, process, timeout)


def _hello(path: Path, timeout: float) -> dict[str, Any]:
    """Ask a running worker who it is, over a blocking socket."""
    from detectors.ner import wire

    try:
        with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(wire.pack({"id": 0, "op": "hello"}))
            with connection.makefile("rb") as file:
                (size,) = wire.HEAD.unpack(file.read(wire.HEAD.size))
                return wire.unpack(file.read(size))
    except (OSError, wire.WireError, struct.error):
        raise NerError(f"{path}: no NER worker answers on this socket; start it, or leave ner.socket empty") from None
