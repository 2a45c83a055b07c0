"""Base64 and hex runs that hold text. A finding inside one maps to the whole run: half a run cannot be rewritten."""

from __future__ import annotations

import binascii
import re
from typing import Final

from detectors.views import Builder, View

_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/_\-]")
_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})+)\Z")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_SPLIT: Final = re.compile(r"[A-Za-z0-9+]{15,}")
_WORDLIKE: Final = re.compile(r"(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]+(?:[_\-/][A-Z]?[a-z]+)*|[_\-/]+)\Z")
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_LINE: Final = re.compile(r"\r?\n[ \t]*\Z")
_BLOCK: Final = 96
_PAD: Final = "=" * 3


def decode_runs(text: str, ends: list[int], shortest: int) -> View | None:
    """ends: where runs of base64 characters end, or one character later; ascending."""
    builder = Builder()
    done = 0
    for start, end in _runs(text, ends, shortest):
        if start < done:
            continue
        for low, high, decoded in _decoded(text, start, end):
            builder.add("\n", low, high)
            builder.add(decoded, low, high)
            builder.add("\n", low, high)
        done = end
    return None if builder.empty else builder.view()


def _runs(text: str, ends: list[int], shortest: int) -> list[tuple[int, int]]:
    """The runs as spans; lines of one wrapped block joined."""
    result: list[tuple[int, int]] = []
    for place in ends:
        end = place if place == len(text) and not _NOT_BASE64.match(text, place - 1) else place - 1
        floor = result[-1][1] if result else 0
        start = _run_start(text, end, floor)
        if end - start < shortest:
            continue
        if result and _wrapped(text, result[-1], start):
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def _run_start(text: str, end: int, floor: int) -> int:
    low = end
    while low > floor:
        block = text[max(floor, low - _BLOCK) : low][::-1]
        stop = _NOT_BASE64.search(block)
        if stop is not None:
            return low - stop.start()
        low -= len(block)
    return max(low, floor)


def _wrapped(text: str, previous: tuple[int, int], start: int) -> bool:
    """Does the run at `start` go on the line before it, as MIME and PEM wrap?"""
    gap = text[previous[1] : start]
    if len(gap) > 8 or not _LINE.fullmatch(gap):
        return False
    line_start = text.rfind("\n", previous[0], previous[1]) + 1 or previous[0]
    return previous[1] - line_start >= 60


def _decoded(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    run = text[start:end]
    if _WORDLIKE.match(run):
        return []
    plain = _hex(run)
    if plain is None:
        plain = _base64(run)
    if plain is not None:
        return [(start, _padded_end(text, end), plain)]
    pieces = []
    for piece in _SPLIT.finditer(run) if "/" in run or "_" in run or "-" in run else ():
        plain = None if _WORDLIKE.match(piece[0]) else _base64(piece[0])
        if plain is not None:
            high = start + piece.end()
            pieces.append((start + piece.start(), _padded_end(text, high) if high == end else high, plain))
    return pieces


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
