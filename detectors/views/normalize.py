"""Views of a text that show what its spelling hides: full-width and other forms of digits and letters, zero-width
characters, Chinese numerals, percent- and entity-encoding, base64 and hex.

Whether a view applies is asked by the same Hyperscan pass that looks for candidates (`TRIGGERS`), so a view that does
not apply costs nothing. Every view maps back to the original offsets (detectors.views.view).
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from typing import Final

from detectors.matching.matcher import Trigger
from detectors.matching.runs import LEAST
from detectors.views.view import Builder, Kept, SameLength, View


def _utf8(chars: str) -> str:
    """A byte-mode alternation of the characters."""
    return "(?:" + "|".join("".join(f"\\x{byte:02x}" for byte in char.encode()) for char in chars) + ")"


_NUMERALS: Final = {
    **dict(zip("〇一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("零壹贰叁肆伍陆柒捌玖", "0123456789", strict=True)),
    **dict(zip("○幺貳參陸两", "012362", strict=True)),
}
_DASHES: Final = "‐‑‒–—―−﹣－"
_SPACES: Final = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_INVISIBLE: Final = (
    "\u0332\u0333\u0335\u0336\u0337\u0338\u20dd\u20de\u20e0\u20e3"  # lines and keys drawn over a character
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07\ufe08"
    "\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f\ufeff"
)
_LOOKALIKE_RANGES: Final = (
    (0x00B2, 0x00BA),
    (0x0660, 0x066A),
    (0x06F0, 0x06FA),
    (0x0966, 0x0970),
    (0x09E6, 0x09F0),
    (0x0E50, 0x0E5A),
    (0x2070, 0x208A),
    (0x2100, 0x2140),
    (0x2460, 0x2469),
    (0x24B6, 0x24EB),
    (0xFE50, 0xFE70),
    (0xFF01, 0xFF5F),
    (0x1D400, 0x1D800),
)


_LIKE_X_AND_O: Final = "ХхОоΧχΟο"
"""Cyrillic and Greek."""


def _fold_table() -> dict[int, str]:
    table = {ord(char): "-" for char in _DASHES} | {ord(char): " " for char in _SPACES}
    for low, high in _LOOKALIKE_RANGES:
        for code in range(low, high):
            plain = unicodedata.normalize("NFKC", chr(code))
            digit = unicodedata.digit(chr(code), None)
            if digit is not None:
                table[code] = str(digit)
            elif len(plain) == 1 and plain.isascii() and not plain.isspace():
                table[code] = plain
    marks = {ord("。"): ".", ord("｡"): ".", ord("【"): "[", ord("】"): "]"}
    return table | marks | {ord(char): plain for char, plain in zip(_LIKE_X_AND_O, "XxOoXxOo", strict=True)}


_FOLD: Final = _fold_table()
_DROPPED: Final = re.compile(rf"[{_INVISIBLE}]|(?<=[0-9])\0{{1,4}}(?=[0-9])")
_NUMERAL_RUN: Final = re.compile(f"[{''.join(_NUMERALS)}0-9](?:[ -]?[{''.join(_NUMERALS)}0-9]){{6,40}}")
_NUMERAL_TABLE: Final = str.maketrans(_NUMERALS)
_FOREIGN_DIGITS: Final = (
    r"(?:\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]|\xe0\xa5[\xa6-\xaf]|\xe0\xa7[\xa6-\xaf]|\xe0\xb9[\x90-\x99]|\xe2\x91[\xa0-\xa8]|"
    r"\xe2\x93[\xaa]|\xc2[\xb2\xb3\xb9]|\xe2\x81[\xb0-\xb9]|\xe2\x82[\x80-\x89])"
)
_ALNUM: Final = "[0-9A-Za-z]"
SHORTEST: Final = LEAST


def _folds(expression: str) -> Trigger:
    return Trigger("fold", expression, once=False, wide=True, regions=True)


TRIGGERS: Final = (
    _folds(r"(?:\xef\xbc[\x90-\x99\xa1-\xba]|\xef\xbd[\x81-\x9a]){2}"),
    _folds(rf"(?:\xef\xbc\xa0|{_ALNUM}(?:\xef\xbc[\x8d\x8e]|\xe3\x80\x82){_ALNUM})"),
    _folds(r"\xf0\x9d[\x90-\x9f][\x80-\xbf]"),
    _folds(_FOREIGN_DIGITS + "{3}"),
    _folds(rf"{_ALNUM}{_utf8(_INVISIBLE)}{{1,4}}(?:{_ALNUM}|@|\.)"),
    _folds(rf"(?:@|\.|-){_utf8(_INVISIBLE)}{{1,4}}{_ALNUM}"),
    _folds(rf"[0-9]{_utf8(_SPACES + _DASHES)}[0-9]"),
    _folds(rf"{_utf8(''.join(_NUMERALS))}(?:[ \-]?(?:[0-9]|{_utf8(''.join(_NUMERALS))})){{6}}"),
    _folds(rf"[0-9]{_utf8(_LIKE_X_AND_O)}"),
    Trigger("fold", r"[0-9]\x00{1,4}[0-9]", once=False, regions=True),
    Trigger("unescape", r"%[0-9A-Fa-f]{2}", once=False, regions=True),
    Trigger("unescape", r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});", once=False, regions=True),
    Trigger("unescape", r"\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})", once=False, regions=True),
)


def soften(text: str) -> str:
    """`\\n`, `\\r`, `\\t` as written in source text: the letter becomes the blank that it stands for, so that it does
    not touch the value behind it. Same length."""
    pieces = text.split("\\")
    for place in range(1, len(pieces)):
        piece = pieces[place]
        if piece and piece[0] in _WRITTEN:
            pieces[place] = _WRITTEN[piece[0]] + piece[1:]
    return "\\".join(pieces)


_WRITTEN: Final = {"n": "\n", "r": "\r", "t": "\t"}


def fold(text: str) -> View | None:
    """Look-alikes of ASCII to ASCII, invisible characters left out, Chinese numerals in long numbers to digits."""
    places: list[int] | None = None
    plain = text
    if _DROPPED.search(text):
        places = []
        at = 0
        for gap in _DROPPED.finditer(text):
            places += range(at, gap.start())
            at = gap.end()
        places += range(at, len(text))
        plain = _DROPPED.sub("", text)
    plain = plain.translate(_FOLD)
    plain = _NUMERAL_RUN.sub(lambda run: run[0].translate(_NUMERAL_TABLE), plain)
    if plain == text:
        return None
    return SameLength(plain) if places is None else Kept(plain, places)


_ESCAPED: Final = re.compile(
    r"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}){0,4095}|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    r"|\\u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4}){0,4095}|\\x[0-9A-Fa-f]{2}"
)
"""Each way begins with a literal, so that `re` skips what begins none."""
_UTF8_CHARACTER: Final = re.compile(
    rb"[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff]"
)


def unescape(text: str) -> View | None:
    """Percent-encoding, character references and `\\u` escapes, each mapped to the escape that it was."""
    builder = Builder()
    at = 0
    for match in _ESCAPED.finditer(text):
        start, end = match.span()
        builder.add(text[at:start], at, start, width=1)
        token = match[0]
        if token[0] == "%":
            _percent(builder, token, start)
        elif token[0] == "&":
            builder.add(_entity(token), start, end)
        elif token[1] == "u":
            _utf16(builder, token, start)
        else:
            builder.add(chr(int(token.removeprefix("\\x"), 16)), start, end)
        at = end
    if at == 0:
        return None
    builder.add(text[at:], at, len(text), width=1)
    return builder.view()


@functools.lru_cache(maxsize=4096)
def _entity(token: str) -> str:
    return html.unescape(token)


def _percent(builder: Builder, token: str, start: int) -> None:
    data = bytes.fromhex(token.replace("%", ""))
    if data.isascii():
        builder.add(data.decode(), start, start + len(token), width=3)
        return
    for character in _UTF8_CHARACTER.finditer(data):
        low, high = character.span()
        builder.add(character[0].decode("utf-8", "replace"), start + 3 * low, start + 3 * high)


def _utf16(builder: Builder, token: str, start: int) -> None:
    units = [int(unit, 16) for unit in token[2:].split("\\u")]
    if not any(0xD800 <= unit < 0xE000 for unit in units):
        builder.add("".join(map(chr, units)), start, start + len(token), width=6)
        return
    place = 0
    while place < len(units):
        unit = units[place]
        following = units[place + 1] if place + 1 < len(units) else 0
        pair = 0xD800 <= unit < 0xDC00 and 0xDC00 <= following < 0xE000
        char = chr(0x10000 + ((unit - 0xD800) << 10) + (following - 0xDC00)) if pair else chr(unit)
        width = 2 if pair else 1
        builder.add(char, start + 6 * place, start + 6 * (place + width))
        place += width
