"""Parts of the head: headers, query, path; and how they are edited."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.content import parse
from gateway.errors import ContentError
from gateway.types import Edit, Message, PartKind, RequestHead

from .samples import LIMITS, PHONE, TOKEN, UNKNOWN, kinds, replace_all, request, texts


def headers(*pairs: tuple[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode(), value.encode()) for name, value in pairs)


def test_header_values_are_parts() -> None:
    head = headers(
        ("host", "api.example.com"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, deflate"),
        ("content-length", "1234567890123"),
        ("accept-language", "zh-CN,zh;q=0.9,en-US;q=0.8,en;q=0.7"),
        ("date", "Sat, 21 Nov 2026 07:58:39 GMT"),
        ("authorization", "Bearer sk-test"),
        ("user-agent", "张三的客户端"),
        ("x-customer", '{"phone": "13800138000"}'),
    )
    document = parse(request(b"", None, headers=head), LIMITS)
    assert texts(document, "headers") == {
        "headers/authorization": "Bearer sk-test",
        "headers/user-agent": "张三的客户端",
        "headers/#8@name": "x-customer",
        "headers/#8/$/#0@key": "phone",
        "headers/#8/$/#0": PHONE,
    }
    assert kinds(document)["headers/authorization"] is PartKind.CREDENTIAL
    assert kinds(document)["headers/user-agent"] is PartKind.HEADER


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accept", "zhang@example.com"),
        ("accept-language", "13800138000"),
        ("content-type", "application/json; x=11010519491231002X"),
        ("x-stainless-lang", "13800138000"),
        ("accept-language", "138-0013-8000"),
        ("pragma", "138 0013 8000"),
        ("dnt", "4155552671"),
        ("cache-control", "4111-1111-1111-1111"),
        ("priority", "078-05-1120"),
        ("accept-charset", "AKIAIOSFODNN7EXAMPLE"),
        ("openai-beta", "password=correcthorse"),
        ("content-type", "application/json; x=138-0013-8000"),
    ],
)
def test_a_narrow_header_is_a_part_once_it_is_not_narrow(name: str, value: str) -> None:
    document = parse(request(b"", None, headers=headers((name, value))), LIMITS)
    assert texts(document, "headers") == {f"headers/{name}": value}


@pytest.mark.parametrize("name", ["x-api-key", "api-key", "x-goog-api-key", "cookie", "authorization"])
def test_credentials(name: str) -> None:
    document = parse(request(b"", None, headers=headers((name, "secret-1"))), LIMITS)
    assert kinds(document) == {f"headers/{name}": PartKind.CREDENTIAL}


def test_headers_are_edited_in_place() -> None:
    head = (
        (b"x-note", "电话13800138000".encode()),
        (b"x-13800138000", b"\xe9 13800138000"),
        (b"cookie", b"a=13800138000"),
    )
    edited = replace_all(parse(request(b"", None, headers=head), LIMITS))
    assert edited.head.headers == (
        (b"x-note", f"电话{TOKEN}".encode()),
        (b"x-phone_number_k7qmx2trbw9d", b"\xe9 " + TOKEN.encode()),
        (b"cookie", b"a=" + TOKEN.encode()),
    )


def test_a_replacement_never_begins_another_header() -> None:
    document = parse(request(b"", None, headers=((b"x-note", b"a"), (b"x-old", b"\xe9"))), LIMITS)
    part = {part.path: part.id for part in document.parts}
    for path, text in (
        ("headers/#0", "a\r\nx: y"),
        ("headers/#0", "a\x00"),
        ("headers/#1", "张"),
        ("headers/#1@name", ""),
    ):
        found = document.parts[part[path]]
        with pytest.raises(ContentError, match="invalid_headers"):
            document.rebuild([Edit(found.id, 0, len(found.text), text)])


def test_query_names_and_values_are_parts() -> None:
    query = "limit=10&phone=%2B86+138%30%301%338000&13800138000&filter=%7B%22a%22%3A%2213800138000%22%7D"
    document = parse(request(b"", None, path="/v1/models", query=query), LIMITS)
    assert texts(document, "query") == {
        "query/limit": "10",
        "query/#1@key": "phone",
        "query/#1": "+86 13800138000",
        "query/#2@key": PHONE,
        "query/#3@key": "filter",
        "query/#3/$/#0@key": "a",
        "query/#3/$/#0": PHONE,
    }
    head = replace_all(document).head
    assert isinstance(head, RequestHead)
    assert head.target.query == f"limit=10&phone=%2B86+{TOKEN}&{TOKEN}&filter=%7B%22a%22%3A%22{TOKEN}%22%7D"


def test_path_segments_are_parts() -> None:
    path = "/v1/users/%E5%BC%A0%E4%B8%89/13800138000"
    document = parse(request(b"", None, UNKNOWN, path=path), LIMITS)
    assert texts(document, "path") == {"path/1": "users", "path/2": "张三", "path/3": PHONE}
    assert kinds(document)["path/2"] is PartKind.PATH
    head = replace_all(document, old="三", new="/四").head
    assert isinstance(head, RequestHead)
    assert head.target.path == "/v1/users/%E5%BC%A0%2F%E5%9B%9B/13800138000"


@pytest.mark.parametrize(("path", "query"), [("/a%zz", ""), ("/%ff", ""), ("/", "a=%"), ("/", "a=%e5%bc")])
def test_broken_escapes_are_refused(path: str, query: str) -> None:
    with pytest.raises(ContentError, match="invalid_headers"):
        parse(request(b"", None, UNKNOWN, path=path, query=query), LIMITS)


def test_an_edit_of_the_head_leaves_the_body_as_it_came() -> None:
    message = request(b'{ "a" : 1 }', headers=((b"x-note", b"13800138000"),))
    edited = replace_all(parse(message, LIMITS))
    assert edited.body is message.body


def at_host(host: str) -> Message:
    message = request(b"", None)
    assert isinstance(message.head, RequestHead)
    return replace(message, head=replace(message.head, target=replace(message.head.target, host=host)))


@pytest.mark.parametrize("host", ["13800138000.example.com", "138-0013-8000.example.com", "13800138000"])
def test_a_host_name_with_a_long_number_is_a_part_that_cannot_be_rewritten(host: str) -> None:
    document = parse(at_host(host), LIMITS)
    assert texts(document, "host") == {"host": host}
    with pytest.raises(ContentError, match="upstream_not_allowed"):
        document.rebuild([Edit(document.parts[0].id, 0, 3, TOKEN)])


@pytest.mark.parametrize("host", ["api.example.com", "192.168.100.200", "2001:db8::8a2e:370:7334", "gpu-1024.internal"])
def test_other_hosts_are_no_parts(host: str) -> None:
    assert texts(parse(at_host(host), LIMITS), "host") == {}
