"""Named-entity recognition: any local model, in a process of its own, or the built-in word lists.

detector = build("/models/bert-ner")       # starts a worker; raises NerError with one clear sentence
detector = build("auto")                   # the embedded model; where it is not installed, detectors.names
detector = build(None)                     # no model: detectors.names, and describe() says so
"""

from __future__ import annotations

import socket as sockets
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from detectors.types import Detector, Finding, Part

__all__ = ["DescribedDetector", "Finding", "NerError", "Part", "build", "worker_flags"]


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
    sha256: str = "",
    options: Mapping[str, object] | None = None,
) -> DescribedDetector:
    """The NER detector; blocks until its worker serves. Raises NerError.

    model: as `detectors.ner.models.choice.choose` reads it; None or `names`: the built-in `NameDetector`.
    socket: connect to a worker that runs already (`python -m detectors.ner.serving.worker`) instead of starting one.
    timeout: seconds for one `detect`. sha256: the hash that the model must have.
    options: more of the worker's options, such as {"threads": 2, "window": 512, "labels": {"PER": "PERSON"}}.
    The result has `aclose()` where it holds a worker or a connection.
    """
    from detectors.ner.models.choice import choose
    from detectors.ner.runtime import ProfileError
    from detectors.ner.serving.process import WorkerError, WorkerProcess

    if socket is not None:
        from detectors.ner.serving.client import NerDetector

        path = Path(socket)
        return NerDetector(_hello(path, start_timeout), path, None, timeout)
    try:
        choice = choose("names" if model is None else model)
    except ProfileError as error:
        raise NerError(str(error)) from None
    if choice.folder is None:
        if choice.kind == "off":
            raise NerError("ner_model is off: there is no detector to build")
        from detectors.names import NameDetector

        return NameDetector()
    from detectors.ner.serving.client import NerDetector

    flags = worker_flags(device, sha256, options or {})
    process = WorkerProcess(choice.folder, flags, start_timeout=start_timeout)
    try:
        hello = process.start()
    except WorkerError as error:
        raise NerError(str(error)) from None
    return NerDetector(hello, None, process, timeout)


def worker_flags(device: str = "auto", sha256: str = "", options: Mapping[str, object] | None = None) -> list[str]:
    """Command line of `detectors.ner.serving.worker`; what is None or empty is left to the model."""
    import orjson

    given: dict[str, object] = {"device": device, "sha256": sha256, **(options or {})}
    flags: list[str] = []
    for key, value in given.items():
        name = f"--{key.replace('_', '-')}"
        if value is True:
            flags.append(name)
        elif value is not None and value is not False and value not in ("", {}):
            flags += [name, orjson.dumps(value).decode() if isinstance(value, Mapping) else str(value)]
    return flags


def _hello(path: Path, timeout: float) -> dict[str, Any]:
    """Ask a running worker who it is, over a blocking socket."""
    from detectors.ner.serving import wire

    try:
        with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(wire.pack({"id": 0, "op": "hello"}))
            with connection.makefile("rb") as file:
                (size,) = wire.HEAD.unpack(file.read(wire.HEAD.size))
                return wire.unpack(file.read(size))
    except (OSError, wire.WireError, struct.error):
        raise NerError(f"{path}: no NER worker answers on this socket; start it, or leave the socket empty") from None
