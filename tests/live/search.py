"""Is a value anywhere in these bytes, in any of the ways it could be written?

A test that only greps for the plain text would call a base64 or full-width leak clean.
"""

from __future__ import annotations

import base64
import binascii
import functools
import gzip
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

import brotli
import zstandard

_DEPTH = 4
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|([\"\\/]))")
_FILLERS = re.compile(r"[\s\-_.·,()（）\u200b\u200c\u200d\u2060\ufeff]+")


def found_in(value: str, haystack: bytes) -> bool:
    """True if `value` occurs in `haystack` plainly or under any decoding (nested up to four deep)."""
    wanted = _normal(value)
    return any(wanted in view for view in (_small if len(haystack) < 1 << 16 else _large)(haystack))


def _normals(haystack: bytes) -> tuple[str, ...]:
    return tuple({_normal(view) for view in _texts(haystack)})


_small = functools.lru_cache(maxsize=1024)(_normals)
"""Many gateways hold the same files, such as the packs that they were started with."""
_large = functools.lru_cache(maxsize=2)(_normals)
"""One place is searched for many values, one after the other."""


def _normal(text: str) -> str:
    """Width, case, separators and invisible characters do not hide a value."""
    return _FILLERS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _texts(haystack: bytes) -> Iterator[str]:
    seen: set[bytes] = set()
    todo = [(haystack, 0)]
    while todo:
        data, depth = todo.pop()
        if data in seen:
            continue
        seen.add(data)
        yield data.decode("utf-8", "replace")
        if depth < _DEPTH:
            todo.extend((view, depth + 1) for view in _views(data) if view not in seen)


def _views(data: bytes) -> Iterator[bytes]:
    if b"%" in data or b"+" in data:
        yield unquote_to_bytes(data.replace(b"+", b" "))
    if b"\\" in data:
        yield _unescape(data)
    if b"\0" in data:
        yield data.replace(b"\0", b"")  # UTF-16 and UTF-32 of ASCII
    if b"&#" in data:
        yield re.sub(rb"&#(\d{1,7});", lambda m: chr(min(int(m[1]), 0x10FFFF)).encode("utf-8", "replace"), data)
    for run in _BASE64.findall(data):
        yield from _unbase64(run)
    for run in _HEX.findall(data):
        yield binascii.unhexlify(run)
    for magic, inflate in _CODINGS:
        for match in re.finditer(re.escape(magic), data):
            yield from _attempt(inflate, data[match.start() :])
    yield from _attempt(_brotli, data)


def _unescape(data: bytes) -> bytes:
    """One level of JSON escapes; nested ones take another turn."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)).encode("utf-8", "surrogatepass") if m[1] else m[2], data)


def _unbase64(run: bytes) -> Iterator[bytes]:
    body = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    for offset in range(4):
        piece = body[offset:]
        piece = piece[: len(piece) - (len(piece) % 4 == 1)]
        yield base64.b64decode(piece + b"=" * (-len(piece) % 4))


def _attempt(inflate: Callable[[bytes], bytes], data: bytes) -> Iterator[bytes]:
    try:
        plain = inflate(data)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError, brotli.error):
        return
    if plain:
        yield plain


def _gunzip(data: bytes) -> bytes:
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, 1 << 22)


def _inflate(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, 1 << 22)


def _unzstd(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


def _brotli(data: bytes) -> bytes:
    """Brotli has no magic number: only a whole small body is tried."""
    return brotli.decompress(data) if 0 < len(data) < 1 << 16 else b""


_CODINGS: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\x1f\x8b\x08", _gunzip),
    (b"\x78\x01", _inflate),
    (b"\x78\x9c", _inflate),
    (b"\x78\xda", _inflate),
    (b"\x28\xb5\x2f\xfd", _unzstd),
)

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
"""Content encoding → its compressor."""


def decode(body: bytes, encoding: str) -> bytes:
    """Undo one content encoding; anything but the four known ones is returned as it is."""
    known = {"gzip": _gunzip, "deflate": _inflate, "br": brotli.decompress, "zstd": _unzstd}
    return known[encoding](body) if encoding in known else body
