"""How a change of a decoded text becomes a change of the raw text that encodes it.

Rules for the next editor
1. What no cut touches is not re-encoded: receivers may disagree about an equal spelling.
2. A syntax sees cuts that are sorted and disjoint, in code points of the decoded text, and returns cuts of
   the raw text in the same order.
3. One pass over the raw text and no table of its positions: a text of 16 MB must not cost a list of 16 M integers.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from json.encoder import encode_basestring  # the quoting half of json.dumps
from typing import Final
from urllib.parse import quote, quote_plus

type Cut = tuple[int, int, str]
"""Replace `[start:end)` by the text."""

type Syntax = Callable[[str, Sequence[Cut]], list[Cut]]
"""(raw text, cuts of the decoded text) → cuts of the raw text."""

JSON_ESCAPE: Final = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.", re.DOTALL)
"""One code point each; only for text that is known to be well formed."""

_LONGEST_NUMBER: Final = 40
"""Digits of a number that are written out: an exponent must not become a text of its size."""

_SCIENTIFIC: Final = re.compile(r"(-?)([0-9]+)(?=[.eE])(?:\.([0-9]+))?(?:[eE]([+-]?0*[0-9]{1,4}))?")

_PERCENT_RUN: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def apply(text: str, cuts: Sequence[Cut]) -> str:
    """`text` with sorted, disjoint `cuts` made."""
    pieces: list[str] = []
    done = 0
    for start, end, replacement in cuts:
        pieces += (text[done:start], replacement)
        done = end
    pieces.append(text[done:])
    return "".join(pieces)


def ordered(text: str, cuts: Iterable[Cut]) -> list[Cut]:
    """Sorted, without those that change nothing. Raises ValueError where two overlap or one lies outside."""
    result: list[Cut] = []
    done = 0
    for start, end, replacement in sorted(cuts, key=lambda cut: cut[:2]):
        if not done <= start <= end <= len(text):
            raise ValueError("edits overlap or lie outside their part")
        done = end
        if text[start:end] != replacement:
            result.append((start, end, replacement))
    return result


def difference(old: str, new: str) -> list[Cut]:
    """The one cut that turns `old` into `new`, none where they are equal."""
    if old == new:
        return []
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    return [(head, len(old) - tail, new[head : len(new) - tail])]


def _common(one: str, other: str) -> int:
    """Length of the common prefix, by halving: slices compare at the speed of memory."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def plain(_raw: str, cuts: Sequence[Cut]) -> list[Cut]:
    """Raw and decoded text are the same."""
    return list(cuts)


def json_string(raw: str, cuts: Sequence[Cut]) -> list[Cut]:
    """`raw` is what stands between the quotes of a JSON string."""
    escapes = (match.span() for match in JSON_ESCAPE.finditer(raw)) if "\\" in raw else ()
    return _spread(escapes, cuts, lambda text: encode_basestring(text)[1:-1])


def json_number(raw: str, cuts: Sequence[Cut]) -> list[Cut]:
    """A number that is changed becomes a string: what replaces its digits seldom is a number."""
    return [(0, len(raw), encode_basestring(apply(digits(raw), cuts)))]


def digits(raw: str) -> str:
    """What a number says: `1.38e10` and `13800000000.0` are read as 13800000000, all others as they are written."""
    match = _SCIENTIFIC.fullmatch(raw)
    if match is None:
        return raw
    sign, whole, fraction, exponent = match.groups(default="")
    fraction = fraction.rstrip("0")
    point = len(whole) + int(exponent or "0")
    figures = (whole + fraction).rstrip("0") if point < len(whole) else whole + fraction
    if not len(figures) <= point <= _LONGEST_NUMBER or not figures.strip("0"):
        return raw
    return f"{sign}{figures.ljust(point, '0').lstrip('0')}"


def percent(raw: str, cuts: Sequence[Cut]) -> list[Cut]:
    """A path segment or a query field as in RFC 3986."""
    return _spread(_percent_units(raw), cuts, lambda text: quote(text, safe=""))


def percent_plus(raw: str, cuts: Sequence[Cut]) -> list[Cut]:
    """A form field: `+` is a space."""
    return _spread(_percent_units(raw), cuts, quote_plus)


def base64_text(raw: str, cuts: Sequence[Cut]) -> list[Cut]:
    """Base64 of UTF-8 text. Three bytes share four characters, so the whole is encoded again."""
    text = base64.b64decode(raw + "=" * (-len(raw) % 4)).decode()
    return [(0, len(raw), base64.b64encode(apply(text, cuts).encode()).decode())]


def units(pattern: re.Pattern[str]) -> Syntax:
    """Raw text in which each match of `pattern` stands for one code point; replacements are put in as they are."""

    def syntax(raw: str, cuts: Sequence[Cut]) -> list[Cut]:
        return _spread((match.span() for match in pattern.finditer(raw)), cuts, lambda text: text)

    return syntax


def _spread(spans: Iterable[tuple[int, int]], cuts: Sequence[Cut], encode: Callable[[str], str]) -> list[Cut]:
    """Shift `cuts` by the raw `spans` (ascending) that each stand for one code point before them."""
    places = _locate(spans, chain.from_iterable(cut[:2] for cut in cuts))
    return [(places[2 * i], places[2 * i + 1], encode(text)) for i, (_, _, text) in enumerate(cuts)]


def _locate(spans: Iterable[tuple[int, int]], offsets: Iterable[int]) -> list[int]:
    walk = iter(spans)
    span = next(walk, None)
    shift = 0
    places: list[int] = []
    for offset in offsets:
        while span is not None and span[0] - shift < offset:
            shift += span[1] - span[0] - 1
            span = next(walk, None)
        places.append(offset + shift)
    return places


def _percent_units(raw: str) -> Iterable[tuple[int, int]]:
    for match in _PERCENT_RUN.finditer(raw):
        start = match.start()
        for character in bytes.fromhex(match.group().replace("%", "")).decode():
            end = start + 3 * len(character.encode())
            yield start, end
            start = end
