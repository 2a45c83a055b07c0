"""The rarest contiguous factor of a pattern, as a byte-mode expression for the candidate finder.

Every match of a pattern holds its anchor, so the finder may overlook none. What an anchor tells is where its own
end lies, and so, by the widths before it, where a match must begin: `lead_min`..`lead_max` code points before.
Equal anchors are shared between rules.
"""

from __future__ import annotations

import functools
import importlib
import math
from dataclasses import astuple, dataclass
from typing import Any, Final

from detectors.charsets import Charset
from detectors.patterns import VETTED, Flat, Pattern, PatternError, flatten

_ops: Final[Any] = importlib.import_module("re._constants")
_REPEATS: Final = (_ops.MAX_REPEAT, _ops.MIN_REPEAT, _ops.POSSESSIVE_REPEAT)

ENOUGH: Final = 34.0
"""Bits of rarity beyond which a longer anchor buys nothing."""
TOO_COMMON: Final = 7.0
"""An anchor that is likelier than one in 2**7 characters would make every text a candidate."""
_NARROW: Final = 4
"""A repeat that varies by no more may stand inside an anchor."""
_DIGIT_RUN: Final = range(6, 16)
"""Lengths of plain digit runs that rules share as their anchor."""
_LITERAL: Final = 4.5
"""Bits from which one character is as good as a literal."""
_DIGIT_MASK: Final = sum(1 << code for code in range(48, 58))
_DIGITS: Final = Charset(_DIGIT_MASK)


@dataclass(frozen=True, slots=True)
class Anchor:
    expression: str
    ignore_case: bool
    lead_min: int
    lead_max: int
    """From the beginning of a match to the end of the anchor, in code points."""
    bits: float


@dataclass(frozen=True, slots=True)
class _Piece:
    """One item of the sequence, in the forms in which an anchor may use it."""

    inner: str | None
    """Between two others; None where it varies too much."""
    first: str
    """As the left edge: a mandatory suffix of the item; empty where there is none."""
    last: str
    """As the right edge: a mandatory prefix."""
    last_width: int
    bits: float
    width: tuple[int, int]
    first_bits: float = -1.0
    """Rarity of `first`, where it is not that of the whole."""


def anchor_of(pattern: Pattern, guard: Charset | None = None) -> Anchor:
    """The best anchor; raises `PatternError` where everything in the pattern is common or optional.

    guard: see `_anchor_of`."""
    question = ("anchor", pattern.source, pattern.ignore_case, repr(guard))
    known = VETTED.get(*question)
    if known is not None:
        return Anchor(*known)
    anchor = _anchor_of(pattern, guard)
    VETTED.put(list(astuple(anchor)), *question)
    return anchor


def _anchor_of(pattern: Pattern, guard: Charset | None) -> Anchor:
    """The best anchor.

    guard: what may not stand directly before a match. It joins the anchor where it can, so that a long run of
    digits is one candidate and not one for each digit."""
    row = flatten(pattern.tree)
    shared = _digit_run(row, guard)
    if shared is not None:
        return shared
    pieces = _pieces(row)
    best: Anchor | None = None
    best_rank = -math.inf
    for start, piece in enumerate(pieces):
        if not piece.first and not piece.last and not (piece.inner and piece.width[0]):
            continue
        for stop in range(start, len(pieces)):
            found = _factor(pieces, start, stop)
            if found is not None:
                anchor = _anchor(pattern, pieces, start, found)
                rank = _rank(anchor)
                if rank > best_rank:
                    best, best_rank = _guarded(anchor, pieces, start, guard), rank
            if stop > start and pieces[stop].inner is None:
                break
    if best is None or best.bits < TOO_COMMON:
        raise PatternError(
            "has no part that is both mandatory and rare, so every text would be a candidate. "
            "Add a literal, a prefix or a fixed number of digits"
        )
    return best


def _digit_run(row: list[Flat], guard: Charset | None) -> Anchor | None:
    """The first run of at least six mandatory digits that begins behind something that is no digit.

    Letter-led numbers cost the finder dear, and plain runs cost little and are the same for many rules."""
    guarded = guard is not None and guard.ascii & _DIGIT_MASK == _DIGIT_MASK
    low = high = 0
    for place, item in enumerate(row):
        begins = guarded if place == 0 else row[place - 1].width[0] > 0 and not row[place - 1].chars & _DIGITS
        if begins:
            width = _fixed_digits(row[place:])
            if width >= _DIGIT_RUN.start:
                width = min(width, _DIGIT_RUN.stop - 1)
                expression = f"(?:^|[^0-9])[0-9]{{{width}}}"
                return Anchor(expression, False, low + width, high + width, 4.6 + 0.7 * width)
        low, high = low + item.width[0], high + item.width[1]
        if _bits(item.chars, False) > _LITERAL and item.width[0] == item.width[1] == 1:
            return None
    return None


def _fixed_digits(row: list[Flat]) -> int:
    width = 0
    for item in row:
        if not item.chars.ascii or item.chars.ascii & ~_DIGIT_MASK or item.chars.listed or item.chars.others:
            break
        width += item.width[0]
        if item.varies:
            break
    return width


def _rank(anchor: Anchor) -> float:
    fixed = 2.0 if anchor.lead_min == anchor.lead_max else 0.0
    return min(anchor.bits, ENOUGH) + fixed - 0.003 * len(anchor.expression)


def _guarded(anchor: Anchor, pieces: list[_Piece], start: int, guard: Charset | None) -> Anchor:
    if guard is None or not guard.ascii or start != 0 or pieces[0].width[0] != pieces[0].width[1]:
        return anchor
    if pieces[0].first != pieces[0].inner:
        return anchor
    before = Charset(((1 << 128) - 1) & ~guard.ascii).expression()
    body = f"(?:^|{before[:-1]}\\x80-\\xff]){anchor.expression}"
    return Anchor(body, anchor.ignore_case, anchor.lead_min, anchor.lead_max, anchor.bits)


def _factor(pieces: list[_Piece], start: int, stop: int) -> tuple[str, int, int, float] | None:
    """(expression, least and greatest width from the item `start` to the end of the factor, bits)."""
    if start == stop:
        piece = pieces[start]
        low, high = piece.width
        if piece.inner is not None and (low == high or not piece.last):
            return piece.inner, low, high, piece.bits
        if not piece.last:
            return None
        # The prefix may recur further on in the same item, but its first occurrence is at the very beginning.
        return piece.last, piece.last_width, piece.last_width, piece.bits
    inner = [piece.inner for piece in pieces[start + 1 : stop]]
    first, last = pieces[start], pieces[stop]
    if not first.first or not last.last or any(part is None for part in inner):
        return None
    low = sum(piece.width[0] for piece in pieces[start:stop]) + last.last_width
    high = sum(piece.width[1] for piece in pieces[start:stop]) + last.last_width
    bits = sum(piece.bits for piece in pieces[start + 1 : stop + 1])
    bits += first.bits if first.first_bits < 0 else first.first_bits
    return first.first + "".join(part or "" for part in inner) + last.last, low, high, bits


def _anchor(pattern: Pattern, pieces: list[_Piece], start: int, factor: tuple[str, int, int, float]) -> Anchor:
    expression, low, high, bits = factor
    before_min = sum(piece.width[0] for piece in pieces[:start])
    before_max = sum(piece.width[1] for piece in pieces[:start])
    return Anchor(expression, pattern.ignore_case, before_min + low, before_max + high, bits)


def _pieces(row: list[Flat]) -> list[_Piece]:
    result: list[_Piece] = []
    after_digit = False
    for item in row:
        result.append(_piece(item, after_digit))
        digits = bool(item.chars.ascii) and not item.chars.ascii & ~_DIGIT_MASK
        after_digit = digits or (after_digit and item.width[0] == 0)
    return result


def _piece(item: Flat, after_digit: bool) -> _Piece:
    if item.op in _REPEATS:
        return _repeat(item, after_digit)
    if item.op is _ops.BRANCH:
        return _branch(item, after_digit)
    expression = item.chars.expression()
    return _Piece(expression, expression, expression, 1, _bits(item.chars, after_digit), (1, 1))


def _repeat(item: Flat, after_digit: bool) -> _Piece:
    low, high, body = int(item.value[0]), int(item.value[1]), item.value[2]
    row = flatten(body)
    whole = serialise(row)
    narrow = item.width[1] - item.width[0] <= _NARROW
    inner = f"(?:{whole}){{{low},{high}}}" if narrow else None
    if len(row) == 1 and row[0].width == (1, 1):
        single = row[0].chars
        edge = low if _bits(single, True) >= 0.7 and single.ascii.bit_count() <= 16 else min(low, 3 if low < 20 else 10)
        text = _times(whole, edge) if edge else ""
        bits = _bits(single, after_digit) + max(edge - 1, 0) * _bits(single, True) if edge else 0.0
        exact = _times(whole, low) if low == high else inner
        return _Piece(exact, text, text, edge, bits, item.width)
    if low == 0:
        return _Piece(inner, "", "", 0, 0.0, item.width)
    pieces = _pieces(row)
    first, last = pieces[-1].first, pieces[0].last
    # Only the body's edges are known to stand at the repeat's edges, whatever the number of rounds.
    width = pieces[0].last_width
    return _Piece(inner, first, last, width, pieces[0].bits, item.width, pieces[-1].bits)


def _times(single: str, count: int) -> str:
    return single if count == 1 else f"{single}{{{count}}}"


def _branch(item: Flat, after_digit: bool) -> _Piece:
    rows = [flatten(branch) for branch in item.value[1]]
    text = f"(?:{'|'.join(serialise(row) for row in rows)})"
    chance = sum(2.0 ** -sum(piece.bits for piece in _pieces_after(row, after_digit)) for row in rows)
    bits = -math.log2(min(chance, 1.0))
    low, high = item.width
    if low == high and low > 0:
        return _Piece(text, text, text, low, bits, item.width)
    if low == 0 or high - low > 8 * _NARROW:
        return _Piece(text if high - low <= 8 * _NARROW else None, "", "", 0, 0.0, item.width)
    # Branches of several lengths: no right edge, because that must have one known width.
    return _Piece(text, text, "", 0, bits, item.width)


def _pieces_after(row: list[Flat], after_digit: bool) -> list[_Piece]:
    pieces = _pieces(row)
    if pieces and after_digit:
        pieces[0] = _piece(row[0], True)
    return pieces


def serialise(row: list[Flat]) -> str:
    """A byte-mode expression that matches at least what the items match."""
    parts: list[str] = []
    for item in row:
        if item.op in _REPEATS:
            low, high, body = item.value
            parts.append(f"(?:{serialise(flatten(body))}){{{int(low)},{int(high)}}}")
        elif item.op is _ops.BRANCH:
            parts.append(f"(?:{'|'.join(serialise(flatten(branch)) for branch in item.value[1])})")
        else:
            parts.append(item.chars.expression())
    return "".join(parts)


_COMMON: Final = {" ": 0.14, "e": 0.08, "\n": 0.03, ".": 0.02, ",": 0.02, "-": 0.02, "_": 0.01, "/": 0.01, '"': 0.02}
_COMMON_LETTERS: Final = {**dict.fromkeys("taoinshr", 0.055), **dict.fromkeys("dlcumwfgypbv", 0.02)}


@functools.cache
def _chance(code: int) -> float:
    """How often a character is met, roughly, over prose, code and data."""
    char = chr(code)
    known = _COMMON.get(char, _COMMON_LETTERS.get(char))
    if known is not None:
        return known
    if char.isdigit():
        return 0.004
    return 0.004 if char.isalpha() else 0.005


def _bits(chars: Charset, after_digit: bool) -> float:
    """Rarity of one position. A digit after a digit is no surprise."""
    digits = (chars.ascii & _DIGIT_MASK).bit_count()
    if after_digit and digits and not chars.ascii & ~_DIGIT_MASK:
        return -math.log2(0.6 * digits / 10)
    total = sum(_chance(code) for code in chars.members) + len(chars.listed) * 0.0005
    total += 0.5 if chars.others else 0.0
    return max(0.0, -math.log2(min(total, 1.0))) if total else 16.0
