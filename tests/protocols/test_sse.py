"""Framing of server-sent events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ContentError
from gateway.protocols.sse import Framer, parse
from gateway.protocols.wire.cuts import apply

PIECES = st.sampled_from(
    [b"\n", b"\r", b"\r\n", b"data:", b"data: x", b"data", b"id: 1", b": c", b"\xef\xbb\xbf", b"x", b":"]
)
FIELDS = st.sampled_from(["data:", "data: ", "id: ", ": data: ", "datas: "])
STREAMS = st.lists(PIECES, max_size=14).map(b"".join)


def frame(chunks: list[bytes]) -> list[bytes]:
    framer = Framer()
    out = [event for chunk in chunks for event in framer.feed(chunk)]
    return [*out, rest] if (rest := framer.finish()) else out


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", [b"data: a\n\n", b"data: b\n\n"]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [b"data: a\r\n\r\n", b"data: b\r\r", b"data: c\n\n"]),
        (b"a\r\nb\r\n\r\n", [b"a\r\nb\r\n\r\n"]),
        (b"\n\ndata: a\n\n", [b"\n", b"\n", b"data: a\n\n"]),
        (b"a\n\r\nb", [b"a\n\r\n", b"b"]),
        (b"a\r\n\nb", [b"a\r\n\n", b"b"]),
    ],
)
def test_events_end_at_a_blank_line(raw: bytes, expected: list[bytes]) -> None:
    assert frame([raw]) == expected
    assert frame([raw[at : at + 1] for at in range(len(raw))]) == expected


@settings(max_examples=300, deadline=None)
@given(raw=STREAMS, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_chunks_do_not_matter(raw: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    whole = frame([raw])
    assert b"".join(whole) == raw
    assert frame([raw[a:b] for a, b in pairwise(places)]) == whole
    assert frame([raw[at : at + 1] for at in range(len(raw))]) == whole


@pytest.mark.parametrize(
    ("raw", "name", "data"),
    [
        (b"data: a\n\n", "", "a"),
        (b"data:a\n\n", "", "a"),
        (b"data:  a\n\n", "", " a"),
        (b"\xef\xbb\xbfdata: a\n\n", "", "a"),
        (b"event: x\ndata: a\ndata:b\ndata\nid: 7\n\n", "x", "a\nb\n"),
        (b"event:x\r\ndata: a\r\rdata", "x", "a\n"),
        (b": comment\n\n", "", None),
        (b"retry: 10\n\n", "", None),
        (b"data\n\n", "", ""),
        ("data: 张\u2028三\x85\n\n".encode(), "", "张\u2028三\x85"),
    ],
)
def test_fields(raw: bytes, name: str, data: str | None) -> None:
    event = parse(raw)
    assert (event.name, event.data) == (name, data)


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(
        st.tuples(st.sampled_from(["data:", "data: ", "id: ", ": data: ", "datas: "]), st.text("ab:", max_size=4))
    ),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    at=st.integers(0, 30),
)
def test_an_edit_of_the_data_lands_where_it_should(lines: list[tuple[str, str]], end: str, at: int) -> None:
    raw = "".join(f"{field}{text}{end}" for field, text in lines) + end
    event = parse(raw.encode())
    if event.data is None or event.leaf is None:
        return
    at = min(at, len(event.data))
    source, start, stop, syntax = event.leaf
    moved = [(start + a, start + b, text) for a, b, text in syntax(source.text[start:stop], [(at, at, "X")])]
    assert parse(apply(source.text, moved).encode()).data == event.data[:at] + "X" + event.data[at:]


def test_no_text_but_utf8() -> None:
    with pytest.raises(ContentError, match="invalid_stream"):
        parse(b"data: \xff\n\n")
