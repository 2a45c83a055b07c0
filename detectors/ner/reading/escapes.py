"""Letters written as numbers: percent and quoted-printable bytes, `\\x`, octal, `\\u`, character references, encoded
words of mail headers; and line breaks as source text has them. Each character maps to the escape that it was.

What does not decode stays as it is: in `20%Dean Smith` nothing is an escape. A `\\n` before a small letter is none
where it may be a folder's or an account's name (`CORP\\nancy`).
"""

from __future__ import annotations

import binascii
import html
import quopri
import re
from collections.abc import Callable, Iterator, Mapping
from html.entities import html5
from typing import Final

from detectors.views.view import Builder, View

_HEX: Final = "[0-9A-Fa-f]"
_MANY: Final = 4095
_ESCAPED: Final = re.compile(
    rf"(?P<percent>(?:%{_HEX}{{2}}){{1,{_MANY}}})"
    rf"|(?P<quoted>(?:=[89A-Fa-f]{_HEX}(?:=\r?\n)?){{2,{_MANY}}})"
    rf"|(?P<entity>&(?:\#[0-9]{{1,7}}|\#[xX]{_HEX}{{1,6}}|[A-Za-z]{{2,8}});)"
    rf"|(?P<unit>(?:\\{{1,8}}u{_HEX}{{4}}){{1,{_MANY}}})"
    rf"|(?P<point>\\{{1,8}}(?:u\{{{_HEX}{{1,6}}\}}|U{_HEX}{{8}}))"
    rf"|(?P<byte>(?:\\{{1,8}}x{_HEX}{{2}}){{1,{_MANY}}})"
    rf"|(?P<octal>(?:\\{{1,8}}[23][0-7]{{2}}){{2,{_MANY}}})"
    r"|(?P<line>(?:(?<![A-Za-z0-9:\\])\\{1,8}[nrt]|\\{1,8}[nrt](?=[^a-z]|\Z)))"
    r"|(?P<word>=\?[\w-]{2,20}\?[BbQq]\?[^?\s]{1,200}\?=)"
)
_UTF8: Final = re.compile(
    rb"[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_GBK: Final = re.compile(rb"[\x00-\x7f]|[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_UNIT: Final = re.compile(rf"\\+u({_HEX}{{4}})")
_BYTE: Final = {
    "percent": re.compile(rf"%({_HEX}{{2}})"),
    "quoted": re.compile(rf"=({_HEX}{{2}})(?:=\r?\n)?"),
    "byte": re.compile(rf"\\+x({_HEX}{{2}})"),
    "octal": re.compile(r"\\+([0-7]{3})"),
}

type _Piece = tuple[str, int, int]
"""Letters, and where in the escape they were written."""


def unescape(text: str) -> View | None:
    """None: there is nothing to undo."""
    if not ("\\" in text or "%" in text or "&" in text or "=" in text):
        return None
    builder, at = Builder(), 0
    for match in _ESCAPED.finditer(text):
        shift = match.start()
        for plain, low, high in _UNDO[str(match.lastgroup)](match):
            builder.add(text[at : shift + low], at, shift + low, width=1)
            builder.add(plain, shift + low, shift + high)
            at = shift + high
    if at == 0:
        return None
    builder.add(text[at:], at, len(text), width=1)
    return builder.view()


def _bytes(match: re.Match[str]) -> Iterator[_Piece]:
    """UTF-8; where the run is none, GBK if all of it is that. ASCII alone only of percent and `\\x`."""
    kind, base = str(match.lastgroup), 8 if match.lastgroup == "octal" else 16
    written = list(_BYTE[kind].finditer(match[0]))
    data = bytes(int(one[1], base) for one in written)
    charset, shape = "utf-8", _UTF8
    if kind != "byte" and not _decodes(data, "utf-8") and _decodes(data, "gbk"):
        charset, shape = "gbk", _GBK
    for one in shape.finditer(data):
        low, high = one.span()
        yield one[0].decode(charset), written[low].start(), written[high - 1].end()


def _decodes(data: bytes, charset: str) -> bool:
    try:
        data.decode(charset)
    except UnicodeDecodeError:
        return False
    return True


def _units(match: re.Match[str]) -> Iterator[_Piece]:
    """UTF-16. Half a pair stays as it is written."""
    written = list(_UNIT.finditer(match[0]))
    units = [int(one[1], 16) for one in written]
    place = 0
    while place < len(units):
        unit, following = units[place], units[place + 1] if place + 1 < len(units) else 0
        if not 0xD800 <= unit < 0xE000:
            yield chr(unit), *written[place].span()
        elif unit < 0xDC00 <= following < 0xE000:
            char = chr(0x10000 + ((unit - 0xD800) << 10) + (following - 0xDC00))
            place += 1
            yield char, written[place - 1].start(), written[place].end()
        place += 1


def _point(match: re.Match[str]) -> Iterator[_Piece]:
    code = int(match[0].lstrip("\\")[1:].strip("{}"), 16)
    if code < 0x110000 and not 0xD800 <= code < 0xE000:
        yield chr(code), 0, len(match[0])


def _entity(match: re.Match[str]) -> Iterator[_Piece]:
    if match[0][1] == "#" or match[0][1:] in html5:  # `&notes;` would become `¬es;` else
        yield html.unescape(match[0]), 0, len(match[0])


def _line(match: re.Match[str]) -> Iterator[_Piece]:
    yield "\t" if match[0][-1] == "t" else "\n", 0, len(match[0])


def _word(match: re.Match[str]) -> Iterator[_Piece]:
    """RFC 2047."""
    _, charset, coding, said, _ = match[0].split("?")
    try:
        data = binascii.a2b_base64(said) if coding in "Bb" else quopri.decodestring(said, header=True)
        yield data.decode(charset), 0, len(match[0])
    except (binascii.Error, ValueError, LookupError):
        return


_UNDO: Final[Mapping[str, Callable[[re.Match[str]], Iterator[_Piece]]]] = {
    "percent": _bytes,
    "quoted": _bytes,
    "byte": _bytes,
    "octal": _bytes,
    "unit": _units,
    "point": _point,
    "entity": _entity,
    "line": _line,
    "word": _word,
}
