"""Forms, texts, event streams, and bodies that nothing can read."""

from __future__ import annotations

import pytest

from gateway.content import parse
from gateway.errors import ContentError
from gateway.types import Coverage, PartKind

from .samples import LIMITS, PHONE, UNKNOWN, kinds, replace_all, request, swap, texts

FORM = "application/x-www-form-urlencoded"


def test_form_fields_are_parts() -> None:
    document = parse(request(b"model=gpt+4&%E5%A7%93=%E5%BC%A0+%E4%B8%89&flag&=x&&a=b=c", FORM), LIMITS)
    assert texts(document) == {
        "body/model": "gpt 4",
        "body/#1@key": "姓",
        "body/#1": "张 三",
        "body/#2@key": "flag",
        "body/#3@key": "",
        "body/#3": "x",
        "body/#4@key": "a",
        "body/#4": "b=c",
    }
    assert kinds(document)["body/#1@key"] is PartKind.KEY


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a=%E5%BC%A013800138000%21&b=+", b"a=%E5%BC%A0T+%26%E5%BC%A0%21&b=+"),
        (b"a=%31%33800138000%2f", b"a=T+%26%E5%BC%A0%2f"),
        (b"13800138000=1", b"T+%26%E5%BC%A0=1"),
        (b"j=%7B%22a%22:%2213800138000%22%7D", b"j=%7B%22a%22:%22T+%26%E5%BC%A0%22%7D"),
    ],
)
def test_an_edit_of_a_form_is_spliced(raw: bytes, expected: bytes) -> None:
    assert swap(request(raw, FORM), new="T &张") == expected


@pytest.mark.parametrize("raw", [b"a=%", b"a=%4", b"a=%zz", b"a=%ff", b"a=%e5%bc", b"\xff=1"])
def test_broken_forms_are_refused(raw: bytes) -> None:
    with pytest.raises(ContentError, match="invalid_form"):
        parse(request(raw, FORM), LIMITS)


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("", "utf-8"),
        ("utf-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-16-be"),
        ("", "utf-16"),
        ("utf-16le", "utf-16-le"),
        ("gb18030", "gb18030"),
        ("GBK", "gbk"),
        ("gb2312", "gbk"),
        ("big5", "big5"),
    ],
)
def test_text_is_edited_in_its_own_character_set(charset: str, codec: str) -> None:
    raw = f"台灣{PHONE}。\r\n".encode(codec)
    message = request(raw, f"text/plain; charset={charset}" if charset else "text/plain")
    document = parse(message, LIMITS)
    assert texts(document) == {"body": f"台灣{PHONE}。\r\n"}
    assert document.rebuild(()) is message
    assert replace_all(document, new="號碼").body == "台灣號碼。\r\n".encode(codec)


@pytest.mark.parametrize(
    ("raw", "charset"),
    [
        (b"\xff\xff", ""),
        (b"\x80", "us-ascii"),
        (b"\x81", "gbk"),
        (b"x", "utf-7"),
        (b"x", "ebcdic"),
        (b"\x00", "utf-16"),
        (b"\x00\xd8", "utf-16le"),
    ],
)
def test_text_that_cannot_be_read_is_refused(raw: bytes, charset: str) -> None:
    with pytest.raises(ContentError, match="invalid_text"):
        parse(request(raw, f"text/plain; charset={charset}" if charset else "text/plain"), LIMITS)


def test_latin1_takes_no_other_character() -> None:
    message = request(f"é {PHONE}".encode("latin-1"), "text/plain; charset=iso-8859-1")
    assert swap(message, new="T") == "é T".encode("latin-1")
    with pytest.raises(ContentError, match="invalid_text"):
        swap(message, new="张")


def test_json_under_another_name_is_opened() -> None:
    assert swap(request(rb'{"a":"\u003113800138000"}', "text/plain"), new="T") == rb'{"a":"\u0031T"}'


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b' {"messages":"hi"}', {"body/messages": "hi"}),
        (b"13800138000", {"body": PHONE}),
        ("你好".encode(), {"body": "你好"}),
    ],
)
def test_a_body_without_a_type(raw: bytes, expected: dict[str, str]) -> None:
    document = parse(request(raw, None), LIMITS)
    assert texts(document) == expected
    assert document.coverage is Coverage.FULL


def test_a_body_without_a_type_that_begins_like_json_must_be_json() -> None:
    with pytest.raises(ContentError, match="invalid_json"):
        parse(request(b'{"a":', None), LIMITS)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"\x89PNG", "image/png"),
        (b"plain", "application/octet-stream"),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"<a/>", "application/xml"),
        (b"x", "nonsense"),
        (b"\x00\x01", None),
        (b"\xff\xfe\xfd", None),
    ],
)
def test_what_cannot_be_read_is_said(raw: bytes, kind: str | None) -> None:
    message = request(raw, kind)
    document = parse(message, LIMITS)
    assert document.coverage is Coverage.NONE
    assert list(document.unreadable) == ["body"]
    assert document.rebuild(()) is message


@pytest.mark.parametrize("kind", ["application/json", "image/png", "text/plain; charset=nonsense", None])
def test_an_empty_body_is_read_in_full(kind: str | None) -> None:
    document = parse(request(b"", kind), LIMITS)
    assert document.coverage is Coverage.FULL
    assert texts(document) == {}


def test_two_types_are_refused() -> None:
    with pytest.raises(ContentError, match="invalid_headers"):
        parse(request(b"{}", headers=((b"content-type", b"text/plain"),)), LIMITS)
    with pytest.raises(ContentError, match="invalid_headers"):
        parse(request(b"{}", "text/plain; charset=gbk; charset=utf-8"), LIMITS)


EVENTS = (
    b": hello 13800138000\r\nevent: note\r\nid: 7\r\n"
    b'data: {"choices": [{"text":\r\ndata:"a 13800138000"}]}\r\n\r\n'
    b"data: call 13800138000\n\nstray 13800138000\n\ndata: [DONE]\n\n"
)


def test_an_event_stream_as_a_whole() -> None:
    document = parse(request(EVENTS, "text/event-stream"), LIMITS)
    assert texts(document) == {
        "body/0/@0": f"hello {PHONE}",
        "body/0/@1": "note",
        "body/0/@2": "7",
        "body/0/choices/0/text": f"a {PHONE}",
        "body/1": f"call {PHONE}",
        "body/2/@0": f"stray {PHONE}",
        "body/3": "[DONE]",
    }
    assert replace_all(document, new="T").body == EVENTS.replace(PHONE.encode(), b"T")


@pytest.mark.parametrize(("raw", "code"), [(b"data: \xff\n\n", "invalid_stream"), (b'data: {"a"\n\n', "invalid_json")])
def test_broken_event_streams(raw: bytes, code: str) -> None:
    with pytest.raises(ContentError, match=code):
        parse(request(raw, "text/event-stream", UNKNOWN), LIMITS)
