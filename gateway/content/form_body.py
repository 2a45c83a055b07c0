"""Forms as URL-encoded fields, in bodies and in queries: names and values are parts."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gateway.content import percent
from gateway.content.body import ROOT, Body, decode_utf8
from gateway.errors import ContentError
from gateway.protocols.wire.cuts import percent_plus
from gateway.protocols.wire.parts import Collector, Source
from gateway.protocols.wire.reader import Schema, read_text
from gateway.types import PartKind


def read(body: bytes, charset: str, into: Collector, schema: Schema) -> Body:
    """Raises ContentError: invalid_form, too_many_parts, too_deep."""
    if charset not in {"", "utf-8", "utf8", "us-ascii"}:
        raise ContentError("invalid_form", "charset")
    source = Source(decode_utf8(body, "invalid_form"))
    read_fields(source, ROOT, into, schema.vocabulary, (PartKind.KEY, PartKind.TEXT), "invalid_form")
    return Body(source)


def read_fields(
    source: Source,
    path: str,
    into: Collector,
    known: Collection[str],
    kinds: tuple[PartKind, PartKind],
    code: str,
) -> None:
    """Add names and values of `a=1&b=2`. `kinds`: of names and of values. `known`: names that are no parts."""
    for number, (start, equals, end) in enumerate(_fields(source.text)):
        name = percent.decode(source.text[start:equals], plus=True, code=code)
        label = name if name in known else f"#{number}"
        if name not in known:
            into.add(f"{path}/{label}@key", kinds[0], name, (source, start, equals, percent_plus))
        value = percent.decode(source.text[equals + 1 : end], plus=True, code=code)
        if equals < end:
            read_text(value, f"{path}/{label}", kinds[1], into, (source, equals + 1, end, percent_plus))


def _fields(text: str) -> Iterator[tuple[int, int, int]]:
    """Start, place of `=` (the end where there is none) and end of each field."""
    start = 0
    for field in text.split("&"):
        end = start + len(field)
        equals = text.find("=", start, end)
        if field:
            yield start, end if equals < 0 else equals, end
        start = end + 1
