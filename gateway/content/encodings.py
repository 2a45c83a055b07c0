"""Content codings, undone in constant memory; a bomb is stopped before it is whole.

Rules for the next editor
1. A decoder never returns more than `STEP` bytes beyond what was counted: limits are checked as bytes come out.
2. Truncated data and data after the end are errors: receivers differ on whether they count.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

from gateway.errors import ContentError
from gateway.types import Headers, Limits

STEP: Final = 256 * 1024
"""Bytes per step of decompression."""
_SLICE: Final = 16 * 1024
_FREE: Final = 1024 * 1024
"""The ratio is not judged before this much has come out."""
_ZSTD_SLICE: Final = 64
"""Bytes of zstd input per step. Its binding has no bound on output, but a block of 128 KiB takes at least 4 bytes."""
_ZSTD_WINDOW: Final = 8 * 1024 * 1024
"""As RFC 9659 asks for content codings."""


class _Codec(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]: ...

    def whole(self) -> bool:
        """Whether the data ended where its own format says."""
        ...


class _Zlib:
    def __init__(self, bits: int | None) -> None:
        self._stream = zlib.decompressobj(bits) if bits is not None else None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:  # `deflate` means zlib (RFC 9110), and some senders leave its header out
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if _is_zlib(data) else -zlib.MAX_WBITS)
        while data:
            yield self._stream.decompress(data, STEP)
            data = self._stream.unconsumed_tail
        while not self._stream.eof and (more := self._stream.decompress(b"", STEP)):
            yield more
        if self._stream.unused_data:
            raise ValueError

    def whole(self) -> bool:
        return self._stream is not None and self._stream.eof


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream.is_finished():
            raise ValueError
        yield self._stream.process(data, output_buffer_limit=STEP)
        while not self._stream.is_finished() and not self._stream.can_accept_more_data():
            yield self._stream.process(b"", output_buffer_limit=STEP)

    def whole(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    def feed(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), _ZSTD_SLICE):
            if self._stream.eof:
                raise ValueError
            yield self._stream.decompress(data[at : at + _ZSTD_SLICE])
        if self._stream.unused_data:
            raise ValueError

    def whole(self) -> bool:
        return self._stream.eof


_CODECS: Final[Mapping[str, Callable[[], _Codec]]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda: _Zlib(None),
    "br": _Brotli,
    "zstd": _Zstd,
}
SUPPORTED: Final = ("gzip", "deflate", "br", "zstd", "identity")


class Decoder:
    """One body, undone piece by piece. Raises ContentError: unsupported_encoding, decompression_limit."""

    def __init__(self, coding: str, limits: Limits) -> None:
        """`coding` is empty for identity, else one of SUPPORTED."""
        if coding and coding not in _CODECS:
            raise ContentError("unsupported_encoding")
        self._codec = _CODECS[coding]() if coding else None
        self._limits = limits
        self._taken = 0
        self._given = 0

    def feed(self, data: bytes) -> bytes:
        """What `data` decodes to. All of it is held, so a large body is better fed in pieces of its own."""
        if self._codec is None:
            self._taken += len(data)
            self._count(len(data))
            return data
        pieces: list[bytes] = []
        try:
            for at in range(0, len(data), _SLICE):
                part = data[at : at + _SLICE]
                self._taken += len(part)  # slice by slice, so that the ratio is judged before the end
                for piece in self._codec.feed(part):
                    self._count(len(piece))
                    pieces.append(piece)
        except (zlib.error, brotli.error, zstandard.ZstdError, ValueError):
            raise ContentError("unsupported_encoding", "corrupt") from None
        return b"".join(pieces)

    def finish(self) -> None:
        """Raises where the compressed data is cut short."""
        if self._codec is not None and self._taken and not self._codec.whole():
            raise ContentError("unsupported_encoding", "truncated")

    def _count(self, size: int) -> None:
        self._given += size
        too_much = self._given > self._limits.decoded
        if too_much or (self._given > _FREE and self._given > self._limits.ratio * self._taken):
            raise ContentError("decompression_limit")


def coding_of(headers: Headers) -> str:
    """The one coding of a body, empty for identity. Raises ContentError where there are several or it is unknown."""
    values = [value for name, value in headers if name == b"content-encoding"]
    if not values:
        return ""
    named = b",".join(values).decode("latin-1").lower()
    codings = [one for item in named.split(",") if (one := item.strip()) not in {"", "identity"}]
    if len(codings) > 1 or (codings and codings[0] not in _CODECS):
        raise ContentError("unsupported_encoding")
    return codings[0] if codings else ""


def decode(headers: Headers, body: bytes, limits: Limits) -> bytes:
    """A whole body without its content coding."""
    if len(body) > limits.body:
        raise ContentError("body_too_large")
    decoder = Decoder(coding_of(headers), limits)
    text = decoder.feed(body)
    decoder.finish()
    return text


def hides_text(coding: str, body: bytes) -> bool:
    """Whether a gzip header carries a file name, a comment or other fields, which no decoder hands out (RFC 1952)."""
    return coding.endswith("gzip") and len(body) > 3 and body[3] & 0b11100 != 0


def _is_zlib(data: bytes) -> bool:
    return data[0] & 0x0F == 8 and (len(data) < 2 or (data[0] << 8 | data[1]) % 31 == 0)
