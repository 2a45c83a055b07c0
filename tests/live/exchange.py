"""What the recording upstream keeps of a request, and how a test scripts its reply."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from .search import decode


@dataclass
class Recorded:
    """One request as it arrived, perhaps cut off."""

    method: str
    target: str = field(repr=False)
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytearray = field(default_factory=bytearray, repr=False)
    """Without its chunk framing, content encoding untouched."""
    complete: threading.Event = field(default_factory=threading.Event, repr=False)
    gone: threading.Event = field(default_factory=threading.Event, repr=False)
    """Set when the other side left before the reply was over."""

    @classmethod
    def of(cls, head: bytes) -> Recorded:
        line, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = line.split(" ", 2)
        pairs = (row.partition(":") for row in rest)
        return cls(method, target, [(name.strip().lower(), value.strip()) for name, _, value in pairs])

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def plain(self) -> bytes:
        """The body without its content encoding."""
        return decode(bytes(self.body), self.header("content-encoding"))

    @property
    def json(self) -> Any:
        return orjson.loads(self.plain)

    @property
    def text(self) -> str:
        return self.plain.decode()


@dataclass(frozen=True, slots=True)
class Pause:
    """Let the reader see the last piece alone. Paces the sender; nothing is asserted about time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Until:
    """Go on when the test says so (or at the deadline, so that a fault shows as a failed assertion)."""

    event: threading.Event
    seconds: float = 10


HANG: Final = object()
"""Say nothing more until the other side leaves."""
ABORT: Final = object()
"""Cut the connection in the middle of the body."""


@dataclass(frozen=True)
class Reply:
    """An answer, piece by piece."""

    steps: Sequence[Any] = (b"",)
    """bytes, `Pause`, `Until`, HANG or ABORT."""
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    chunked: bool = False
    closes: bool = False

    def head(self) -> bytes:
        rows = [f"HTTP/1.1 {self.status} Scripted", f"content-type: {self.content_type}"]
        rows += [f"{name}: {value}" for name, value in self.headers]
        if self.chunked:
            rows.append("transfer-encoding: chunked")
        else:
            rows.append(f"content-length: {sum(len(step) for step in self.steps if isinstance(step, bytes))}")
        if any(step in (HANG, ABORT) for step in self.steps if not isinstance(step, bytes)) and not self.chunked:
            rows[-1] = "content-length: 1000000"
        return ("\r\n".join(rows) + "\r\n\r\n").encode("latin-1")

    def frame(self, piece: bytes) -> bytes:
        if not self.chunked or not piece:
            return piece
        return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"

    def tail(self) -> bytes:
        return b"0\r\n\r\n" if self.chunked else b""


def whole(payload: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A JSON answer in one piece."""
    return Reply((orjson.dumps(payload),), status=status, headers=headers)


def streamed(events: Sequence[bytes], *between: Any) -> Reply:
    """Server-sent events, one piece each, with `between` after every piece but the last."""
    steps: list[Any] = []
    for event in events:
        steps += [event, *between]
    return Reply(steps[: len(steps) - len(between)], content_type="text/event-stream", chunked=True)


def split_at(stream: bytes, offsets: Sequence[int], pause: float = 0.001) -> Reply:
    """The same stream cut at `offsets` (bytes)."""
    bounds = [0, *offsets, len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(bounds) if a < b]
    return streamed(pieces, Pause(pause)) if pause else streamed(pieces)
