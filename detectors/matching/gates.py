"""Rules that find nothing without a word beside the value: where no such word stands in the text, their candidates
cost nothing. A log holds a date in each line, and hardly ever the word `born`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from detectors.matching.finder import CASELESS, Expression, Finder, Offsets

REACH: Final = 256
"""Code points: more than a context window is wide, with the longest word in it."""

type Words = tuple[str, ...]
"""Lower case."""


class Gates:
    """Where the words of each set stand. Immutable; safe to use from many threads."""

    def __init__(self, sets: Sequence[Words]) -> None:
        places: dict[Expression, list[int]] = {}
        for number, words in enumerate(sets):
            for word in words:
                places.setdefault((_expression(word), CASELESS), []).append(number)
        self._owners = list(places.values())
        self._finder = Finder(list(places))

    def ask(self, offsets: Offsets) -> dict[int, list[int]]:
        """Set → where its words end, ascending."""
        found: dict[int, list[int]] = {}
        for expression, ends in offsets.ends(self._finder).items():
            for number in self._owners[expression]:
                found.setdefault(number, []).extend(ends)
        for ends in found.values():
            ends.sort()
        return found


def near(ends: list[int], words: list[int], lead: int) -> list[int]:
    """The candidates that may have one of the words beside them. lead: how long before its end a candidate begins."""
    size = len(words)
    kept = []
    for end in ends:
        place = bisect_left(words, end - lead - REACH)
        if place < size and words[place] <= end + lead + REACH:
            kept.append(end)
    return kept


def _expression(word: str) -> str:
    parts = []
    for char in word:
        forms = dict.fromkeys((char, char.upper() if len(char.upper()) == 1 else char))
        spelled = ["".join(f"\\x{byte:02x}" for byte in form.encode()) for form in forms]
        parts.append(spelled[0] if char.isascii() or len(spelled) == 1 else f"(?:{'|'.join(spelled)})")
    return "".join(parts)
