"""An event stream as a whole message: the data of each event is read, and so is every other line.

A value that is split over two events is two parts here; answers that flow are joined by the stream transforms.
"""

from __future__ import annotations

from gateway.content.body import ROOT, Body, decode_utf8
from gateway.protocols import sse
from gateway.protocols.wire.cuts import plain
from gateway.protocols.wire.parts import Collector, Source
from gateway.protocols.wire.reader import Schema, read_json, read_text
from gateway.types import PartKind


def read(body: bytes, into: Collector, schema: Schema) -> Body:
    """Raises ContentError: invalid_stream, invalid_json, duplicate_key, too_deep, too_many_parts."""
    mark = b"\xef\xbb\xbf" if body.startswith(b"\xef\xbb\xbf") else b""
    source = Source(decode_utf8(body[len(mark) :], "invalid_stream"))
    framer = sse.Framer(len(body) + 1)
    start = 0
    for number, raw in enumerate([*framer.feed(body[len(mark) :]), framer.finish()]):
        text = raw.decode()
        end = start + len(text)
        event = sse.parse_text(text, (source, start, end, plain))
        _read_event(event, f"{ROOT}/{number}", into, schema)
        start = end
    return Body(source, mark=mark)


def _read_event(event: sse.Event, path: str, into: Collector, schema: Schema) -> None:
    for number, (start, end) in enumerate(event.others):
        leaf = (event.source, start, end, plain)
        into.add(f"{path}/@{number}", PartKind.TEXT, event.source.text[start:end], leaf)
    if event.data is None or event.leaf is None:
        return
    if event.data.strip() != "[DONE]" and event.data.lstrip().startswith(("{", "[")):
        read_json(Source(event.data, event.leaf), path, into, schema)
    else:
        read_text(event.data, path, PartKind.TEXT, into, event.leaf)
