"""Message heads: what is refused as ambiguous, and what crosses the gateway.

Rule for the next editor: two receivers must never be able to read one head in two ways. What a lenient
receiver would repair (folded lines, bare CR, repeated Host or Content-Length, both framings) is refused here.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.planes.refusals import plane_refusal
from gateway.types import Headers, RequestHead, ResponseHead, Target

HOP_BY_HOP: Final = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection",
    b"te", b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings",
})  # fmt: skip
REQUEST_OWN: Final = HOP_BY_HOP | {b"host", b"content-length", b"expect"}
RESPONSE_OWN: Final = HOP_BY_HOP

_METHOD = re.compile(rb"[A-Z][A-Z-]{0,31}")
_TARGET = re.compile(rb"/[!-\"$-~]*")  # origin form: printable ASCII without a fragment
_NAMES = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]*")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,15}")
_AUTHORITY = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::([0-9]{1,5}))?")

_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})


def check_request(method: bytes, target: bytes, headers: Headers) -> None:
    """Raise `Refusal` unless exactly one reading of the head is possible."""
    if not _METHOD.fullmatch(method) or not _TARGET.fullmatch(target):
        raise plane_refusal("invalid_headers")
    if method in (b"CONNECT", b"TRACE"):
        raise plane_refusal("protocol_not_allowed")
    _check_fields(headers)
    once: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _ONCE:
            if name in once:
                raise plane_refusal("invalid_headers")
            once[name] = value
    _check_framing(once)
    if b"upgrade" in once or b"http2-settings" in once:
        raise plane_refusal("protocol_not_allowed")
    if not _AUTHORITY.fullmatch(once.get(b"host", b"")):
        raise plane_refusal("invalid_headers")
    if once.get(b"expect", b"100-continue").lower() != b"100-continue":
        raise plane_refusal("invalid_headers")


_ONCE: Final = frozenset({
    b"host", b"content-length", b"transfer-encoding", b"upgrade", b"http2-settings", b"expect", b"content-type",
    b"content-encoding",
})  # fmt: skip


def _check_fields(headers: Headers) -> None:
    names = [name for name, _ in headers]
    values = b" ".join([value for _, value in headers])
    if b"" in names or not _NAMES.fullmatch(b"".join(names)) or _CONTROL.search(values):
        raise plane_refusal("invalid_headers")
    if not values.isascii():
        try:
            values.decode()
        except UnicodeDecodeError:
            raise plane_refusal("invalid_headers") from None


def _check_framing(once: dict[bytes, bytes]) -> None:
    length, coding = once.get(b"content-length"), once.get(b"transfer-encoding")
    if length is not None and (coding is not None or not _LENGTH.fullmatch(length)):
        raise plane_refusal("invalid_headers")
    if coding is not None and coding.lower() != b"chunked":
        raise plane_refusal("invalid_headers")


def check_response(status: int, headers: Headers) -> None:
    """Raise `Refusal` (upstream_protocol) for a head that must not reach a client."""
    if not 200 <= status <= 599:
        raise plane_refusal("upstream_protocol")
    names = [name for name, _ in headers]
    values = b" ".join([value for _, value in headers])
    if b"" in names or not _NAMES.fullmatch(b"".join(names)) or _CONTROL.search(values):
        raise plane_refusal("upstream_protocol")


def crossing(headers: Headers, own: frozenset[bytes]) -> Headers:
    """The fields that are for the other side: without hop-by-hop ones and those that `Connection` names."""
    dropped = own
    for name, value in headers:
        if name == b"connection":
            dropped = dropped | {token.strip().lower() for token in value.split(b",")}
    return tuple([field for field in headers if field[0] not in dropped])


def content_length(headers: Headers) -> int | None:
    for name, value in headers:
        if name == b"content-length" and _LENGTH.fullmatch(value):
            return int(value)
    return None


def header(headers: Headers, name: bytes) -> bytes:
    """The first value of a field, or `b""`."""
    for key, value in headers:
        if key == name:
            return value
    return b""


def split_authority(authority: bytes, default_port: int) -> tuple[str, int] | None:
    """Host in lower case (IPv6 without brackets) and port; None where it is not one."""
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return None
    port = int(match[2]) if match[2] else default_port
    return (match[1].decode().strip("[]").lower().rstrip("."), port) if 0 < port < 65536 else None


def host_field(target: Target) -> bytes:
    """The `Host` that belongs to a target."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    default = 443 if target.scheme == "https" else 80
    return (host if target.port == default else f"{host}:{target.port}").encode()


def upstream_head(head: RequestHead, whole: int | None) -> tuple[Headers, int | None]:
    """The fields to send upstream, and the length that frames the body (None: chunked).

    `whole`: the body's size where all of it is known; then it alone decides.
    """
    headers = crossing(head.headers, REQUEST_OWN)
    length = content_length(head.headers) if whole is None else whole
    declared = length or (length == 0 and (head.method in _BODY_METHODS or content_length(head.headers) is not None))
    if declared:
        headers = (*headers, (b"content-length", str(length).encode()))
    return ((b"host", host_field(head.target)), *headers), length


def client_head(method: str, head: ResponseHead) -> tuple[Headers, int | None]:
    """The fields to send to the client, and the length that frames the body (None: chunked)."""
    if head.status in (204, 304):
        return crossing(head.headers, RESPONSE_OWN | {b"content-length"}), 0
    if method == "HEAD":
        return crossing(head.headers, RESPONSE_OWN), 0
    return crossing(head.headers, RESPONSE_OWN), content_length(head.headers)


def is_event_stream(headers: Headers) -> bool:
    """True where a server-sent event may be put into the body as it is."""
    kind = header(headers, b"content-type").split(b";")[0].strip().lower()
    return kind == b"text/event-stream" and header(headers, b"content-encoding").lower() in (b"", b"identity")
