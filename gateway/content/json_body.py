"""JSON bodies, and lines of JSON.

Rule for the next editor: bytes that we do not edit we do not re-serialise.
"""

from __future__ import annotations

from typing import Final

from gateway.content.body import ROOT, Body, decode_utf8
from gateway.errors import ContentError
from gateway.protocols.wire.cuts import plain
from gateway.protocols.wire.parts import Collector, Source
from gateway.protocols.wire.reader import Schema, read_json

_UTF8: Final = frozenset({"", "utf-8", "utf8"})
_ASCII_COMPATIBLE: Final = frozenset({"us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "windows-1252"})


def read(body: bytes, charset: str, into: Collector, schema: Schema) -> Body:
    """Raises ContentError: invalid_json, duplicate_key, too_deep, too_many_parts."""
    source = Source(_text(body, charset))
    read_json(source, ROOT, into, schema)
    return Body(source, is_json=True)


def read_lines(body: bytes, charset: str, into: Collector, schema: Schema) -> Body:
    """Newline-delimited JSON: `body/0`, `body/1`, …; empty lines are passed over."""
    text = _text(body, charset)
    source = Source(text)
    start = 0
    for number, line in enumerate(text.split("\n")):
        if line.strip():
            read_json(Source(line, (source, start, start + len(line), plain)), f"{ROOT}/{number}", into, schema)
        start += len(line) + 1
    return Body(source)


def _text(body: bytes, charset: str) -> str:
    # RFC 8259 knows UTF-8 only: a receiver that believes another declaration would read another text.
    if charset not in _UTF8 and not (charset in _ASCII_COMPATIBLE and body.isascii()):
        raise ContentError("invalid_json", "charset")
    return decode_utf8(body, "invalid_json")
