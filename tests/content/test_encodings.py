"""Content codings: the same text whichever way it came, and bombs that stop early."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content import Decoder, parse
from gateway.content.encodings import coding_of, decode
from gateway.errors import ContentError
from gateway.types import Coverage, Limits

from .samples import LIMITS, PHONE, TOKEN, replace_all, request, texts


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
CASES = [*PACKERS.items(), ("deflate", raw_deflate)]


@pytest.mark.parametrize(("coding", "pack"), CASES)
@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 3000), max_size=5))
def test_whole_and_in_pieces(coding: str, pack: Callable[[bytes], bytes], data: bytes, cuts: list[int]) -> None:
    packed = pack(data)
    assert decode(((b"content-encoding", coding.encode()),), packed, LIMITS) == data
    decoder = Decoder(coding, LIMITS)
    places = [0, *sorted(min(cut, len(packed)) for cut in cuts), len(packed)]
    assert b"".join(decoder.feed(packed[a:b]) for a, b in pairwise(places)) == data
    decoder.finish()


@pytest.mark.parametrize(("coding", "pack"), CASES)
def test_byte_by_byte(coding: str, pack: Callable[[bytes], bytes]) -> None:
    data = bytes(range(256)) * 5
    decoder = Decoder(coding, LIMITS)
    assert b"".join(decoder.feed(bytes([byte])) for byte in pack(data)) == data
    decoder.finish()


@pytest.mark.parametrize(("coding", "pack"), CASES)
def test_truncated_trailing_and_corrupt(coding: str, pack: Callable[[bytes], bytes]) -> None:
    headers = ((b"content-encoding", coding.encode()),)
    packed = pack(b"hello hello hello hello")
    for broken in (packed[:-1], packed[: len(packed) // 2], packed + b"x", packed + packed, b"not compressed at all"):
        with pytest.raises(ContentError, match="unsupported_encoding"):
            decode(headers, broken, LIMITS)


@pytest.mark.parametrize(("coding", "pack"), CASES)
def test_a_bomb_is_stopped_in_little_memory(coding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(24 * 1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(ContentError, match="decompression_limit"):
            decode(((b"content-encoding", coding.encode()),), packed, LIMITS)
        assert tracemalloc.get_traced_memory()[1] < 10 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_limits_of_size() -> None:
    limits = Limits(body=10, decoded=5)
    with pytest.raises(ContentError, match="body_too_large"):
        decode((), b"x" * 11, limits)
    with pytest.raises(ContentError, match="decompression_limit"):
        decode(((b"content-encoding", b"gzip"),), gzip.compress(b"x" * 6), Limits(decoded=5))


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], ""), ([b"identity"], ""), ([b" GZip "], "gzip"), ([b"identity, br"], "br"), ([b""], "")],
)
def test_declared_coding(values: list[bytes], expected: str) -> None:
    assert coding_of(tuple((b"content-encoding", value) for value in values)) == expected


@pytest.mark.parametrize("values", [[b"gzip, br"], [b"gzip", b"gzip"], [b"compress"], [b"aes128gcm"], [b"gzip;q=1"]])
def test_stacked_or_unknown_codings_are_refused(values: list[bytes]) -> None:
    with pytest.raises(ContentError, match="unsupported_encoding"):
        coding_of(tuple((b"content-encoding", value) for value in values))


@pytest.mark.parametrize(("coding", "pack"), CASES)
def test_an_edited_body_is_sent_without_coding(coding: str, pack: Callable[[bytes], bytes]) -> None:
    plain = b'{"messages": "call 13800138000"}'
    extra = ((b"content-encoding", coding.encode()), (b"content-length", b"7"), (b"content-md5", b"x"))
    message = request(pack(plain), headers=extra)
    document = parse(message, LIMITS)
    assert texts(document) == {"body/messages": f"call {PHONE}"}
    assert document.rebuild(()) is message
    edited = replace_all(document)
    assert edited.body == plain.replace(PHONE.encode(), TOKEN.encode())
    assert dict(edited.head.headers) == {
        b"content-type": b"application/json",
        b"content-length": str(len(edited.body)).encode(),
    }


def test_what_was_flushed_comes_out_at_once() -> None:
    gzipped, brotlied = zlib.compressobj(wbits=31), brotli.Compressor()
    zstded = zstandard.ZstdCompressor().compressobj()
    senders: list[tuple[str, Callable[[bytes], bytes]]] = [
        ("gzip", lambda data: gzipped.compress(data) + gzipped.flush(zlib.Z_SYNC_FLUSH)),
        ("br", lambda data: brotlied.process(data) + brotlied.flush()),
        ("zstd", lambda data: zstded.compress(data) + zstded.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)),
    ]
    for coding, send in senders:
        decoder = Decoder(coding, LIMITS)
        for text in (b"data: a\n\n", b"data: b\n\n"):
            assert decoder.feed(send(text)) == text


def test_a_file_name_in_a_gzip_header_is_said_to_be_unread() -> None:
    stream = io.BytesIO()
    with gzip.GzipFile("13800138000.json", "wb", fileobj=stream) as file:
        file.write(b"{}")
    document = parse(request(stream.getvalue(), headers=((b"content-encoding", b"gzip"),)), LIMITS)
    assert list(document.unreadable) == ["body/@gzip"]
    assert document.coverage is Coverage.PARTIAL
