"""Answers that a plane gives by itself: before there is an exchange, or when an exchange cannot even refuse."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus

from gateway.errors import REASONS, Refusal
from gateway.types import CloseReason, Headers

UPSTREAM_FAILURES = frozenset({"upstream_unreachable", "upstream_timeout", "upstream_protocol", "upstream_untrusted"})
PLANE_FAILURES = frozenset({"inspection_failed", "deadline_exceeded", "no_verdict"})


@cache
def _parts(code: str) -> tuple[int, Headers, bytes]:
    status, message = REASONS[code]
    error = {"message": message, "type": "redline_refusal", "param": None, "code": code}
    body = json.dumps({"error": error}).encode()
    return status, ((b"content-type", b"application/json"),), body


def plane_refusal(code: str) -> Refusal:
    """A refusal in no particular protocol, shaped as most model clients read errors."""
    status, headers, body = _parts(code)
    return Refusal(code=code, status=status, headers=headers, body=body)


def close_reason(code: str) -> CloseReason:
    """How an exchange that ended with this reason code is closed."""
    if code in UPSTREAM_FAILURES:
        return CloseReason.UPSTREAM_FAILED
    return CloseReason.PLANE_FAILED if code in PLANE_FAILURES else CloseReason.REFUSED


def answer_fields(refusal: Refusal, *, close: bool) -> list[tuple[bytes, bytes]]:
    """Head fields of the whole answer; `close`: the rest of the request was not read."""
    framing = (b"content-length", b"transfer-encoding", b"connection")
    out = [field for field in refusal.headers if field[0].lower() not in framing]
    out.append((b"content-length", str(len(refusal.body)).encode()))
    if close:
        out.append((b"connection", b"close"))
    return out


@cache
def raw_answer(code: str) -> bytes:
    """A whole HTTP/1.1 answer, for what fails before there is a request; the connection is closed after it."""
    refusal = plane_refusal(code)
    phrase = HTTPStatus(refusal.status).phrase if refusal.status in set(HTTPStatus) else "Refused"
    lines = [b"HTTP/1.1 %d %s" % (refusal.status, phrase.encode())]
    lines += [name + b": " + value for name, value in answer_fields(refusal, close=True)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + refusal.body
