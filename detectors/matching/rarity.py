"""How rarely characters and items of a pattern are met, in bits: what makes a good anchor."""

from __future__ import annotations

import functools
import importlib
import math
from typing import Any, Final

from detectors.matching.charsets import Charset
from detectors.matching.patterns import Flat, flatten

_ops: Final[Any] = importlib.import_module("re._constants")
REPEATS: Final = (_ops.MAX_REPEAT, _ops.MIN_REPEAT, _ops.POSSESSIVE_REPEAT)
DIGIT_MASK: Final = sum(1 << code for code in range(48, 58))
_ROUNDS: Final = 32
"""Of a repeat, more do not count."""

_COMMON: Final = {" ": 0.14, "e": 0.08, "\n": 0.03, ".": 0.02, ",": 0.02, "-": 0.02, "_": 0.01, "/": 0.01, '"': 0.02}
_COMMON_LETTERS: Final = {**dict.fromkeys("taoinshr", 0.055), **dict.fromkeys("dlcumwfgypbv", 0.02)}


@functools.cache
def chance(code: int) -> float:
    """How often a character is met, roughly, over prose, code and data."""
    if code >= 128:
        return 0.0005
    char = chr(code)
    known = _COMMON.get(char, _COMMON_LETTERS.get(char))
    if known is not None:
        return known
    if char.isdigit():
        return 0.004
    return 0.0015 if char.isupper() else 0.004 if char.isalpha() else 0.005


@functools.lru_cache(maxsize=1 << 14)
def bits_of(chars: Charset, after_digit: bool) -> float:
    """Rarity of one position. A digit after a digit is no surprise."""
    digits = (chars.ascii & DIGIT_MASK).bit_count()
    if after_digit and digits and not chars.ascii & ~DIGIT_MASK:
        return -math.log2(0.6 * digits / 10)
    total = sum(chance(code) for code in chars.members) + len(chars.listed) * 0.0005
    total += 0.5 if chars.others else 0.0
    return max(0.0, -math.log2(min(total, 1.0))) if total else 16.0


def item_bits(item: Flat, after_digit: bool) -> float:
    if item.op in REPEATS:
        body = flatten(item.value[2])
        rounds = min(int(item.value[0]), _ROUNDS)
        later = sum(item_bits(other, after_digit=True) for other in body)
        first = sum(item_bits(other, after_digit and not place) for place, other in enumerate(body))
        return first + (rounds - 1) * later if rounds else 0.0
    if item.op is _ops.BRANCH:
        rows = [flatten(branch) for branch in item.value[1]]
        chance = sum(2.0 ** -sum(item_bits(other, after_digit) for other in row) for row in rows)
        return -math.log2(min(chance, 1.0))
    return bits_of(item.chars, after_digit)


def first_of(item: Flat) -> Charset:
    """What an anchor that begins with the item can begin with."""
    if item.op in REPEATS:
        return first_of(flatten(item.value[2])[0])
    if item.op is _ops.BRANCH:
        result = Charset()
        for branch in item.value[1]:
            result = result | first_of(flatten(branch)[0])
        return result
    return item.chars
