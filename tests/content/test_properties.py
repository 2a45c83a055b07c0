"""Properties of every codec: any bytes, any edits."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content import parse
from gateway.errors import ContentError
from gateway.types import Coverage, Edit, Message, PartKind, Route

from .samples import CHAT, LIMITS, MESSAGES, UNKNOWN, request, texts

TYPES = [
    "application/json",
    "application/x-ndjson",
    "application/x-www-form-urlencoded",
    "text/event-stream",
    "text/plain",
    "text/plain; charset=gbk",
    "text/plain; charset=utf-16",
    "image/png",
    None,
]
CHUNKS = st.sampled_from(
    [b'{"', b'":', b'"', b"}", b"[", b"]", b",", b"\\u00", b"31", b"\\", b"\n", b"data: ", b"%", b"41", b"=", b"&",
     b"+", b"1e5", b"-0", b"true", b"\xef\xbb\xbf", "张".encode(), b"\xff", b"\x00", b"\r", b"messages", b"content"]
)  # fmt: skip
BYTES = st.one_of(st.binary(max_size=200), st.lists(CHUNKS, max_size=30).map(b"".join))
TEXT = st.text(max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["messages", "content", "role", "input", "data"]) | TEXT, inner, max_size=4),
        inner.map(json.dumps),
        inner.map(lambda value: json.dumps(value, ensure_ascii=False)),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=120, deadline=None)
@given(raw=BYTES, route=st.sampled_from([CHAT, MESSAGES, UNKNOWN]))
def test_any_bytes_are_read_or_refused(kind: str | None, raw: bytes, route: Route) -> None:
    message = request(raw, kind, route)
    try:
        document = parse(message, LIMITS)
    except ContentError:
        return
    assert document.rebuild(()) is message
    assert len({part.id for part in document.parts}) == len(document.parts)
    if document.coverage is not Coverage.NONE:
        packed = request(gzip.compress(raw), kind, route, ((b"content-encoding", b"gzip"),))
        assert texts(parse(packed, LIMITS)) == texts(document)


@settings(max_examples=80, deadline=None)
@given(path=st.text(max_size=20), query=st.text(max_size=30), name=st.binary(max_size=9), value=st.binary(max_size=40))
def test_any_head_is_read_or_refused(path: str, query: str, name: bytes, value: bytes) -> None:
    message = request(b"", None, UNKNOWN, ((name, value),), f"/{path}", query)
    try:
        document = parse(message, LIMITS)
    except ContentError:
        return
    assert document.rebuild(()) is message


def leaves(value: Any) -> list[str]:
    """All strings, numbers and keys of a JSON value, JSON inside strings opened."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in (key, *leaves(inner))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    if isinstance(value, str):
        if value.strip(" \t\r\n")[:1] in {"{", "["}:
            try:
                return leaves(json.loads(value))
            except ValueError:
                return [value]
        return [value]
    return []


@settings(max_examples=150, deadline=None)
@given(value=JSON, ascii_only=st.booleans())
def test_every_string_of_a_value_is_found(value: Any, ascii_only: bool) -> None:
    document = parse(request(json.dumps(value, ensure_ascii=ascii_only).encode(), route=UNKNOWN), LIMITS)
    found = [part.text for part in document.parts if part.path.startswith("body") and part.kind is not PartKind.NUMBER]
    assert sorted(found) == sorted(leaves(value))


def edited(data: st.DataObject, message: Message) -> tuple[Message, list[str]]:
    """The message with random edits of its texts, and the texts that must come out."""
    document = parse(message, LIMITS)
    edits: list[Edit] = []
    expected: list[str] = []
    for part in document.parts:
        if not part.path.startswith("body"):
            continue
        text = part.text
        if part.kind is not PartKind.KEY and data.draw(st.booleans()):
            end = data.draw(st.integers(0, len(text)))
            start = data.draw(st.integers(0, end))
            new = data.draw(st.text(st.characters(exclude_characters="{[", exclude_categories=["Cs"]), max_size=5))
            edits.append(Edit(part.id, start, end, new))
            text = text[:start] + new + text[end:]
        expected.append(text)
    return document.rebuild(edits[::-1]), expected


@settings(max_examples=150, deadline=None)
@given(data=st.data(), value=JSON, ascii_only=st.booleans())
def test_edited_json_reads_as_edited(data: st.DataObject, value: Any, ascii_only: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=1).encode()
    message, expected = edited(data, request(raw, route=UNKNOWN))
    json.loads(message.body)
    # A text may have become JSON by its edit: then its leaves are read, and the whole comparison is of strings.
    again = [part.text for part in parse(message, LIMITS).parts if part.path.startswith("body")]
    assert again == expected or any(text.lstrip()[:1] in {"{", "["} for text in expected)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), fields=st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=4))
def test_edited_forms_read_as_edited(data: st.DataObject, fields: list[tuple[str, str]]) -> None:
    from urllib.parse import urlencode

    kind = "application/x-www-form-urlencoded"
    message, expected = edited(data, request(urlencode(fields).encode(), kind, UNKNOWN))
    again = [part.text for part in parse(message, LIMITS).parts if part.path.startswith("body")]
    assert again == expected or any(text.lstrip()[:1] in {"{", "["} for text in expected)
