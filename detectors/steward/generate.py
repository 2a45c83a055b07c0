"""Strings that a pattern matches, and near misses of them: for skeletons, imports and lint. Deterministic."""

from __future__ import annotations

import importlib
import random
import string
from functools import lru_cache
from typing import Any, Final

from detectors.matching.patterns import Pattern

_ops: Final[Any] = importlib.import_module("re._constants")
_REPEATS: Final = (_ops.MAX_REPEAT, _ops.MIN_REPEAT, _ops.POSSESSIVE_REPEAT)
_LETTERS: Final = string.ascii_letters + string.digits
_ANY: Final = _LETTERS + "-_.:/ "
_CATEGORIES: Final = {
    _ops.CATEGORY_DIGIT: string.digits,
    _ops.CATEGORY_WORD: _LETTERS,
    _ops.CATEGORY_SPACE: " ",
    _ops.CATEGORY_NOT_DIGIT: string.ascii_letters,
    _ops.CATEGORY_NOT_WORD: "-.:",
    _ops.CATEGORY_NOT_SPACE: _LETTERS,
}
_MORE: Final = 2
"""Rounds beyond the least that a repeat is given, at most."""


def samples(pattern: Pattern, count: int, seed: int = 1) -> list[str]:
    """Distinct where the pattern allows it."""
    dice = random.Random(seed)  # noqa: S311 - examples, not keys
    tree = pattern.tree
    found: dict[str, None] = {}
    for _ in range(count * 4):
        found[_sequence(tree, dice)] = None
        if len(found) == count:
            break
    return list(found)


def near_misses(value: str) -> list[tuple[str, str]]:
    """(text, why) of things that look like the value and should not be found."""
    return [
        (value[: len(value) // 2], "cut in the middle"),
        (value[1:], "its beginning is missing"),
        (value[:-1], "one character short"),
        (f"x{value}x", "a piece of a longer word"),
        (value[: len(value) // 3], "only its beginning"),
        (value[::-1], "written backwards"),
        (" ".join(value[place : place + 2] for place in range(0, len(value), 2)), "torn into pairs"),
        ("a text without any value", "plain words"),
        ("name: value", "a field without a value"),
        ("2024-05-17 12:30", "a time"),
    ]


def _sequence(items: Any, dice: random.Random) -> str:
    return "".join(_item(op, value, dice) for op, value in items)


def _item(op: Any, value: Any, dice: random.Random) -> str:  # noqa: PLR0911 - one line for each kind of item
    if op is _ops.LITERAL:
        return chr(value)
    if op in _REPEATS:
        low, high = int(value[0]), int(value[1])
        rounds = low + dice.randint(0, min(high - low, _MORE if low else 1))
        return "".join(_sequence(value[2], dice) for _ in range(rounds))
    if op is _ops.BRANCH:
        return _sequence(dice.choice(value[1]), dice)
    if op is _ops.SUBPATTERN:
        return _sequence(value[3], dice)
    if op is _ops.ATOMIC_GROUP:
        return _sequence(value, dice)
    if op is _ops.IN:
        return dice.choice(_members(tuple(value)))
    if op is _ops.NOT_LITERAL:
        return dice.choice([char for char in _LETTERS if char != chr(value)])
    return dice.choice(_ANY)


@lru_cache(maxsize=1024)
def _members(value: tuple[Any, ...]) -> str:
    negated = value[0][0] is _ops.NEGATE
    chars: set[str] = set()
    for op, inner in value[1:] if negated else value:
        if op is _ops.LITERAL:
            chars.add(chr(inner))
        elif op is _ops.RANGE:
            chars.update(chr(code) for code in range(inner[0], min(inner[1], inner[0] + 512) + 1))
        else:
            chars.update(_CATEGORIES[inner])
    if negated:
        return "".join(char for char in _ANY if char not in chars) or "~"
    usual = "".join(sorted(char for char in chars if char in _LETTERS))
    return usual or "".join(sorted(chars))
