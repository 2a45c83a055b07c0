"""The word lists behind name detection; read once, on first use, from `detectors/data`.

Every file has the same form: lines of `CODE WORD WORD ...`. What a code means is said at each loader.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


def _lines(name: str) -> Iterator[tuple[str, list[str]]]:
    with (DATA / name).open(encoding="utf-8") as file:
        for line in file:
            code, *words = line.split()
            yield code, words


def _table(name: str) -> dict[str, str]:
    return {word: code for code, words in _lines(name) for word in words}


@functools.cache
def word_list(name: str) -> frozenset[str]:
    """A hand-written list of `lists.txt`: titles, organisation words and the like."""
    return frozenset(next(words for code, words in _lines("lists.txt") if code == name))


@functools.cache
def english_words() -> Mapping[str, str]:
    """Lower-case word -> four signs: first-name level, surname level, lower-case ratio (`-` unknown), frequency."""
    return _table("en_words.txt")


@functools.cache
def english_places() -> Mapping[str, str]:
    """Lower-case place, words joined by `_` -> `n` country, `r` region, `c` city."""
    return _table("en_places.txt")


@functools.cache
def chinese_words() -> Mapping[str, int]:
    """Word of two or three characters that is no name -> frequency level 2 to 9."""
    return {word: int(code) for word, code in _table("zh_words.txt").items()}


@functools.cache
def chinese_characters() -> Mapping[str, tuple[int, int, int, int]]:
    """Character -> how far it speaks for (surname, only, first, second given character): 0 never,
    5 neutral, 9 most."""
    found: dict[str, tuple[int, int, int, int]] = {}
    for code, words in _lines("zh_names.txt"):
        levels = (int(code[0]), int(code[1]), int(code[2]), int(code[3]))
        found.update((word, levels) for word in words if len(word) == 1)
    return found


@functools.cache
def compound_surnames() -> frozenset[str]:
    return frozenset(word for _, words in _lines("zh_names.txt") for word in words if len(word) == 2)


@functools.cache
def chinese_places() -> Mapping[str, str]:
    """Place -> `p` division with its suffix, `s` division without, `w` other place word."""
    return _table("zh_places.txt")
