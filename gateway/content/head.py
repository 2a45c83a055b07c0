"""The head of a message as parts: path segments, query fields, header values and unusual header names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.content import percent
from gateway.content.form_body import read_fields
from gateway.content.header_words import CREDENTIALS, KNOWN, QUERY, SEGMENTS, STRICT
from gateway.errors import ContentError
from gateway.protocols.wire import cuts as wire
from gateway.protocols.wire.cuts import Cut, plain
from gateway.protocols.wire.parts import Collector, Source
from gateway.protocols.wire.reader import Schema, read_text
from gateway.types import Headers, PartKind, RequestHead, ResponseHead

_NARROW: Final = re.compile(
    r"(?=(?:[^0-9]*[0-9]){0,6}[^0-9]*\Z)"
    r"(?:(?:q|charset|max-age)=|[A-Za-z]{1,16}(?![A-Za-z0-9=])|[0-9]{1,3}(?![A-Za-z0-9=])|[*/+.;,\"_ -])*"
)
"""Short words and small numbers, six digits in all: too little for a number that means somebody, however its
digits are set apart, and no letters among digits as in a key. What holds more is read like any other value."""
_DATE: Final = re.compile(r"[A-Za-z]{3}, \d\d [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT")
_LENGTH: Final = re.compile(r"\d{1,18}")
_FEW_DIGITS: Final = 7
_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(slots=True)
class HeadParts:
    """Where each source of a head goes back to."""

    host: Source | None = field(default=None, repr=False)
    path: Source | None = field(default=None, repr=False)
    query: Source | None = field(default=None, repr=False)
    values: dict[Source, int] = field(default_factory=dict, repr=False)
    """Source of a header value → index of the header."""
    names: dict[Source, int] = field(default_factory=dict, repr=False)


def read(head: RequestHead | ResponseHead, into: Collector, schema: Schema) -> HeadParts:
    """Add the parts of a head. Raises ContentError: invalid_headers, too_many_parts, too_deep."""
    found = HeadParts()
    if isinstance(head, RequestHead):
        if _tells(head.target.host):
            found.host = Source(head.target.host)
            into.add("host", PartKind.PATH, head.target.host, (found.host, 0, len(head.target.host), plain))
        found.path = Source(head.target.path)
        _read_path(found.path, into)
        if head.target.query:
            found.query = Source(head.target.query)
            known = schema.vocabulary | QUERY
            kinds = (PartKind.QUERY, PartKind.QUERY)
            read_fields(found.query, "query", into, known, kinds, "invalid_headers")
    for index, (name, value) in enumerate(head.headers):
        _read_header(index, name, value, into, found)
    return found


def rebuild(
    head: RequestHead | ResponseHead, found: HeadParts, cuts: Mapping[Source, Sequence[Cut]]
) -> RequestHead | ResponseHead:
    """`head` with the cuts that belong to it. Raises ContentError where a header could not be sent any more."""
    headers = tuple(_rebuild_headers(head.headers, found, cuts))
    if isinstance(head, ResponseHead):
        return replace(head, headers=headers)
    target = head.target
    if found.host is not None and found.host in cuts:
        raise ContentError("upstream_not_allowed", "host")  # under another name it would be another upstream
    if found.path is not None and found.path in cuts:
        target = replace(target, path=wire.apply(found.path.text, cuts[found.path]))
    if found.query is not None and found.query in cuts:
        target = replace(target, query=wire.apply(found.query.text, cuts[found.query]))
    return replace(head, target=target, headers=headers)


def _tells(host: str) -> bool:
    """Whether a host name, which a forward proxy's client chooses, has room for a number that means somebody."""
    if sum(character.isdigit() for character in host) < _FEW_DIGITS:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _read_path(source: Source, into: Collector) -> None:
    start = 0
    for number, segment in enumerate(source.text.split("/")):
        end = start + len(segment)
        if segment and segment not in SEGMENTS:
            text = percent.decode(segment, plus=False, code="invalid_headers")
            into.add(f"path/{max(0, number - 1)}", PartKind.PATH, text, (source, start, end, wire.percent))
        start = end + 1


def _read_header(index: int, raw_name: bytes, raw: bytes, into: Collector, found: HeadParts) -> None:
    name = raw_name.decode("latin-1")
    label = name
    if name not in KNOWN:
        label = f"#{index}"
        source = Source(name)
        found.names[source] = index
        into.add(f"headers/{label}@name", PartKind.HEADER, name, (source, 0, len(name), plain))
    value = _decode(raw)
    if not value or (name in STRICT and _is_narrow(name, value)):
        return
    source = Source(value)
    found.values[source] = index
    kind = PartKind.CREDENTIAL if name in CREDENTIALS else PartKind.HEADER
    read_text(value, f"headers/{label}", kind, into, (source, 0, len(value), plain))


def _is_narrow(name: str, value: str) -> bool:
    if name == "content-length":
        return _LENGTH.fullmatch(value) is not None  # it frames the body, so it is checked and written anew anyway
    return _NARROW.fullmatch(value) is not None or _DATE.fullmatch(value) is not None


def _rebuild_headers(headers: Headers, found: HeadParts, cuts: Mapping[Source, Sequence[Cut]]) -> Headers:
    if not cuts:
        return headers
    changed = [list(header) for header in headers]
    for source, index in found.values.items():
        if source in cuts:
            changed[index][1] = _encode(wire.apply(source.text, cuts[source]), headers[index][1])
    for source, index in found.names.items():
        if source in cuts:
            changed[index][0] = _encode_name(wire.apply(source.text, cuts[source]))
    return tuple((name, value) for name, value in changed)


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _encode(text: str, was: bytes) -> bytes:
    """In the character set of the value before; never with what would begin another header."""
    if _FORBIDDEN.search(text):
        raise ContentError("invalid_headers", "control character in a replacement")
    try:
        was.decode()
    except UnicodeDecodeError:
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            raise ContentError("invalid_headers", "character set of a replacement") from None
    return text.encode()


def _encode_name(text: str) -> bytes:
    name = text.lower().encode("ascii", "replace").replace(b"?", b"-")
    if _NAME.fullmatch(name) is None:
        raise ContentError("invalid_headers", "header name")
    return name
