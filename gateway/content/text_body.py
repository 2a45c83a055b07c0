"""Plain text in the character sets of the Chinese and the Western web."""

from __future__ import annotations

import codecs
from typing import Final

from gateway.content.body import ROOT, Body
from gateway.errors import ContentError
from gateway.protocols.wire.cuts import plain
from gateway.protocols.wire.parts import Collector, Source
from gateway.protocols.wire.reader import read_text
from gateway.types import PartKind

_CHARSETS: Final = {
    "": "utf-8", "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "gb18030": "gb18030", "gbk": "gbk", "gb2312": "gbk", "big5": "big5",
    "iso-8859-1": "latin-1", "latin-1": "latin-1", "latin1": "latin-1", "windows-1252": "cp1252",
}  # fmt: skip
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", {"utf-8"}),
    (codecs.BOM_UTF16_LE, "utf-16-le", {"utf-16", "utf-16-le"}),
    (codecs.BOM_UTF16_BE, "utf-16-be", {"utf-16", "utf-16-be"}),
)


def read(body: bytes, charset: str, into: Collector) -> Body:
    """Raises ContentError: invalid_text, too_many_parts, too_deep."""
    name = _CHARSETS.get(charset)
    if name is None:
        raise ContentError("invalid_text", "charset")
    mark, name = _mark(body, name, declared=bool(charset))
    try:
        text = body[len(mark) :].decode(name)
        exact = text.encode(name) == body[len(mark) :]
    except UnicodeError:
        raise ContentError("invalid_text") from None
    if not exact:
        raise ContentError("invalid_text", "not reversible")
    source = Source(text)
    read_text(text, ROOT, PartKind.TEXT, into, (source, 0, len(text), plain))
    return Body(source, charset=name, mark=mark)


def _mark(body: bytes, charset: str, declared: bool) -> tuple[bytes, str]:
    """The byte order mark, and the character set without one."""
    for mark, name, of in _MARKS:
        if body.startswith(mark) and (not declared or charset in of):
            return mark, name
    # RFC 2781: without a mark, utf-16 is big-endian.
    return b"", "utf-16-be" if charset == "utf-16" else charset
