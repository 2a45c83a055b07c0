"""Words that may stand right before or right behind a place: a dictionary asked for slices, longest first.

The cost of a question is bounded by the longest word, whatever the number of words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

REACH: Final = 48
"""Characters that are looked at on either side."""


class Phrases[T]:
    """Lower-case words → what they mean. Latin words count as whole words, Han words wherever they end or begin."""

    def __init__(self, words: Iterable[tuple[str, T]]) -> None:
        self._table = dict(words)
        self._by_last = _lengths((word[-1], len(word)) for word in self._table)
        self._by_first = _lengths((word[0], len(word)) for word in self._table)

    def __len__(self) -> int:
        return len(self._table)

    def words(self) -> Iterable[str]:
        return self._table.keys()

    def get(self, word: str) -> T | None:
        return self._table.get(word)

    def ending(self, text: str, at: int) -> tuple[int, T] | None:
        """The longest word that ends at `at`: where it begins, and its meaning. `text` is lower case."""
        for length in self._by_last.get(text[at - 1 : at], ()):
            start = at - length
            if start >= 0:
                found = self._table.get(text[start:at])
                if found is not None and not (start and joined(text[start - 1], text[start])):
                    return start, found
        return None

    def beginning(self, text: str, at: int) -> tuple[int, T] | None:
        """The longest word that begins at `at`: where it ends, and its meaning."""
        size = len(text)
        for length in self._by_first.get(text[at : at + 1], ()):
            end = at + length
            if end <= size:
                found = self._table.get(text[at:end])
                if found is not None and not (end < size and joined(text[end - 1], text[end])):
                    return end, found
        return None


def _lengths(pairs: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """Character → lengths of the words that have it at that end, longest first."""
    found: dict[str, set[int]] = {}
    for char, length in pairs:
        found.setdefault(char, set()).add(length)
    return {char: tuple(sorted(some, reverse=True)) for char, some in found.items()}


def joined(left: str, right: str) -> bool:
    """Two characters of one word of an alphabet: between them no word begins or ends."""
    return wordly(left) and wordly(right)


def wordly(char: str) -> bool:
    """A letter or digit of a script whose letters are not words themselves."""
    return char.isalnum() and not "\u2e80" <= char <= "\u9fff" and not "\uf900" <= char <= "\ufaff"


def lowered(text: str) -> str:
    """Lower case of the same length, `_` and other blanks as spaces."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    for blank in _BLANKS:
        low = low.replace(blank, " ")
    return low.replace("’", "'")


_BLANKS: Final = ("_", "\t", "\u00a0", "\u3000")
