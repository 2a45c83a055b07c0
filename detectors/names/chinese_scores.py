"""The sums of `chinese.start_features` and `chinese.end_features`, without building their texts.

Rule for the next editor: the very same weights, added in the very same order. A test compares the two on every
candidate that it can think of, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from detectors.names.lexicon import chinese_characters, chinese_places, chinese_words
from detectors.names.linear import LinearModel

_LEVELS: Final = range(10)
_NONE: Final = (0, 0, 0, 0)

type Weight = Callable[[str, float], float]


def kind(c: str) -> str:
    """A neighbour: Han and signs as they are, digits and letters by kind."""
    if "\u4e00" <= c <= "\u9fff":
        return c
    if c.isdigit():
        return "9"
    if c.isascii() and c.isalpha():
        return "a"
    return "_" if c.isspace() else c


class _Form:
    """Tables for names of one form: a surname of `size` and a given name of `length` characters."""

    def __init__(self, get: Weight, size: int, length: int) -> None:
        n = self.name = f"{size}{length}"
        self.word = [get(f"W{level}{n}", 0.0) for level in _LEVELS]
        self.last = [get(f"r{level}{n}", 0.0) for level in _LEVELS]
        self.following = [get(f"x{level}{n}", 0.0) for level in range(7)]
        self.fit = {(level, g): _fit(get, n, level, g) for level in _LEVELS for g in _grades(length)}
        """(surname level, levels of the given characters) → the first four features."""


def _grades(length: int) -> list[str]:
    return [f"{one}" for one in _LEVELS] if length == 1 else [f"{one}{two}" for one in _LEVELS for two in _LEVELS]


def _fit(get: Weight, n: str, level: int, g: str) -> float:
    return get(f"n{n}", 0.0) + get(f"l{level}{n}", 0.0) + get(f"g{n}{g}", 0.0) + get(f"lg{level}{min(g)}{n}", 0.0)


class ChineseScores:
    def __init__(self, model: LinearModel, title: Callable[[str, int], object]) -> None:
        """`title`: whether a title begins at an offset."""
        weights: Mapping[str, float] = {feature: first for feature, (first, _, _) in model.weights.items()}
        get = self._get = weights.get
        self._title = title
        self._words, self._places, self._characters = chinese_words(), chinese_places(), chinese_characters()
        self._level = [get(f"l{level}", 0.0) for level in _LEVELS]
        self._left = [get(f"L{left}", 0.0) for left in _LEVELS]
        self._level_left = [[get(f"l{level}L{left}", 0.0) for left in _LEVELS] for level in _LEVELS]
        self._inside = [[get(f"i{word}{size}", 0.0) for word in _LEVELS] for size in range(3)]
        self._given_word = [get(f"v{word}", 0.0) for word in _LEVELS]
        self._given_over = [get(f"v-{word}", 0.0) for word in _LEVELS]
        self._across = [get(f"t{word}", 0.0) for word in _LEVELS]
        self._titled, self._untitled = get("T", 0.0), get("T-", 0.0)
        self._place, self._no_place = get("P", 0.0), get("P-", 0.0)
        self._forms = [[_Form(get, size, length) for length in (1, 2)] for size in (1, 2)]

    def start(self, t: str, start: int, size: int, level: int) -> float:
        get, word = self._get, self._words.get
        left = max(word(t[start - 1 : start + 1], 0), word(t[start - 2 : start + 1], 0))
        before = kind(t[start - 1])
        return (
            get("s" + t[start : start + size], 0.0) + self._level[level] + self._left[left]
            + self._level_left[level][left] + get("b" + before, 0.0) + get(f"b{before}{level}", 0.0)
            + get(f"bb{kind(t[start - 2])}{before}", 0.0) + self._inside[size][word(t[start : start + 2], 0)]
        )  # fmt: skip

    def end(self, t: str, start: int, size: int, level: int, end: int) -> float:
        get, word, levels = self._get, self._words.get, self._characters.get
        given = t[start + size : end]
        whole = t[start:end]
        if end - start - size == 1:
            form = self._forms[size - 1][0]
            grade = str(levels(given, _NONE)[1])
            length, overlap = "1", self._given_over[word(t[start + 1 : end + 1], 0)]
        else:
            form = self._forms[size - 1][1]
            grade = f"{levels(given[0], _NONE)[2]}{levels(given[1], _NONE)[3]}"
            length, overlap = "2", self._given_word[word(given, 0)]
        following = max(word(t[end : end + 2], 0), word(t[end : end + 3], 0))
        after = kind(t[end])
        places = self._places
        return (
            form.fit[level, grade] + form.word[word(whole, 0)] + form.last[word(t[end - 1 : end + 1], 0)]
            + form.following[min(following, 6)] + overlap + self._across[word(t[end - 2 : end + 1], 0)]
            + get("a" + after, 0.0) + get(f"a{after}{form.name}", 0.0) + get(f"aa{after}{kind(t[end + 1])}", 0.0)
            + get(f"e{given[-1]}{length}", 0.0) + get(f"c{given[0]}{length}", 0.0)
            + (self._untitled if self._title(t, end) is None else self._titled)
            + (self._place if whole[:2] in places or whole in places else self._no_place)
        )  # fmt: skip
