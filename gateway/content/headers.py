"""Which headers may be received, and which may be passed on. For the exchange, before any part is read.

Two receivers that read one message in two ways are how something passes unseen, so ambiguity is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from gateway.content.encodings import SUPPORTED
from gateway.errors import ContentError
from gateway.types import Headers, Limits

_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_VALUE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LENGTH: Final = re.compile(rb"\d{1,18}")
_ONCE: Final = (b"host", b"content-length", b"content-type", b"transfer-encoding", b"authorization", b"expect")
_NEEDED: Final = frozenset(
    {b"host", b"content-length", b"content-type", b"content-encoding", b"authorization", b"transfer-encoding"}
)
"""A `connection` header that lists one of these would make the next hop read another message."""

HOP_BY_HOP: Final = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
        b"http2-settings", b"proxy-authenticate", b"proxy-authorization", b"proxy-authentication-info",
    }
)  # fmt: skip
_PRIVATE: Final = frozenset(
    {
        b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"client-ip", b"true-client-ip", b"x-cluster-client-ip",
        b"cf-connecting-ip", b"x-originating-ip", b"x-remote-ip", b"x-remote-addr", b"x-remote-user",
    }
)  # fmt: skip
"""Who stands behind the client is nobody's business upstream."""
_NOT_FORWARDED: Final = HOP_BY_HOP | _PRIVATE | {b"host", b"expect", b"accept-encoding"}
_NOT_RETURNED: Final = HOP_BY_HOP | {b"alt-svc"}
_PRIVATE_PREFIXES: Final = (b"x-forwarded-", b"x-redline-")


def validate(headers: Headers, limits: Limits) -> None:
    """Raises ContentError: headers_too_large; invalid_headers for what receivers could read in two ways."""
    if sum(len(name) + len(value) + 4 for name, value in headers) > limits.headers:
        raise ContentError("headers_too_large")
    for index, (name, value) in enumerate(headers):
        if _NAME.fullmatch(name) is None or _BAD_VALUE.search(value):
            raise ContentError("invalid_headers", f"header {index}")
    names = [name.lower() for name, _ in headers]
    for name in _ONCE:
        if names.count(name) > 1:
            raise ContentError("invalid_headers", f"repeated {name.decode()}")
    _validate_framing(headers)
    if _connection_names(headers) & _NEEDED:
        raise ContentError("invalid_headers", "connection")


def forward_request(headers: Headers) -> Headers:
    """What goes to the upstream: end-to-end headers without those that tell who the client is.

    `host` and `expect` are left to the plane; `accept-encoding` names only what can be inspected.
    """
    drop = _NOT_FORWARDED | _connection_names(headers)
    kept = _without(headers, drop, _PRIVATE_PREFIXES)
    return (*kept, (b"accept-encoding", _accepted(_values(headers, b"accept-encoding"))))


def forward_response(headers: Headers) -> Headers:
    """What goes to the client. `alt-svc` would lead it around the gateway; `x-redline-*` is ours to say."""
    return _without(headers, _NOT_RETURNED | _connection_names(headers), (b"x-redline-",))


def _validate_framing(headers: Headers) -> None:
    lengths = _values(headers, b"content-length")
    codings = _values(headers, b"transfer-encoding")
    if lengths and codings:
        raise ContentError("invalid_headers", "content-length and transfer-encoding")
    if lengths and _LENGTH.fullmatch(lengths[0]) is None:
        raise ContentError("invalid_headers", "content-length")
    if codings and codings[0].strip().lower() != b"chunked":
        raise ContentError("invalid_headers", "transfer-encoding")


def _connection_names(headers: Headers) -> frozenset[bytes]:
    values = _values(headers, b"connection")
    if not values:
        return frozenset()
    listed = b",".join(values).lower().split(b",")
    return frozenset(name for item in listed if (name := item.strip()))


def _values(headers: Headers, wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name.lower() == wanted]


def _without(headers: Headers, names: frozenset[bytes], prefixes: tuple[bytes, ...]) -> Headers:
    return tuple(
        (name, value)
        for name, value in headers
        if (lower := name.lower()) not in names and not lower.startswith(prefixes)
    )


def _accepted(values: Iterable[bytes]) -> bytes:
    """The client's own preferences, cut to what we can undo; without any, no coding at all."""
    kept: list[bytes] = []
    for item in b",".join(values).split(b","):
        name = item.split(b";")[0].strip().lower()
        if name.decode("latin-1") in SUPPORTED:
            kept.append(item.strip().lower())
    return b", ".join(kept) or b"identity"
