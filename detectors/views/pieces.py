"""Numbers in pieces, however they were cut (`110105 19491231002X`, `138,0013,8000`, a line break in a card), and those
with letters for digits, as text from scans has them.

Only rules that say `spaced: true` are asked. One whose shortest value has `CERTAIN` characters has a check character, a
date and a province to go by, so any neighbouring pieces may be its number. For the others, which one number in ten is
by chance, the pieces must stand alone, and two or three need a word beside them that says what they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from detectors.views.spaced import LEAST, MOST, SEPARATORS

CERTAIN: Final = 17
FEW: Final = (2, 3)
PIECES: Final = "pieces"
LETTERS: Final = "letters"
_MARKS: Final = r" \t\r\n.,\-_/*|()\\"
_GAP: Final = rf"[{_MARKS}]{{1,6}}"
_WIDEST_GAP: Final = 6
_MOST_PIECES: Final = 6
_LEAST_OF_PIECE: Final = 3
_BEHIND, _AHEAD = 160, 640
"""Code points looked at before and after an event."""
_OVERLAP: Final = 64
"""The longest number with its gaps."""
_DIGITS: Final = re.compile(r"[0-9]+")
_STOP: Final = re.compile(rf"[^0-9{_MARKS}]")
_MIXED: Final = re.compile(r"(?<![0-9A-Za-z])[0-9][0-9OoIl]{9,17}[0-9OoIlXx](?![0-9A-Za-z])")
_MEANT: Final = str.maketrans("OoIl", "0011")
_KNOWN: Final = frozenset(SEPARATORS)

EXPRESSIONS: Final = (
    (PIECES, rf"(?:^|[^0-9])[0-9]{{3,10}}{_GAP}(?:[0-9]{{3,6}}{_GAP}[0-9]{{2}}|[0-9]{{7}})"),
    (PIECES, rf"(?:^|[^0-9])[0-9]{{7,10}}{_GAP}[0-9]{{4}}"),
    (PIECES, rf"(?:^|[^0-9])[0-9]{{11,17}}{_GAP}[0-9Xx]"),
    (PIECES, rf"(?:^|[^0-9])[0-9]{{1,2}}{_GAP}[0-9]{{15}}"),
    (LETTERS, r"(?:^|[^0-9A-Za-z])[0-9]{1,17}[OoIl][0-9OoIlXx]{1,17}(?:[^0-9A-Za-z]|\z)"),
)
"""For the finder: (name, expression). Pieces of three digits and more; one digit or two only where they begin."""


type Group = tuple[int, int]


class Number(NamedTuple):
    start: int
    end: int
    text: str
    """Without what stood between the digits."""
    pieces: int
    alone: bool
    """No other piece stands beside it."""


def numbers(text: str, ends: Sequence[int], sizes: Collection[int]) -> Iterator[Number]:
    """ends: where a `PIECES` expression ends, ascending. sizes: characters of the shortest value of each rule; those
    of `CERTAIN` and more may stand among other numbers.

    Each piece is looked at a bounded number of times."""
    done = 0
    for end in ends:
        if end <= done:
            continue
        at = end - 1  # the event may hold an X, which is no digit
        low = max(done, at - _BEHIND)
        edge = _STOP.search(text[low:at][::-1])
        beyond = _STOP.search(text, at, at + _AHEAD)
        start = low if edge is None else at - edge.start()
        stop = min(len(text), at + _AHEAD) if beyond is None else beyond.start()
        last = beyond is not None or stop == len(text)
        alone = last and (edge is not None or low == 0)
        done = stop if last else max(end, stop - _OVERLAP)
        groups = [group.span() for group in _DIGITS.finditer(text, start, stop)]
        if not alone:
            _cut(text, groups, start, stop)
        if alone and 2 <= len(groups) <= _MOST_PIECES:
            yield from _alone(text, groups)
        if len(groups) > 1 and stop - start > CERTAIN:
            yield from _among(text, groups, sizes)


def every_number(text: str, sizes: Collection[int]) -> Iterator[Number]:
    """As `numbers` and `misread`, without a finder."""
    yield from numbers(text, [group.end() for group in _DIGITS.finditer(text)], sizes)
    yield from misread(text, [mixed.end() for mixed in _MIXED.finditer(text)])


def misread(text: str, ends: Sequence[int]) -> Iterator[Number]:
    """Numbers with `O`, `o`, `I` or `l` for 0 or 1. ends: where the `LETTERS` expression ends."""
    for end in ends:
        mixed = _MIXED.search(text, max(0, end - MOST), end + 1)
        if mixed is not None and mixed[0] != mixed[0].translate(_MEANT):
            yield Number(mixed.start(), mixed.end(), mixed[0].translate(_MEANT), 1, alone=True)


def _cut(text: str, groups: list[Group], low: int, high: int) -> None:
    """Leaves out what the edges of the part that is looked at have cut."""
    if groups and groups[0][0] == low and text[low - 1 : low].isdecimal():
        del groups[0]
    if groups and groups[-1][1] == high and text[high : high + 1].isdecimal():
        del groups[-1]


def _alone(text: str, groups: list[Group]) -> Iterator[Number]:
    digits = sum([high - low for low, high in groups])
    few = len(groups) == 2
    if digits + 1 >= LEAST and digits <= MOST and (few or min([b - a for a, b in groups]) >= _LEAST_OF_PIECE):
        gaps = {text[before[1] : after[0]] for before, after in pairwise(groups)}
        # With one kind of separator it is read by detectors.views.spaced, which judges for itself.
        number = None if not few and len(gaps) == 1 and gaps <= _KNOWN else _number(text, groups)
        if number is not None:
            yield number._replace(alone=True)


def _among(text: str, groups: list[Group], sizes: Collection[int]) -> Iterator[Number]:
    for first in range(len(groups) - 1):
        digits = groups[first][1] - groups[first][0]
        for place in range(first + 1, min(first + _MOST_PIECES, len(groups))):
            digits += groups[place][1] - groups[place][0]
            if digits >= CERTAIN:
                if digits in sizes or digits + 1 in sizes:
                    number = _number(text, groups[first : place + 1])
                    if number is not None and len(number.text) in sizes:
                        yield number
                if digits >= MOST:
                    break


def _number(text: str, groups: list[Group]) -> Number | None:
    if any(after[0] - before[1] > _WIDEST_GAP for before, after in pairwise(groups)):
        return None
    start, end = groups[0][0], groups[-1][1]
    number = "".join([text[low:high] for low, high in groups])
    if text[end : end + 1] in ("X", "x"):
        number, end = number + text[end], end + 1
    if not LEAST <= len(number) <= MOST or _touches(text, start - 1) or _touches(text, end):
        return None
    return Number(start, end, number, len(groups), alone=False)


def _touches(text: str, place: int) -> bool:
    char = text[place] if 0 <= place < len(text) else ""
    return char.isascii() and char.isalnum()
