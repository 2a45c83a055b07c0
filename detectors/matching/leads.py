"""An anchor, and how it goes on to the right from the item of a pattern with which it begins."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Final

from detectors.matching.patterns import Flat, flatten
from detectors.matching.rarity import DIGIT_MASK, REPEATS

_ops: Final[Any] = importlib.import_module("re._constants")

TAIL: Final = 16
"""A repeat at the right end is followed so far; at least so many rounds make an event rare."""
LOOSE: Final = 64
"""A repeat that varies by more ends the anchor before it."""
_MOST: Final = 160
"""Code points that an anchor may span: beyond, it is rare enough, and the finder's automaton only grows."""


@dataclass(frozen=True, slots=True)
class Anchor:
    expression: str
    ignore_case: bool
    lead_min: int
    lead_max: int
    """From the beginning of a match to the end of the anchor, in code points; without the `tail`."""
    bits: float
    tail: bool = False
    """True: an event ends one character after that, unless the text ends there."""
    lane: str = "class"
    """Expressions of one lane are compiled together: `literal`, `digits`, `capitals`, `class`, or `run`."""
    cut: int = 0
    """Index of the item of `flatten(tree)` with which the anchor begins."""
    run: tuple[int, int] | None = None
    """Each match holds a long run of base64 characters (`runs`), and at most so much before and behind it."""


def led(
    row: list[Flat],
    start: int,
    bits: float,
    before: str = "",
    *,
    shape: bool = False,
    whole: bool = False,
    complete: bool = False,
) -> Anchor:
    """The anchor that begins with the item `start`.

    whole: with all of its rounds, because a guard stands before it; else with the last ones that it must have.
    complete: the last item is held with all of its rounds, because a guard stands behind it.
    shape: which digits does not matter. So rules share their shapes, and the automaton of all shapes stays small."""
    low = sum(item.width[0] for item in row[:start])
    high = sum(item.width[1] for item in row[:start])
    parts: list[str] = [before]
    stop = last(row, start)
    digits = _Run()
    for place in range(start, stop + 1):
        item = row[place]
        least, most = item.width
        if shape and is_digits(item):
            most = most if place < stop or complete else least
            digits.add(least, most)
            low, high = low + least, high + most
            continue
        parts.append(digits.close())
        if item.op in REPEATS and place == stop:
            rounds = _end_rounds(item)
            least, most = (width * rounds for width in item.value[2].getwidth())
            parts.append(_rounds(item, rounds))
        elif item.op in REPEATS and place == start and not whole:
            parts.append(_rounds(item, int(item.value[0])))  # its last rounds; those before are part of the lead
        else:
            parts.append(serialise([item]))
        low, high = low + least, high + most
    return Anchor("".join([*parts, digits.close()]), False, low, high, bits, cut=start)


@dataclass(slots=True)
class _Run:
    """Neighbouring digits, put together."""

    low: int = 0
    high: int = 0

    def add(self, low: int, high: int) -> None:
        self.low, self.high = self.low + low, self.high + high

    def close(self) -> str:
        low, high = self.low, self.high
        self.low = self.high = 0
        if not high:
            return ""
        return f"[0-9]{{{low}}}" if low == high else f"[0-9]{{{low},{high}}}"


def last(row: list[Flat], start: int) -> int:
    """The item with which the anchor ends: mandatory, and nothing before it varies too much."""
    found = start
    spanned = 0
    for place in range(start, len(row)):
        item = row[place]
        if item.width[0] > 0:
            found = place
        if item.op in REPEATS and int(item.value[0]) > TAIL:
            break
        if item.width[1] - item.width[0] > LOOSE:
            break
        spanned += item.width[1]
        if spanned > _MOST:
            break
    return found


def _end_rounds(item: Flat) -> int:
    return max(1, min(int(item.value[0]), TAIL))


def _rounds(item: Flat, count: int) -> str:
    return _times(serialise(flatten(item.value[2])), count)


def _times(single: str, count: int) -> str:
    return f"(?:{single})" if count == 1 else f"(?:{single}){{{count}}}"


def is_digits(item: Flat) -> bool:
    chars = item.chars
    return bool(chars.ascii) and not (chars.ascii & ~DIGIT_MASK or chars.listed or chars.others)


def serialise(row: list[Flat]) -> str:
    """A byte-mode expression that matches at least what the items match."""
    parts: list[str] = []
    for item in row:
        if item.op in REPEATS:
            low, high, body = item.value
            parts.append(f"(?:{serialise(flatten(body))}){{{int(low)},{int(high)}}}")
        elif item.op is _ops.BRANCH:
            parts.append(f"(?:{'|'.join(serialise(flatten(branch)) for branch in item.value[1])})")
        else:
            parts.append(item.chars.expression())
    return "".join(parts)
