"""Requests that no gateway can read without guessing, each carrying a value. The raw bytes are the test."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import brotli
import orjson
import zstandard

from .bodies import PATHS, body
from .values import EMAIL, RESIDENT_ID

VALUE = EMAIL.value
PATH = PATHS["chat"]
MIB = 1 << 20


@dataclass(frozen=True)
class Attack:
    """`make(authority, prefix)` gives the bytes of a whole connection, written by hand."""

    name: str
    make: Callable[[str, str], bytes] = field(repr=False)
    status: frozenset[int] = frozenset()
    """Statuses that it may be answered with; empty: any refusal, or a closed connection."""


def _post(data: bytes, *rows: str, path: str = PATH, length: str | None = "") -> Callable[[str, str], bytes]:
    """`length`: the header row's value, "" for the true one, None for no row."""

    def make(authority: str, prefix: str) -> bytes:
        head = [f"POST {prefix}{path} HTTP/1.1", f"host: {authority}", "authorization: Bearer live-key", *rows]
        if length is not None:
            head.append(f"content-length: {length or len(data)}")
        return ("\r\n".join(head) + "\r\n\r\n").encode() + data

    return make


def _json(data: bytes, *rows: str) -> Callable[[str, str], bytes]:
    return _post(data, JSON, *rows)


def _coded(data: bytes, coding: str) -> Callable[[str, str], bytes]:
    return _json(data, f"content-encoding: {coding}")


def _text(inner: str) -> bytes:
    return orjson.dumps(body("chat", "@")).replace(b'"@"', inner.encode())


def _bomb() -> bytes:
    return orjson.dumps(body("chat", f"Mail {VALUE} "))[:-4] + b" " * (80 * MIB) + b'"}]}'


def _late(make: Callable[[], Callable[[str, str], bytes]]) -> Callable[[str, str], bytes]:
    """Big ones are made when they are sent, not when the table is read."""

    def later(authority: str, prefix: str) -> bytes:
        return make()(authority, prefix)

    return later


GOOD = orjson.dumps(body("chat", f"Mail {VALUE} and {RESIDENT_ID.value}"))
JSON = "content-type: application/json"
CHUNKED = "transfer-encoding: chunked"


def _framed(data: bytes, size: str | None = None) -> bytes:
    return (size or f"{len(data):x}").encode() + b"\r\n" + data + b"\r\n0\r\n\r\n"


MALFORMED = (
    Attack("json_cut_off", _json(GOOD[:-3]), frozenset({400})),
    Attack("json_trailing", _json(GOOD + b'{"a":1}'), frozenset({400})),
    Attack("json_single_quotes", _json(f"{{'a': '{VALUE}'}}".encode()), frozenset({400})),
    Attack("json_comment", _json(b"/* c */" + GOOD), frozenset({400})),
    Attack("json_nan", _json(GOOD[:-1] + b',"x":NaN}'), frozenset({400})),
    Attack("json_lone_surrogate", _json(_text(f'"\\ud800 {VALUE}"')), frozenset({400})),
    Attack("json_control_character", _json(_text(f'"\x01 {VALUE}"')), frozenset({400})),
    Attack("json_bad_utf8", _json(_text(f'"{VALUE}"').replace(b"@", b"\xff@")), frozenset({400})),
    Attack("json_bom", _json(b"\xef\xbb\xbf" + GOOD)),
    Attack("json_utf16", _json(GOOD.decode().encode("utf-16"))),
    Attack("json_utf7_charset", _post(GOOD, "content-type: application/json; charset=utf-7")),
    Attack("duplicate_key", _json(b'{"model":"m","x":"a","x":"' + VALUE.encode() + b'"}'), frozenset({400})),
    Attack(
        "duplicate_key_escaped",
        _json(b'{"messages":[],"mess\\u0061ges":["' + VALUE.encode() + b'"]}'),
        frozenset({400}),
    ),
    Attack("too_deep", _json(b'{"a":' * 500 + b'"' + VALUE.encode() + b'"' + b"}" * 500), frozenset({400})),
    Attack("huge_number", _json(_text("1" + "0" * 5000 + f', "x": "{VALUE}"'))),
    Attack("empty_body", _json(b"")),
    Attack("form_broken", _post(f"a=%zz{VALUE}".encode(), "content-type: application/x-www-form-urlencoded")),
)

ENCODED = (
    Attack("gzip_bomb", _late(lambda: _coded(gzip.compress(_bomb()), "gzip")), frozenset({413})),
    Attack("deflate_bomb", _late(lambda: _coded(zlib.compress(_bomb()), "deflate")), frozenset({413})),
    Attack("br_bomb", _late(lambda: _coded(brotli.compress(_bomb(), quality=1), "br")), frozenset({413})),
    Attack("zstd_bomb", _late(lambda: _coded(zstandard.compress(_bomb()), "zstd")), frozenset({413})),
    Attack("gzip_corrupt", _coded(gzip.compress(GOOD)[:-12] + b"x" * 12, "gzip")),
    Attack("gzip_cut_off", _coded(gzip.compress(GOOD)[:-9], "gzip")),
    Attack("gzip_trailing", _coded(gzip.compress(b"{}") + GOOD, "gzip")),
    Attack("gzip_two_members", _coded(gzip.compress(b"{}") + gzip.compress(GOOD), "gzip")),
    Attack("not_gzip_at_all", _coded(GOOD, "gzip")),
    Attack("unknown_coding", _coded(GOOD, "snappy"), frozenset({415})),
    Attack("python_codec", _coded(GOOD, "rot13"), frozenset({415})),
    Attack("identity_and_gzip", _coded(gzip.compress(GOOD), "identity, gzip")),
    Attack("two_coding_rows", _json(gzip.compress(GOOD), "content-encoding: identity", "content-encoding: gzip")),
)

FRAMING = (
    Attack("length_and_chunked", _post(_framed(GOOD), JSON, CHUNKED)),
    Attack("two_lengths", _post(GOOD, "content-length: 5")),
    Attack("length_with_plus", _post(GOOD, length=f"+{len(GOOD)}")),
    Attack("length_not_a_number", _post(GOOD, length="x")),
    Attack("chunked_not_last", _post(_framed(GOOD), "transfer-encoding: chunked, gzip", length=None)),
    Attack("chunked_unknown", _post(_framed(GOOD), "transfer-encoding: xchunked", length=None)),
    Attack("chunk_size_bad", _post(_framed(GOOD, "zz"), CHUNKED, length=None)),
    Attack("chunk_size_negative", _post(_framed(GOOD, "-5"), CHUNKED, length=None)),
    Attack("obsolete_fold", _post(GOOD, f"x-a: b\r\n {VALUE}")),
    Attack("space_before_colon", _post(GOOD, f"x-a : {VALUE}")),
    Attack("nul_in_header", _post(GOOD, f"x-a: {VALUE}\x00")),
    Attack("bare_cr_in_header", _post(GOOD, f"x-a: {VALUE}\rx: y")),
    Attack("two_hosts", _post(GOOD, f"host: {VALUE}.example.org")),
    Attack("huge_headers", _post(GOOD, *(f"x-{at}: {VALUE}{'a' * 900}" for at in range(200)))),
    Attack("huge_url", _post(GOOD, path=f"{PATH}?{VALUE}={'a' * 200_000}")),
    Attack("raw_bytes", lambda authority, prefix: b"\x16\x03\x01\x02\x00" + VALUE.encode() * 20),
    Attack("raw_text", lambda authority, prefix: f"EHLO {VALUE}\r\nMAIL FROM:<{VALUE}>\r\n\r\n".encode()),
    Attack("http2_preface", lambda authority, prefix: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + VALUE.encode()),
    Attack(
        "h2c_upgrade", _json(GOOD, "connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABk")
    ),
    Attack("unknown_upgrade", _json(GOOD, "connection: Upgrade", "upgrade: redline/1")),
)

ROUTES = (
    Attack(
        "unknown_route",
        _post(GOOD, JSON, path=f"/v1/made/up?who={VALUE}"),
        frozenset({403}),
    ),
    Attack("files_upload", _post(GOOD, "content-type: application/octet-stream", path="/v1/files"), frozenset({403})),
    Attack("dot_segments", _post(GOOD, JSON, path=f"/v1/../internal/{VALUE}")),
    Attack("encoded_dots", _post(GOOD, JSON, path=f"/v1/%2e%2e/internal/{VALUE}")),
    Attack("double_slash", _post(GOOD, JSON, path=f"//evil.example.org/{VALUE}")),
    Attack("oversize", _late(lambda: _json(orjson.dumps(body("chat", f"{VALUE} " * 900_000)))), frozenset({413})),
    Attack(
        "oversize_chunked",
        _late(lambda: _post(_framed(b"a" * (17 * MIB) + VALUE.encode()), JSON, CHUNKED, length=None)),
        frozenset({413}),
    ),
)

ATTACKS = (*MALFORMED, *ENCODED, *FRAMING, *ROUTES)
