"""A foreign regular expression → one of ours: bounded, without look-around, its edges as a named boundary.

The foreign pattern is parsed, changed as a tree, and written out again. What is changed is said in `notes`;
what cannot be said raises `PatternError` with the reason.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field
from typing import Any, Final

from detectors.matching.patterns import PatternError
from detectors.steward.imports.unparse import unparse

_sre: Final[Any] = importlib.import_module("re._parser")
_ops: Final[Any] = importlib.import_module("re._constants")
_REPEATS: Final = (_ops.MAX_REPEAT, _ops.MIN_REPEAT, _ops.POSSESSIVE_REPEAT)
_LOOKS: Final = (_ops.ASSERT, _ops.ASSERT_NOT)
BOUND: Final = 128
"""Upper bound that an unbounded repeat is given, or its least, if that is more."""
_LEAST_BOUND: Final = 2

_GO_WORDS: Final = (
    (re.compile(r"\\z"), r"\\Z"),
    (re.compile(r"\[\[:alnum:\]\]"), "[0-9A-Za-z]"),
    (re.compile(r"\[:alnum:\]"), "0-9A-Za-z"),
    (re.compile(r"\[:alpha:\]"), "A-Za-z"),
    (re.compile(r"\[:digit:\]"), "0-9"),
    (re.compile(r"\[:word:\]"), r"\\w"),
    (re.compile(r"\[:space:\]"), r"\\s"),
    (re.compile(r"\[:xdigit:\]"), "0-9A-Fa-f"),
)
_INNER_FLAGS: Final = re.compile(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])")


@dataclass(slots=True)
class Translation:
    patterns: list[str]
    ignore_case: bool
    boundary: str
    notes: list[str] = field(default_factory=list)


def translate(source: str, *, ignore_case: bool = False, dot_all: bool = False, group: int = 0) -> Translation:
    """group: the capture group that holds the value; 0: the whole match, or the only group behind a context."""
    notes: list[str] = []
    plain, folded = _flags(source, notes)
    try:
        tree = _sre.parse(plain, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"is not understood: {getattr(error, 'msg', 'too large')}") from None
    if group and group >= tree.state.groups:
        raise PatternError(f"has no group {group}")
    edges: set[str] = set()
    patterns = []
    for row in _alternatives(list(tree)):
        left, row = _left_edge(row, notes)  # noqa: PLW2901 - each step takes something off it
        right, row = _right_edge(row, notes)  # noqa: PLW2901
        row = _opened(row, notes, dot_all=dot_all)  # noqa: PLW2901
        wanted = group or _only_group(row)
        if wanted:
            row, trimmed = _trimmed(row)  # noqa: PLW2901
            notes += ["an optional lead-in was left out; the value is the same"] if trimmed else []
        edges.add(_boundary(left, right))
        patterns.append(unparse(row, wanted))
    boundary = edges.pop() if len(edges) == 1 else "none"
    if edges:
        notes.append("its alternatives have different edges, so no boundary is set: split the rule to set one")
    return Translation(patterns, ignore_case or folded, boundary, list(dict.fromkeys(notes)))


def _alternatives(row: list[Any]) -> list[list[Any]]:
    """Top-level alternatives become patterns of their own: each has its own value and its own edges."""
    edges = [item for item in row[:-1] if _edge_word(*item)]  # the parser moves what alternatives share before them
    if row and row[-1][0] is _ops.BRANCH and len(edges) == len(row) - 1:
        return [[*edges, *branch] for branch in row[-1][1][1]]
    return [row]


def _flags(source: str, notes: list[str]) -> tuple[str, bool]:
    """The pattern without flags in it, and whether it ignores case."""
    for shape, plain in _GO_WORDS:
        source = shape.sub(plain, source)
    folded = scoped = False

    def strip(found: re.Match[str]) -> str:
        nonlocal folded, scoped
        on, off, end = found[1], found[2] or "", found[3]
        if not on and not off:
            return found[0]
        folded = folded or "i" in on
        scoped = scoped or bool(off) or end == ":" or found.start() > 0
        return "(?:" if end == ":" else ""

    plain = _INNER_FLAGS.sub(strip, source)
    if folded and scoped:
        notes.append("case was ignored in a part of it; now it is in all of it")
    return plain, folded


def _edge_word(op: Any, value: Any) -> bool:
    return op is _ops.AT and value in {_ops.AT_BOUNDARY, _ops.AT_BEGINNING, _ops.AT_END, _ops.AT_END_STRING}


def _left_edge(row: list[Any], notes: list[str]) -> tuple[str, list[Any]]:
    """(what may not stand before it: nothing, `word` or `token`; the rest)"""
    found = ""
    while row and _is_edge(*row[0]):
        if not _edge_word(*row[0]):
            notes.append(_said(*row[0], outward=-1) or "what must stand before it became a boundary")
        found, row = found or _strength(*row[0]), row[1:]
    if row and row[0][0] is _ops.SUBPATTERN and len(row) == 1:
        return _within(row, _left_edge, notes, found)
    return found, row


def _right_edge(row: list[Any], notes: list[str]) -> tuple[str, list[Any]]:
    found = ""
    while row and _is_edge(*row[-1]):
        if not _edge_word(*row[-1]):
            notes.append(_said(*row[-1], outward=1) or "what must stand behind it became a boundary")
        found, row = found or _strength(*row[-1]), row[:-1]
    if row and row[-1][0] is _ops.SUBPATTERN and len(row) == 1:
        return _within(row, _right_edge, notes, found)
    return found, row


def _said(op: Any, value: Any, *, outward: int) -> str:
    """A note on a look-around at an edge that is no boundary; empty where it is one. Raises where the rule needs it:
    `(?<=key=)[a-z]{20}` without its look-behind finds every word of twenty letters."""
    if op is _ops.ASSERT_NOT and value[0] != outward:
        return "what it must not look like was left out: use a validator, or no_match examples"
    if op is _ops.ASSERT and (value[0] != outward or _wordy(value[1])):
        raise PatternError("looks around for text that must be there. Write it out, with the value as (?P<value>…)")
    return ""


def _wordy(items: Any) -> bool:
    """It asks for a letter or digit: text, and no edge."""
    for op, value in items:
        if op is _ops.LITERAL and chr(value).isalnum():
            return True
        inside = [value[3]] if op is _ops.SUBPATTERN else value[1] if op is _ops.BRANCH else []
        if any(_wordy(one) for one in ([value[2]] if op in _REPEATS else inside)):
            return True
    return False


def _strength(op: Any, value: Any) -> str:
    return "word" if _edge_word(op, value) else "token"


def _within(row: list[Any], edge: Any, notes: list[str], found: str) -> tuple[str, list[Any]]:
    op, (group, add, drop, inner) = row[0]
    inside, rest = edge(list(inner), notes)
    return found or inside, [(op, (group, add, drop, rest))]


def _is_edge(op: Any, value: Any) -> bool:
    """An anchor, a look-around, or a group of alternatives one of which is an anchor: `(?:[\\s;]|$)`."""
    if _edge_word(op, value) or op in _LOOKS:
        return True
    if op is _ops.SUBPATTERN and value[0] is None and len(value[3]) == 1:
        return _is_edge(*next(iter(value[3])))
    return op is _ops.BRANCH and any(len(b) > 0 and all(_edge_word(*item) for item in b) for b in value[1])


def _opened(items: Any, notes: list[str], *, dot_all: bool) -> list[Any]:
    """The tree with every repeat bounded; raises where something cannot be said."""
    result: list[Any] = []
    for op, value in items:
        if op in _REPEATS:
            low, high, body = value
            if high is _ops.MAXREPEAT:
                high = _bounded(int(low), body)
                notes.append(f"an unbounded repeat was bounded to {high}")
            result.append((op, (low, high, _opened(body, notes, dot_all=dot_all))))
        elif op is _ops.SUBPATTERN:
            result.append((op, (*value[:3], _opened(value[3], notes, dot_all=dot_all))))
        elif op is _ops.BRANCH:
            branches = [_opened(_bare(list(branch), notes), notes, dot_all=dot_all) for branch in value[1]]
            result.append((op, (value[0], branches)))
        elif op is _ops.ATOMIC_GROUP:
            result.append((op, _opened(value, notes, dot_all=dot_all)))
        elif op is _ops.ANY and dot_all:
            result.append((_ops.IN, [(_ops.CATEGORY, _ops.CATEGORY_SPACE), (_ops.CATEGORY, _ops.CATEGORY_NOT_SPACE)]))
        elif op in {_ops.AT, _ops.GROUPREF, _ops.GROUPREF_EXISTS, *_LOOKS}:
            raise PatternError(_CANNOT[op])
        else:
            result.append((op, value))
    return result


_CANNOT: Final = {
    _ops.AT: r"has ^, $ or \b in its middle, which a named boundary cannot say",
    _ops.GROUPREF: "has a back-reference",
    _ops.GROUPREF_EXISTS: "has a conditional group",
    _ops.ASSERT: "has a look-around in its middle; a validator may say it",
    _ops.ASSERT_NOT: "has a look-around in its middle; a validator may say it",
}


def _bare(branch: list[Any], notes: list[str]) -> list[Any]:
    """An alternative without its own boundaries, as in `x(?:\\bA\\b|\\bB\\b)`."""
    inner = [item for item in branch if not _edge_word(*item)]
    if len(inner) < len(branch):
        notes.append("boundaries of single alternatives were left out")
    return inner


def _bounded(low: int, body: Any) -> int:
    single = len(body) == 1 and body[0][0] not in {*_REPEATS, _ops.SUBPATTERN, _ops.BRANCH}
    return max(BOUND if single else 8, low * _LEAST_BOUND)


def _only_group(row: list[Any]) -> int:
    """gitleaks' rule: the first group is the secret where there is context around it."""
    groups = [value[0] for op, value in row if op is _ops.SUBPATTERN and value[0] is not None]
    return int(groups[0]) if groups and len(row) > 1 else 0


def _trimmed(row: list[Any]) -> tuple[list[Any], bool]:
    """Leading items that may be empty, and are no part of the value, change nothing of what is found."""
    before = len(row)
    while len(row) > 1 and row[0][0] in _REPEATS and int(row[0][1][0]) == 0:
        row = row[1:]
    return row, len(row) < before


def _boundary(left: str, right: str) -> str:
    if left and right:
        return "token" if "token" in {left, right} else "word"
    return "left" if left else "after_name" if right else "none"
