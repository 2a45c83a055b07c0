"""Sets of characters as the anchors need them: exact for ASCII, exact for a short list of others, else 'some other'."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from typing import Any, Final

_ops: Final[Any] = importlib.import_module("re._constants")

_ALL: Final = (1 << 128) - 1
_FEW: Final = 80
"""Non-ASCII members that are still listed one by one."""


def _mask(chars: str) -> int:
    result = 0
    for char in chars:
        result |= 1 << ord(char)
    return result


_UPPER: Final = _mask("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER: Final = _UPPER << 32
_DIGIT: Final = _mask("0123456789")
_WORD: Final = _DIGIT | _mask("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE: Final = _mask(" \t\n\r\x0b\x0c")
_CATEGORIES: Final = {
    _ops.CATEGORY_DIGIT: (_DIGIT, False),
    _ops.CATEGORY_NOT_DIGIT: (_ALL & ~_DIGIT, True),
    _ops.CATEGORY_WORD: (_WORD, False),
    _ops.CATEGORY_NOT_WORD: (_ALL & ~_WORD, True),
    _ops.CATEGORY_SPACE: (_SPACE, False),
    _ops.CATEGORY_NOT_SPACE: (_ALL & ~_SPACE, True),
}


@dataclass(frozen=True, slots=True)
class Charset:
    ascii: int = 0
    """A bit for each of the 128."""
    listed: frozenset[int] = frozenset()
    """Code points from 128 on."""
    others: bool = False
    """True: any code point from 128 on may be a member."""

    def __or__(self, other: Charset) -> Charset:
        return Charset(self.ascii | other.ascii, self.listed | other.listed, self.others or other.others)

    def __and__(self, other: Charset) -> bool:
        """May they share a member? Letters count without their case, because a rule may ignore it."""
        if _folded(self.ascii) & _folded(other.ascii) or self.listed & other.listed:
            return True
        wide, narrow = (self, other) if self.others else (other, self)
        return wide.others and (narrow.others or bool(narrow.listed))

    @property
    def members(self) -> list[int]:
        """ASCII members, ascending."""
        return list(_members(self.ascii))

    def python_class(self, *, fold: bool = False) -> str:
        """For `re`: a class that holds at least every member; with `fold`, ASCII letters in both cases."""
        codes = Charset(_folded(self.ascii) | (self.ascii & _LOWER) >> 32).members if fold else self.members
        parts = [_python(code) for code in (*codes, *sorted(self.listed))]
        return f"[{''.join(parts)}{_python(128) + '-' + _python(0x10FFFF) if self.others else ''}]"

    def expression(self) -> str:
        """A byte-mode expression that matches at least the UTF-8 of every member."""
        branches: list[str] = []
        if self.ascii:
            branches.append(_class(self.members))
        if self.others:
            branches.append(r"[\xc2-\xf4][\x80-\xbf]{1,3}")
        else:
            branches.extend("".join(f"\\x{byte:02x}" for byte in chr(c).encode()) for c in sorted(self.listed))
        return branches[0] if len(branches) == 1 and not (self.others or self.listed) else f"(?:{'|'.join(branches)})"


@functools.lru_cache(maxsize=4096)
def _members(mask: int) -> tuple[int, ...]:
    return tuple(code for code in range(128) if mask >> code & 1)


def _python(code: int) -> str:
    return f"\\U{code:08x}"


def _folded(mask: int) -> int:
    return mask | (mask & _UPPER) << 32


def _class(codes: list[int]) -> str:
    """`[a-c_]`, or the character itself."""
    if len(codes) == 1:
        return f"\\x{codes[0]:02x}"
    parts: list[str] = []
    start = previous = codes[0]
    for code in [*codes[1:], -1]:
        if code == previous + 1:
            previous = code
            continue
        parts.append(f"\\x{start:02x}" + (f"-\\x{previous:02x}" if previous > start else ""))
        start = previous = code
    return f"[{''.join(parts)}]"


def atom_set(op: Any, value: Any) -> Charset:
    """The set of one single-character item of the parser's tree."""
    if op is _ops.LITERAL:
        return _single(value)
    if op is _ops.NOT_LITERAL:
        return Charset(_ALL & ~_single(value).ascii, others=True)
    if op is _ops.ANY:
        return Charset(_ALL & ~_mask("\n"), others=True)
    return _in(value)


def _single(code: int) -> Charset:
    return Charset(1 << code) if code < 128 else Charset(listed=frozenset((code,)))


def _in(members: Any) -> Charset:
    negated = bool(members) and members[0][0] is _ops.NEGATE
    result = Charset()
    for op, value in members[1:] if negated else members:
        if op is _ops.LITERAL:
            result = result | _single(value)
        elif op is _ops.RANGE:
            result = result | _range(*value)
        else:
            mask, others = _CATEGORIES[value]
            result = result | Charset(mask, others=others)
    if negated:
        return Charset(_ALL & ~result.ascii, others=True)
    return result


def _range(low: int, high: int) -> Charset:
    mask = sum(1 << code for code in range(low, min(high, 127) + 1))
    start = max(low, 128)
    if high < start:
        return Charset(mask)
    if high - start < _FEW:
        return Charset(mask, frozenset(range(start, high + 1)))
    return Charset(mask, others=True)
