"""What the finder looks for in place of a pattern: an expression that every match of the pattern holds.

A pattern is cut where its rarest mandatory part begins (a literal; else a run of digits; else the rarest class) and
is followed from there to the right as far as Hyperscan can follow cheaply, so that an event is nearly always a match
and costs no attempt in Python otherwise. What stands left of the cut is left to the confirmation: an expression that
begins with a class keeps the finder busy at every byte.

What an anchor tells is where its own end lies, and so, by the widths before it, where a match must begin:
`lead_min`..`lead_max` code points before. Equal anchors are shared between rules.
"""

from __future__ import annotations

import functools
import importlib
import math
from dataclasses import astuple, replace
from typing import Any, Final

from detectors.matching.charsets import Charset
from detectors.matching.leads import LOOSE, TAIL, Anchor, is_digits, last, led
from detectors.matching.patterns import VETTED, Flat, Pattern, PatternError, flatten
from detectors.matching.rarity import DIGIT_MASK, REPEATS, bits_of, first_of, item_bits
from detectors.matching.runs import LEAST
from detectors.matching.spellings import rarity, spellings

_ops: Final[Any] = importlib.import_module("re._constants")

ENOUGH: Final = 34.0
"""Bits of rarity beyond which a rarer part buys nothing."""
TOO_COMMON: Final = 7.0
"""An anchor that is likelier than one in 2**7 characters would make every text a candidate."""
_LITERAL: Final = 11.0
"""Bits from which a literal is worth more than digits."""
_SURE: Final = 20.0
"""Bits of a literal that is worth a wide window before it."""
_RARE: Final = 12.0
"""Bits that such a literal must have together with what follows it: a common word alone makes too many candidates."""
_BRIEF: Final = 3
"""Bytes: a literal below, in any case of letters, is no anchor where a number stands within `_CLOSE` code points."""
_CLOSE: Final = 16
_SHAPE: Final = 8.0
"""Bits from which a shape of digits and separators is rare enough to begin with."""
_DIGITS: Final = Charset(DIGIT_MASK)
NOT_DIGIT: Final = "(?:^|[^0-9])"
"""Begins an anchor that is led by digits, where no other digit can stand before them."""
_NO_MORE_DIGIT: Final = r"(?:[^0-9]|\z)"


@functools.lru_cache(maxsize=1 << 13)
def anchor_of(pattern: Pattern, guard: Charset | None = None, after: Charset | None = None) -> Anchor:
    """The best anchor; raises `PatternError` where everything in the pattern is common or optional.

    guard, after: what may not stand directly before and behind a match. They join the anchor where they can, so that
    a long run of digits is no candidate at all."""
    question = ("anchor", pattern.source, pattern.ignore_case, _written(guard), _written(after))
    known = VETTED.get(*question)
    if known is not None:
        *plain, run = known
        return replace(Anchor(*plain), run=None if run is None else (run[0], run[1]))
    anchor = _anchor_of(pattern, guard or Charset(), after or Charset())
    VETTED.put(list(astuple(anchor)), *question)
    return anchor


_written: Final = functools.cache(repr)
"""Of the few guards that there are."""


def _anchor_of(pattern: Pattern, guard: Charset, after: Charset) -> Anchor:
    row = flatten(pattern.tree)
    start, literal = _literal_start(row)
    if start is None or literal is None:
        anchor = _digits(row, guard, after) or _classes(row, guard)
    else:
        anchor = _literals(row, start, literal, guard)
        near = _digits(row, guard, after) if pattern.ignore_case and _shortest(literal) < _BRIEF else None
        if near is not None and near.lead_max - near.lead_min <= _CLOSE:
            anchor = near  # `(?:phone|wx)[:=]?1[0-9]{10}`: the number is rarer than two letters
    if anchor is None or anchor.bits < TOO_COMMON:
        raise PatternError(
            "has no part that is both mandatory and rare, so every text would be a candidate. "
            "Add a literal, a prefix or a fixed number of digits"
        )
    folds = pattern.ignore_case and any(_letters(item.chars) for item in row[anchor.cut :])
    return replace(anchor, ignore_case=folds)


def _literals(row: list[Flat], start: int, words: list[str], guard: Charset) -> Anchor:
    anchor = replace(led(row, start, rarity(words)), lane="literal")
    if anchor.bits < _SURE and anchor.lead_max - anchor.lead_min >= LOOSE:
        # A common literal far behind the beginning, such as `.com` of an address: each would be a wide window.
        other = _class_led(row, guard)
        if other is not None and other.cut < start and other.bits > anchor.bits:
            return other
    return anchor


def _classes(row: list[Flat], guard: Charset) -> Anchor | None:
    anchor = _class_led(row, guard)
    run = _run(row)
    if anchor is not None and run is not None:
        return replace(anchor, lane="run", run=run)
    if anchor is not None and not row[0].varies and not row[0].chars.ascii & ~_CAPITALS.ascii:
        return replace(led(row, anchor.cut, anchor.bits), lane="capitals")  # a guard would wake at each word
    return anchor


def _shortest(words: list[str]) -> int:
    return min([len(word.encode()) for word in words], default=0)


def _letters(chars: Charset) -> bool:
    return bool(chars.ascii & ~DIGIT_MASK)


# --- literals


def _literal_start(row: list[Flat]) -> tuple[int | None, list[str] | None]:
    """Where the rarest literal begins, and its spellings."""
    best: tuple[int | None, list[str] | None] = None, None
    rank = 0.0
    fixed = True
    first = [item_bits(item, after_digit=False) for item in row]
    later = [item_bits(item, after_digit=True) for item in row]
    for place in range(len(row)):
        words = spellings(row[place:]) if row[place].width[0] else []
        shortest = min([len(word.encode()) for word in words], default=0)
        if shortest >= 2 and not any(word.isdecimal() for word in words):
            bits = min(rarity(words), 20.0) + (2.0 if fixed else 0.0)
            whole = first[place] + sum(later[place + 1 : last(row, place) + 1])
            if whole >= _RARE and bits > rank + 0.5 and (shortest > 2 or bits > _LITERAL):
                best, rank = (place, words), bits
        fixed = fixed and not row[place].varies
    start, literal = best
    while start and _is_letter_of_its_own(row[start - 1]):
        start -= 1  # `p(?:atient|t)`, as the parser writes `patient|pt`: what stands before makes it only rarer
    return start, literal


def _is_letter_of_its_own(item: Flat) -> bool:
    chars = item.chars
    return item.width == (1, 1) and chars.ascii.bit_count() == 1 and not (chars.listed or chars.others)


# --- digits


def _digits(row: list[Flat], guard: Charset, after: Charset) -> Anchor | None:
    """From the first run of digits on, such as `[0-9]{3}[ -][0-9]{4}`."""
    for start, item in enumerate(row):
        if is_digits(item) and item.width[0] > 0:
            anchor = _shape(row, start, guard, after)
            if anchor is not None:
                return anchor
    return None


def _begins(row: list[Flat], start: int, guard: Charset) -> bool:
    """May no digit stand directly before the item?"""
    for place in range(start - 1, -1, -1):
        if row[place].chars & _DIGITS:
            return False
        if row[place].width[0] > 0:
            return True
    return guard.ascii & DIGIT_MASK == DIGIT_MASK


def _shape(row: list[Flat], start: int, guard: Charset, after: Charset) -> Anchor | None:
    stop = last(row, start)
    items = row[start : stop + 1]
    plain = all(is_digits(item) or not item.chars & _DIGITS for item in items)
    if sum(item.width[0] for item in items if is_digits(item)) < 4:
        return None
    begins = _begins(row, start, guard)
    bits = 3.0 + sum(0.9 * i.width[0] if is_digits(i) else 0.6 * item_bits(i, after_digit=True) for i in items)
    ends = not any(item.width[0] or first_of(item) & _DIGITS for item in row[stop + 1 :])
    ends = ends and after.ascii & DIGIT_MASK == DIGIT_MASK and _ends_whole(row[stop], plain, begins)
    if ends and not begins and start > 0 and row[start - 1].width == (1, 1) and _begins(row, start - 1, guard):
        start, begins, plain = start - 1, True, False  # `[A-Z9][0-9]{7}`: with that one place the digits have an edge
    anchor = led(row, start, 0.0, shape=True, whole=begins, complete=ends and plain)
    breaks = any(item.width[0] > 0 and not item.chars & _DIGITS for item in items)
    if bits < _SHAPE or not (begins or ends or breaks):
        return None  # without an edge, each digit of a long run would be a candidate
    before = NOT_DIGIT if begins else ""
    if begins and start > 0 and row[start - 1].width == (1, 1) and not _alnum_or_blank(row[start - 1].chars):
        before = row[start - 1].chars.expression()
    return Anchor(
        before + anchor.expression + (_NO_MORE_DIGIT if ends else ""),
        False,
        anchor.lead_min,
        anchor.lead_max,
        bits,
        ends,
        "capitals" if (row[start].chars.ascii & _CAPITALS.ascii).bit_count() > _MANY_CAPITALS else "digits",
        start,
    )


def _ends_whole(item: Flat, plain: bool, begins: bool) -> bool:
    """Does the anchor hold all of its last item, so that what cannot stand behind the item joins the anchor?"""
    if plain and is_digits(item):
        return begins or not item.varies
    return (begins or is_digits(item)) and not item.varies and (item.op not in REPEATS or int(item.value[0]) <= TAIL)


_ALNUM_OR_BLANK: Final = Charset(
    sum(1 << code for code in range(128) if chr(code).isalnum() or chr(code).isspace()), others=True
)


def _alnum_or_blank(chars: Charset) -> bool:
    return chars & _ALNUM_OR_BLANK


# --- classes


def _class_led(row: list[Flat], guard: Charset) -> Anchor | None:
    """From the rarest item on."""
    best: Anchor | None = None
    rank = -math.inf
    for start, item in enumerate(row):
        if item.width[0] == 0:
            continue
        stop = last(row, start)
        bits = sum(item_bits(row[place], place > start) for place in range(start, stop + 1))
        first = bits_of(first_of(item), after_digit=False)
        fixed = all(not other.varies for other in row[:start])
        found = min(bits, ENOUGH) + 2 * min(first, 8.0) + (3.0 if fixed else 0.0) + (1.0 if start == 0 else 0.0)
        if found > rank:
            before = _before(guard) if start == 0 and not (item.op in REPEATS and item.varies) else ""
            best, rank = led(row, start, bits, before), found
    return best


def _before(guard: Charset) -> str:
    if not guard.ascii:
        return ""
    free = Charset(((1 << 128) - 1) & ~guard.ascii).expression()
    return f"(?:^|{free[:-1]}\\x80-\\xff])"


_CAPITALS: Final = Charset(sum(1 << code for code in range(65, 91)))
_MANY_CAPITALS: Final = 13
"""What begins with so many different ones is woken by capitals more than by digits."""
_BASE64: Final = Charset(
    sum(1 << code for code in range(128) if (chr(code).isascii() and chr(code).isalnum()) or chr(code) in "+/_-")
)
_BESIDE: Final = 24
"""Code points beside a run: more, and the runs' neighbourhood is most of the text."""


def _run(row: list[Flat]) -> tuple[int, int] | None:
    """What may stand before and behind the longest mandatory run of base64 characters."""
    best, width, start = (0, 0, 0), 0, 0
    for place, item in enumerate(row):
        if item.chars.listed or item.chars.others or item.chars.ascii & ~_BASE64.ascii:
            width, start = 0, place + 1
            continue
        width += item.width[0]
        best = max(best, (width, start, place + 1), key=lambda one: one[0])
    if best[0] < LEAST:
        return None
    before = sum(item.width[1] for item in row[: best[1]])
    behind = sum(item.width[1] for item in row[best[2] :])
    return (before, behind) if before + behind <= _BESIDE else None


def before_cut(pattern: Pattern, cut: int) -> tuple[Charset, Charset, int, int]:
    """(what stands before the cut, what stands first behind it, least and greatest width before it)."""
    row = flatten(pattern.tree)
    chars = Charset()
    for item in row[:cut]:
        chars = chars | item.chars
    low = sum(item.width[0] for item in row[:cut])
    high = sum(item.width[1] for item in row[:cut])
    return chars, first_of(row[cut]), low, high
