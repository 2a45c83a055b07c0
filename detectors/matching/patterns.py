"""Which regular expressions a rule may use, and what is known about them: width, and the factor that anchors them.

A pattern is parsed, never trusted. What is refused, with the reason:
- look-around, back-references, `^ $ \\b`: the pack says boundaries by name, so that they work beside Han characters;
- unbounded repeats: a window of known width is what makes confirmation linear;
- repeats that can share characters in too many ways: they backtrack.

Character classes are ASCII (`\\d` is 0-9). Case folding, where asked for, is ASCII too.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import Any, Final

from detectors.diskcache import Book
from detectors.matching.charsets import Charset, atom_set

# The standard library's own parser; the public `re` hides the tree.
_sre: Final[Any] = importlib.import_module("re._parser")
_ops: Final[Any] = importlib.import_module("re._constants")

MAX_WIDTH: Final = 600
MAX_WIDTH_WIDE: Final = 8192
"""For rules that say `wide: true`, such as whole private keys."""
MAX_WAYS: Final = 5_000
"""Ways in which neighbouring repeats may share the same characters, at most."""
MAX_PATTERN: Final = 2_000
MAX_NESTING: Final = 12


class PatternError(ValueError):
    """A pattern is refused; the text says why and how to mend it."""


_REFUSED: Final = {
    _ops.AT: r"uses ^, $ or \b. Remove it and set `boundary:` on the rule",
    _ops.ASSERT: "uses look-ahead or look-behind. Set `boundary:` on the rule, or use a validator",
    _ops.ASSERT_NOT: "uses negative look-around. Set `boundary:` on the rule, or use a validator",
    _ops.GROUPREF: "uses a back-reference. Spell the alternatives out",
    _ops.GROUPREF_EXISTS: "uses a conditional group. Spell the alternatives out",
}
_REPEATS: Final = (_ops.MAX_REPEAT, _ops.MIN_REPEAT, _ops.POSSESSIVE_REPEAT)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A checked pattern."""

    source: str
    ignore_case: bool
    min_width: int
    max_width: int
    """In code points."""

    @property
    def tree(self) -> Any:
        """The parser's; made anew at each call, because hardly anybody asks."""
        return _sre.parse(self.source, self.flags)

    @property
    def flags(self) -> int:
        return re.ASCII | (re.IGNORECASE if self.ignore_case else 0)


VETTED: Final = Book("patterns")
"""Patterns that passed, with their widths; anchors; first characters."""


def check(source: str, *, ignore_case: bool = False, wide: bool = False) -> Pattern:
    """Parse and vet; raises `PatternError`."""
    widths = VETTED.get("widths", source, ignore_case, wide)
    if widths is None:
        widths = _vetted(source, ignore_case, wide)
        VETTED.put(widths, "widths", source, ignore_case, wide)
    return Pattern(source, ignore_case, *widths)


def _vetted(source: str, ignore_case: bool, wide: bool) -> tuple[int, int]:
    if len(source) > MAX_PATTERN:
        raise PatternError(f"is longer than {MAX_PATTERN} characters. Split it into several patterns")
    try:
        tree = _sre.parse(source, re.ASCII | (re.IGNORECASE if ignore_case else 0))
        re.compile(source, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        position = getattr(error, "pos", None)
        where = f" at character {position + 1}" if position is not None else ""
        raise PatternError(f"is not a regular expression{where}: {getattr(error, 'msg', 'too large')}") from None
    _vet(tree, 0)
    low, high = tree.getwidth()
    limit = MAX_WIDTH_WIDE if wide else MAX_WIDTH
    if high > limit:
        raise PatternError(
            f"can match {high:,} characters; the limit is {limit}. Lower the upper bounds of its repeats"
        )
    if low == 0:
        raise PatternError("can match nothing at all. Make at least one part of it mandatory")
    ways = _ways(list(tree))
    if ways > MAX_WAYS:
        raise PatternError(
            f"can share characters between its repeats in {ways:,} ways (limit {MAX_WAYS:,}), which backtracks. "
            "Put a separator that neither side can match between them, or lower the bounds"
        )
    return low, high


def _vet(items: Any, depth: int) -> None:
    if depth > MAX_NESTING:
        raise PatternError(f"is nested deeper than {MAX_NESTING} groups. Flatten it")
    for op, value in items:
        if op in _REFUSED:
            raise PatternError(_REFUSED[op])
        if op in _REPEATS:
            if value[1] is _ops.MAXREPEAT:
                raise PatternError("has an unbounded repeat (*, + or {n,}). Give it an upper bound, such as {1,64}")
            _vet(value[2], depth + 1)
            _refuse_ambiguous(value)
        elif op is _ops.SUBPATTERN:
            if value[1] or value[2]:
                raise PatternError("sets flags inside the pattern. Use `ignore_case: true` on the rule")
            _vet(value[3], depth + 1)
        elif op is _ops.BRANCH:
            for branch in value[1]:
                _vet(branch, depth + 1)
        elif op is _ops.ATOMIC_GROUP:
            _vet(value, depth + 1)


def _refuse_ambiguous(repeat: Any) -> None:
    """A repeat of a repeat is linear only where its rounds cannot be told apart in two ways:
    the body's first or last item has a fixed width and shares no character with a varying item of the body."""
    low, high, body = repeat
    if high <= 1 or (low == high and high <= 2):
        return
    items = flatten(body)
    varying = [item for item in items if item.varies]
    if not varying:
        return
    for fence in (items[0], items[-1]):
        fixed = fence.width[0] == fence.width[1] > 0
        if fixed and not any(fence.chars & item.chars for item in varying):
            return
    raise PatternError(
        "repeats a group that holds a repeat, with no separator that tells the rounds apart. "
        "Begin or end the group with a character that the inner repeat cannot match"
    )


@dataclass(frozen=True, slots=True)
class Flat:
    """One item of a sequence, for reasoning: what characters it may hold, and how long it may be."""

    op: Any
    value: Any
    chars: Charset
    width: tuple[int, int]

    @property
    def varies(self) -> bool:
        return self.width[0] != self.width[1]


def flatten(items: Any) -> list[Flat]:
    """A sequence with plain groups opened and short fixed repeats unrolled."""
    result: list[Flat] = []
    for op, value in items:
        if op is _ops.SUBPATTERN:
            result.extend(flatten(value[3]))
        elif op is _ops.ATOMIC_GROUP:
            result.extend(flatten(value))
        elif op in _REPEATS and value[0] == value[1] and value[0] <= 4 and len(value[2]) > 1:
            result.extend(flatten(value[2]) * value[0])
        else:
            result.append(Flat(op, value, item_chars(op, value), item_width(op, value)))
    return result


def item_width(op: Any, value: Any) -> tuple[int, int]:
    if op in _REPEATS:
        low, high = value[2].getwidth()
        return low * value[0], high * int(value[1])
    if op is _ops.BRANCH:
        widths = [branch.getwidth() for branch in value[1]]
        return min(w[0] for w in widths), max(w[1] for w in widths)
    return 1, 1


def item_chars(op: Any, value: Any) -> Charset:
    if op in _REPEATS:
        return _union(value[2])
    if op is _ops.BRANCH:
        result = Charset()
        for branch in value[1]:
            result = result | _union(branch)
        return result
    if op is _ops.SUBPATTERN:
        return _union(value[3])
    if op is _ops.ATOMIC_GROUP:
        return _union(value)
    return atom_set(op, value)


def _union(items: Any) -> Charset:
    result = Charset()
    for op, value in items:
        result = result | item_chars(op, value)
    return result


def first_characters(pattern: Pattern) -> Charset:
    """A superset of what a match can begin with."""
    result = Charset()
    for item in flatten(pattern.tree):
        result = result | item.chars
        if item.width[0] > 0:
            break
    return result


def _ways(items: Any) -> int:
    """An upper bound on how often backtracking can re-divide the same characters among neighbouring repeats."""
    total = 1
    row = flatten(items)
    for index, item in enumerate(row):
        if item.op is _ops.BRANCH:
            total *= max(_ways(branch) for branch in item.value[1])
        if item.varies and item.op in _REPEATS:
            total *= _ways(item.value[2])
            if _meets(item, row[index + 1 :]):
                total *= int(item.value[1]) - int(item.value[0]) + 1
    return total


def _meets(item: Flat, rest: list[Flat]) -> bool:
    """Can `item` give characters to what follows it?"""
    for following in rest:
        if item.chars & following.chars:
            return True
        if following.width[0] > 0:
            return False
    return False
