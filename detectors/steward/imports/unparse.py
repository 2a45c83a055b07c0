"""The standard library's tree of a regular expression, written out again."""

from __future__ import annotations

import importlib
from typing import Any, Final

_ops: Final[Any] = importlib.import_module("re._constants")
_SPECIAL: Final = frozenset("\\.^$*+?{}[]|()")
_IN_CLASS: Final = frozenset("\\]^-[&~|")
_CATEGORIES: Final = {
    _ops.CATEGORY_DIGIT: r"\d",
    _ops.CATEGORY_NOT_DIGIT: r"\D",
    _ops.CATEGORY_WORD: r"\w",
    _ops.CATEGORY_NOT_WORD: r"\W",
    _ops.CATEGORY_SPACE: r"\s",
    _ops.CATEGORY_NOT_SPACE: r"\S",
}
_REPEATS: Final = {_ops.MAX_REPEAT: "", _ops.MIN_REPEAT: "?", _ops.POSSESSIVE_REPEAT: "+"}
_NAMED: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\f": r"\f", "\v": r"\v"}


def unparse(items: Any, value_group: int = 0) -> str:
    """`value_group`: the group that becomes `(?P<value>…)`; the others no longer capture."""
    return "".join(_item(op, value, value_group) for op, value in items)


def _item(op: Any, value: Any, group: int) -> str:  # noqa: PLR0911 - one line for each kind of item
    if op is _ops.LITERAL:
        return _char(value, _SPECIAL)
    if op is _ops.NOT_LITERAL:
        return f"[^{_char(value, _IN_CLASS)}]"
    if op is _ops.ANY:
        return "."
    if op is _ops.IN:
        return _class(value)
    if op is _ops.BRANCH:
        return f"(?:{'|'.join(unparse(branch, group) for branch in value[1])})"
    if op is _ops.SUBPATTERN:
        return f"({'?P<value>' if value[0] == group and group else '?:'}{unparse(value[3], group)})"
    if op is _ops.ATOMIC_GROUP:
        return f"(?>{unparse(value, group)})"
    return _repeat(op, value, group)


def _repeat(op: Any, value: Any, group: int) -> str:
    low, high, body = int(value[0]), int(value[1]), list(value[2])
    inner = unparse(body, group)
    single = len(body) == 1 and body[0][0] in {_ops.LITERAL, _ops.NOT_LITERAL, _ops.ANY, _ops.IN, _ops.SUBPATTERN}
    if not single:
        inner = f"(?:{inner})"
    count = f"{{{low}}}" if low == high else "?" if (low, high) == (0, 1) else f"{{{low},{high}}}"
    return inner + count + (_REPEATS[op] if low != high else "")


def _class(members: Any) -> str:
    text = ""
    for op, value in members:
        if op is _ops.NEGATE:
            text += "^"
        elif op is _ops.LITERAL:
            text += _char(value, _IN_CLASS)
        elif op is _ops.RANGE:
            text += f"{_char(value[0], _IN_CLASS)}-{_char(value[1], _IN_CLASS)}"
        else:
            text += _CATEGORIES[value]
    return f"[{text}]"


def _char(code: int, special: frozenset[str]) -> str:
    char = chr(code)
    if char in special:
        return "\\" + char
    if char in _NAMED:
        return _NAMED[char]
    if char.isprintable():
        return char
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
