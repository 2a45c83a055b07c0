"""Which headers are refused, and which are passed on."""

from __future__ import annotations

import pytest

from gateway.content.headers import forward_request, forward_response, validate
from gateway.errors import ContentError
from gateway.types import Headers, Limits

LIMITS = Limits()


def test_ordinary_headers_pass() -> None:
    validate(
        (
            (b"host", b"api.example.com"),
            (b"content-length", b"12"),
            (b"x-note", "张三\t1".encode()),
            (b"accept", b"a"),
            (b"accept", b"b"),
            (b"connection", b"keep-alive, x-hop"),
        ),
        LIMITS,
    )
    validate(((b"transfer-encoding", b"Chunked"),), LIMITS)


@pytest.mark.parametrize(
    "headers",
    [
        ((b"host", b"a"), (b"host", b"b")),
        ((b"content-length", b"1"), (b"content-length", b"1")),
        ((b"content-type", b"a/b"), (b"Content-Type", b"a/b")),
        ((b"content-length", b"1"), (b"transfer-encoding", b"chunked")),
        ((b"content-length", b"+1"),),
        ((b"content-length", b"1, 1"),),
        ((b"content-length", b""),),
        ((b"transfer-encoding", b"gzip, chunked"),),
        ((b"transfer-encoding", b"xchunked"),),
        ((b"transfer-encoding", b"identity"),),
        ((b"x-a", b"b\r\n c"),),
        ((b"x-a", b"b\nc: d"),),
        ((b"x-a", b"b\rc"),),
        ((b"x-a", b"b\x00"),),
        ((b"x a", b"b"),),
        ((b"x-a ", b"b"),),
        ((b"", b"b"),),
        ((b":path", b"b"),),
        (("x-张".encode(), b"b"),),
        ((b"connection", b"close, Content-Type"),),
        ((b"connection", b"content-length"),),
    ],
)
def test_ambiguous_headers_are_refused(headers: Headers) -> None:
    with pytest.raises(ContentError) as caught:
        validate(headers, LIMITS)
    assert caught.value.code == "invalid_headers"


def test_headers_are_limited() -> None:
    with pytest.raises(ContentError, match="headers_too_large"):
        validate(((b"x", b"y" * 100),), Limits(headers=100))


def test_what_goes_upstream() -> None:
    kept = forward_request(
        (
            (b"host", b"gateway"),
            (b"connection", b"keep-alive, X-Hop"),
            (b"x-hop", b"1"),
            (b"keep-alive", b"1"),
            (b"te", b"trailers"),
            (b"upgrade", b"h2c"),
            (b"proxy-authorization", b"Basic eA=="),
            (b"x-forwarded-for", b"10.0.0.1"),
            (b"x-forwarded-host", b"h"),
            (b"forwarded", b"for=10.0.0.1"),
            (b"via", b"1.1 a"),
            (b"x-real-ip", b"10.0.0.1"),
            (b"x-redline-tenant", b"t"),
            (b"expect", b"100-continue"),
            (b"authorization", b"Bearer k"),
            (b"content-type", b"application/json"),
            (b"accept-encoding", b"GZIP;q=0.5, lzma, br, *"),
        )
    )
    assert kept == (
        (b"authorization", b"Bearer k"),
        (b"content-type", b"application/json"),
        (b"accept-encoding", b"gzip;q=0.5, br"),
    )


@pytest.mark.parametrize("given", [(), ((b"accept-encoding", b"lzma"),), ((b"accept-encoding", b""),)])
def test_without_a_coding_that_can_be_undone_none_is_asked_for(given: Headers) -> None:
    assert forward_request(given) == ((b"accept-encoding", b"identity"),)


def test_what_goes_to_the_client() -> None:
    kept = forward_response(
        (
            (b"connection", b"close"),
            (b"transfer-encoding", b"chunked"),
            (b"alt-svc", b'h3=":443"'),
            (b"x-redline-action", b"allow"),
            (b"set-cookie", b"a=b"),
            (b"set-cookie", b"c=d"),
        )
    )
    assert kept == ((b"set-cookie", b"a=b"), (b"set-cookie", b"c=d"))
