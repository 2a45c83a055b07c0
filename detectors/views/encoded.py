"""Base64 and hex runs that hold text. A finding inside one maps to the whole run: half a run cannot be rewritten."""

from __future__ import annotations

import binascii
import functools
import re
from collections.abc import Iterator
from typing import Final

from detectors.matching import runs
from detectors.views.view import Builder, View

_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})+)\Z")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_SPLIT: Final = re.compile(r"[A-Za-z0-9+]{15,}")
_WORDLIKE: Final = re.compile(r"(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]+(?:[_\-/][A-Z]?[a-z]+)*|[_\-/]+)\Z")
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_LINE: Final = re.compile(r"\r?\n[ \t]*\Z")
_WRAP: Final = 60
"""Characters of a line that may be one of several."""
_HEAD: Final = 12
"""Characters: nine bytes."""
_TEXT: Final = bytes(
    code
    for code in range(256)
    if 32 <= code < 127 or code in b"\t\n\r" or (128 <= code < 245 and code not in (192, 193))
)
"""Bytes of UTF-8 without control characters."""
_PAD: Final = "=" * 3


def decode(text: str, spans: list[runs.Span]) -> View | None:
    """spans: long runs of base64 characters, from left to right."""
    builder = Builder()
    for start, end in _blocks(text, spans):
        for low, high, decoded in _decoded(text, start, end):
            builder.add("\n", low, high)
            builder.add(decoded, low, high)
            builder.add("\n", low, high)
    return None if builder.empty else builder.view()


def _blocks(text: str, spans: list[runs.Span]) -> Iterator[runs.Span]:
    """Those that may say something, with the lines of a wrapped block joined. Most do not, which is asked first."""
    place, count = 0, len(spans)
    while place < count:
        start, end = spans[place]
        place += 1
        while end - start >= _WRAP and place < count and _wrapped(text, (start, end), spans[place][0]):
            end = spans[place][1]
            place += 1
        if _begins(text[start : start + 4]) or _SPLIT.search(text, start, end) is not None:
            yield start, end


def _wrapped(text: str, previous: tuple[int, int], start: int) -> bool:
    """Does the run at `start` go on the line before it, as MIME and PEM wrap?"""
    gap = text[previous[1] : start]
    if len(gap) > 8 or not _LINE.fullmatch(gap):
        return False
    line_start = text.rfind("\n", previous[0], previous[1]) + 1 or previous[0]
    return previous[1] - line_start >= _WRAP


def _decoded(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Ordinary text has many such runs, and hardly one that is encoded: the cheaper question first."""
    run = text[start:end]
    if not _readable(run):
        if not run.isalnum():
            return _pieces(text, run, start, end)
        plain = _hex(run)
    elif _WORDLIKE.match(run):
        return []
    else:
        plain = _hex(run)
        if plain is None:
            plain = _base64(run)
        if plain is None:
            return _pieces(text, run, start, end)
    return [] if plain is None else [(start, _padded_end(text, end), plain)]


def _pieces(text: str, run: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Of a path or a name, the parts that are encoded on their own."""
    pieces: list[tuple[int, int, str]] = []
    for piece in _SPLIT.finditer(run) if "/" in run or "_" in run or "-" in run else ():
        part = piece[0]
        plain = _base64(part) if _readable(part) and _WORDLIKE.match(part) is None else None
        if plain is not None:
            high = start + piece.end()
            pieces.append((start + piece.start(), _padded_end(text, high) if high == end else high, plain))
    return pieces


def _readable(run: str) -> bool:
    """Does its beginning decode to what text may begin with? Says no for nearly all that is no text, for little."""
    head = run[:_HEAD]
    return "\n" in head or "\r" in head or (_begins(head[:4]) and _bytes(head).translate(None, _TEXT) == b"")


@functools.lru_cache(maxsize=1 << 14)
def _begins(four: str) -> bool:
    """Four characters: what runs begin with repeats more than what they hold."""
    data = _bytes(four)
    return not 0x80 <= data[0] < 0xC0 and data.translate(None, _TEXT) == b""


def _bytes(head: str) -> bytes:
    return binascii.a2b_base64(head.encode().translate(_TO_STANDARD))


def _padded_end(text: str, end: int) -> int:
    while end < len(text) and text[end] == "=":
        end += 1
    return end


def _hex(run: str) -> str | None:
    match = _HEX.match(run)
    return _text(bytes.fromhex(match[1])) if match else None


def _base64(run: str) -> str | None:
    packed = "".join(run.split()) if "\n" in run else run
    if len(packed) % 4 == 1:
        return None
    try:
        data = binascii.a2b_base64((packed + _PAD[: -len(packed) % 4]).encode().translate(_TO_STANDARD))
    except (binascii.Error, ValueError):
        return None
    return _text(data)


def _text(data: bytes) -> str | None:
    """Text, if it is UTF-8 without control characters, and long enough to hold a value."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if len(text) < 6 or _CONTROL.search(text) else text
