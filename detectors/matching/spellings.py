"""The literals with which a pattern can begin, written out: `gh[pousr]_` is five of them. The finder likes literals."""

from __future__ import annotations

import importlib
import math
from typing import Any, Final

from detectors.matching.charsets import Charset
from detectors.matching.patterns import Flat, Pattern, first_characters, flatten
from detectors.matching.rarity import REPEATS, chance

_ops: Final[Any] = importlib.import_module("re._constants")
_VARIANTS: Final = 64
"""Spellings of one beginning that are written out."""
_LONGEST: Final = 8
"""Characters of a literal that matter."""
_SMALL: Final = 6
"""Members of a class that is written out."""

type Words = tuple[list[str], bool]
"""Beginnings, and True where they are the whole of what they begin; none where a wide class or an option begins it."""


def rarity(words: list[str]) -> float:
    return -math.log2(min(1.0, sum(math.prod(chance(ord(char)) for char in word) for word in words)))


def spellings(row: list[Flat]) -> list[str]:
    """All beginnings of what the row matches, as literals; empty where it begins with a wide class or an option."""
    words, _ = _expand(row)
    return [] if words == [""] else words


def _expand(row: list[Flat]) -> Words:
    """(beginnings, True: they are the whole row)."""
    words = [""]
    for item in row:
        choices, whole = _choices(item)
        if not choices or len(words) * len(choices) > _VARIANTS:
            return words, False
        words = list(dict.fromkeys(word + choice for word in words for choice in choices))
        if not whole or any(len(word) >= _LONGEST for word in words):
            return words, False
    return words, True


def _choices(item: Flat) -> Words:
    if item.op is _ops.BRANCH:
        return _branches(item)
    if item.op in REPEATS:
        return _rounds(item)
    chars = item.chars
    if chars.others or chars.ascii.bit_count() + len(chars.listed) > _SMALL:
        return [], False
    return [chr(code) for code in (*chars.members, *sorted(chars.listed))], True


def _rounds(item: Flat) -> Words:
    low, high, body = int(item.value[0]), int(item.value[1]), item.value[2]
    words, whole = _expand(flatten(body))
    if words == [""] or low == 0:
        return ([*words, ""], True) if words != [""] and whole and high == 1 else ([], False)
    if not whole or low > 4 or len(words) ** low > _VARIANTS:
        return words, False
    result = [""]
    for _ in range(low):
        result = [first + word for first in result for word in words]
    return result, low == high


def _branches(item: Flat) -> Words:
    result: list[str] = []
    complete = True
    for branch in item.value[1]:
        words, whole = _expand(flatten(branch))
        if "" in words:
            return [], False
        result += words
        complete = complete and whole
    # Many branches are many literals, which the finder likes; it is their product that must stay small.
    return list(dict.fromkeys(result)), complete


def beginnings(pattern: Pattern, most: int) -> list[Charset]:
    """Supersets of what the first characters of a match can be, one a place; at least one."""
    row = flatten(pattern.tree)
    words = spellings(row)
    size = min([len(word) for word in words] or [0])
    if size:
        return [_union({ord(word[place]) for word in words}) for place in range(min(size, most))]
    return [first_characters(pattern)]


def _union(codes: set[int]) -> Charset:
    return Charset(sum(1 << code for code in codes if code < 128), frozenset(code for code in codes if code >= 128))
