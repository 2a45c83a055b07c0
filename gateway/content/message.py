"""A whole message as a Document: head and body, one numbering of parts, one rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.content import encodings, event_body, form_body, head, json_body, opaque, text_body
from gateway.content.body import Body
from gateway.content.media_types import Form, media_type
from gateway.protocols import for_route
from gateway.protocols.wire.media import looks_binary
from gateway.protocols.wire.parts import Collector, Source
from gateway.protocols.wire.reader import Schema, read_json
from gateway.types import Coverage, Direction, Edit, Headers, Limits, Message, Part, PartKind

_STALE: Final = frozenset(
    {b"content-length", b"content-encoding", b"transfer-encoding", b"content-md5", b"digest", b"content-digest",
     b"repr-digest", b"etag", b"signature", b"signature-input"}
)  # fmt: skip
"""What described the old bytes of an edited body."""


class MessageDocument:
    """A parsed message. Holds payload, and prints none of it."""

    __slots__ = ("_body", "_collector", "_head", "_message", "_schema")

    def __init__(self, message: Message, collector: Collector, head_parts: head.HeadParts, body: Body, schema: Schema):
        self._message = message
        self._collector = collector
        self._head = head_parts
        self._body = body
        self._schema = schema

    @property
    def parts(self) -> Sequence[Part]:
        return self._collector.parts

    @property
    def coverage(self) -> Coverage:
        seen = Coverage.PARTIAL if self._collector.unreadable else Coverage.FULL
        return self._body.coverage.worst(seen)

    @property
    def unreadable(self) -> Sequence[str]:
        return self._collector.unreadable

    def rebuild(self, edits: Sequence[Edit]) -> Message:
        """The message with `edits` made. An edited body is sent without content coding.

        Raises ValueError for edits that overlap or lie outside their part; ContentError where the result
        could not be sent: a replacement that its charset lacks, two keys that became one.
        """
        cuts = self._collector.cuts(edits)
        if not cuts:
            return self._message
        rebuilt = head.rebuild(self._message.head, self._head, cuts)
        source = self._body.source
        if source is None or source not in cuts:
            return replace(self._message, head=rebuilt)
        body = self._body.encode(cuts[source])
        self._check_keys(edits, body)
        rebuilt = replace(rebuilt, headers=_describe(rebuilt.headers, body))
        return replace(self._message, head=rebuilt, body=body)

    def _check_keys(self, edits: Sequence[Edit], body: bytes) -> None:
        """Two keys may have become the same one: a receiver would drop a value."""
        if self._body.is_json and any(self.parts[edit.part].kind is PartKind.KEY for edit in edits):
            read_json(Source(body.decode()), "body", Collector(self._collector.limits), self._schema)


def parse(message: Message, limits: Limits) -> MessageDocument:
    """Read every part of a message. Raises ContentError where that takes guessing."""
    protocol = for_route(message.route)
    schema = protocol.schema if message.direction is Direction.REQUEST else protocol.answers
    if message.direction is Direction.RESPONSE:
        limits = replace(limits, body=limits.decoded)  # its content coding is undone on its way in
    collector = Collector(limits)
    head_parts = head.read(message.head, collector, schema)
    body = _read_body(message, collector, schema, limits)
    return MessageDocument(message, collector, head_parts, body, schema)


def _read_body(message: Message, into: Collector, schema: Schema, limits: Limits) -> Body:
    headers = message.head.headers
    declared = media_type(headers)
    body = encodings.decode(headers, message.body, limits)
    if encodings.hides_text(encodings.coding_of(headers), message.body):
        into.cannot_read("body/@gzip")
    if not body:
        return Body(None)
    charset = declared.charset
    match declared.form:
        case Form.JSON:
            found = json_body.read(body, charset, into, schema)
        case Form.LINES:
            found = json_body.read_lines(body, charset, into, schema)
        case Form.FORM:
            found = form_body.read(body, charset, into, schema)
        case Form.EVENTS:
            found = event_body.read(body, into, schema)
        case Form.TEXT:
            found = text_body.read(body, charset, into)
        case Form.UNDECLARED:
            found = _read_undeclared(body, into, schema)
        case Form.OPAQUE:
            found = opaque.read(into)
    return found


def _read_undeclared(body: bytes, into: Collector, schema: Schema) -> Body:
    """JSON where it begins like JSON, and then strictly; else text where it is text; else opaque."""
    if body.lstrip(b" \t\r\n")[:1] in {b"{", b"["}:
        return json_body.read(body, "", into, schema)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return opaque.read(into)
    return opaque.read(into) if looks_binary(text) else text_body.read(body, "", into)


def _describe(headers: Headers, body: bytes) -> Headers:
    kept = tuple((name, value) for name, value in headers if name not in _STALE)
    return (*kept, (b"content-length", str(len(body)).encode()))
