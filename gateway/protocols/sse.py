"""Server-sent events as bytes: framing and the fields of one event. No I/O.

After https://html.spec.whatwg.org/multipage/server-sent-events.html, with two differences: bytes that are no
UTF-8 are an error, and every byte (comments, ids, line ends) is kept so that it can be sent on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import ContentError
from gateway.protocols.wire.cuts import plain, units
from gateway.protocols.wire.parts import Leaf, Source

EVENT_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of one event."""

_BLANK: Final = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_FIRST_END: Final = re.compile(rb"\r\n|\n|\r")
_BETWEEN: Final = re.compile(
    r"(?>\r\n|\n|\r)"
    r"(?:(?!data(?:[:\r\n]|\Z))[^\r\n]*+(?>\r\n|\n|\r))*+"  # lines of other fields
    r"data(?:: ?|(?=[\r\n]|\Z))"
)
"""What stands between two data lines, and counts as one line feed."""
_NAMES: Final = frozenset({"event", "id", "retry", ""})


class Framer:
    """Cuts a byte stream into events, blank line included. Concatenating all that comes out gives the input."""

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self._limit = limit

    def feed(self, chunk: bytes) -> list[bytes]:
        """Whole events. Raises ContentError("invalid_stream") where one grows beyond the limit."""
        self._buffer += chunk
        events = list(self._cut())
        if len(self._buffer) > self._limit:
            raise ContentError("invalid_stream", "event too large")
        return events

    def finish(self) -> bytes:
        """What is left: an event without its blank line, or nothing."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def _cut(self) -> Iterator[bytes]:
        buffer = self._buffer
        start = 0
        while (end := self._event_end(start)) is not None:
            yield bytes(buffer[start:end])
            start = end
        if start:
            del buffer[:start]
            self._scanned = 0

    def _event_end(self, start: int) -> int | None:
        buffer = self._buffer
        first = _FIRST_END.match(buffer, start)
        match = first or _BLANK.search(buffer, max(start, self._scanned))
        if match is None:
            self._scanned = max(start, len(buffer) - 3)
            return None
        if match.end() == len(buffer) and buffer[-1:] == b"\r":
            return None  # a line feed may follow, and belongs to it
        self._scanned = match.end()
        return match.end()


@dataclass(frozen=True, slots=True)
class Event:
    """One event as text. `data` is None where it has none."""

    source: Source = field(repr=False)
    name: str = field(repr=False)
    data: str | None = field(repr=False)
    leaf: Leaf | None = field(repr=False)
    """Where `data` lies in `source`."""
    others: tuple[tuple[int, int], ...] = ()
    """Spans of what the other lines say: comments, ids, event names, unknown fields whole."""


def parse(raw: bytes) -> Event:
    """The fields of one framed event. Raises ContentError("invalid_stream") where it is no UTF-8."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise ContentError("invalid_stream", "not UTF-8") from None
    return parse_text(text)


def parse_text(text: str, within: Leaf | None = None) -> Event:
    """`within`: the leaf that `text` is, where it is part of a larger text."""
    name = ""
    spans: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for start, end in _lines(text):
        field_name, value = _field(text, start, end)
        if field_name == "data":
            spans.append((value, end))
            continue
        if field_name == "event":
            name = text[value:end]
        if (shown := value if field_name in _NAMES else start) < end:
            others.append((shown, end))
    source = Source(text, within)
    if not spans:
        return Event(source, name, None, None, tuple(others))
    first, last = spans[0][0], spans[-1][1]
    data = "\n".join(text[start:end] for start, end in spans)
    return Event(source, name, data, (source, first, last, plain if len(spans) == 1 else _data_lines), tuple(others))


def render(name: str, data: str) -> bytes:
    """An event of ours; `data` is one line."""
    return (f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n").encode()


_data_lines: Final = units(_BETWEEN)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 1 if text.startswith("\ufeff") else 0
    for match in _LINE_END.finditer(text, start):
        yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _field(text: str, start: int, end: int) -> tuple[str, int]:
    """Name of the field and where its value begins. A line without a colon is a name with an empty value."""
    colon = text.find(":", start, end)
    if colon < 0:
        return text[start:end], end
    value = colon + 1
    return text[start:colon], value + text.startswith(" ", value, end)
