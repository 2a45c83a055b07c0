"""What is taken for media, and what is not."""

from __future__ import annotations

import base64
import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols.wire import media
from gateway.protocols.wire.media import data_uri, is_blob

BINARY = base64.b64encode(bytes(range(256)) * 4).decode()
PROSE = base64.b64encode("请给张三打电话。Please call him back tomorrow. ".encode() * 20).decode()


@pytest.mark.parametrize(
    "text",
    [
        BINARY,
        BINARY.rstrip("="),
        BINARY.replace("+", "-").replace("/", "_"),
        f"see this: {BINARY} ok",
        f"图片{BINARY}。",
        "\n".join(textwrap.wrap(BINARY, 76)),
        "\r\n".join(textwrap.wrap(BINARY, 64)) + "\r\n",
        "iVBORw0KGgo=" * 60,
        bytes(range(256)).hex() * 2,
    ],
)
def test_blobs(text: str) -> None:
    assert is_blob(text)


@pytest.mark.parametrize(
    "text",
    [
        BINARY[:500],
        PROSE,
        "word " * 400,
        "-" * 2000,
        "_" * 600,
        "0" * 600,
        "请给张三打电话" * 200,
        "apple\nbanana\n" * 100,
        "".join(f"    --hash=sha256:{n:064x} \\\n" for n in range(40)),
        "https://h.example/" + "a/b?c=d&" * 100,
        "=" * 80 + "\n" + "-" * 80 + "\n" + "text here " * 60,
    ],
)
def test_texts(text: str) -> None:
    assert not is_blob(text)


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("data:text/plain;base64,aGVsbG8=", "hello"),
        ("DATA:;base64,aGVsbG8=", "hello"),
        ("data:text/csv;charset=utf-8;base64,aGVsbG8", "hello"),
        (" data:application/json;base64,e30=", "{}"),
        ("data:image/svg+xml;base64,aGVsbG8=", None),
        ("data:text/plain;base64,/////w==", None),
        ("data:text/plain;base64,AAAA", None),
    ],
)
def test_data_uris(text: str, decoded: str | None) -> None:
    found = data_uri(text)
    assert found is not None
    assert found.text == decoded
    assert text[found.start :] in {"aGVsbG8=", "aGVsbG8", "e30=", "/////w==", "AAAA"}


@pytest.mark.parametrize(
    "text", ["data:", "data:text/plain,hello", "data: see above; base64, ok!", "database", "data:x;base64,a b!"]
)
def test_no_data_uris(text: str) -> None:
    assert data_uri(text) is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["A", "b9", "+/", " ", "\u3000", "中", "."]), st.integers(1, 700)),
        max_size=6,
    )
)
def test_a_long_run_is_seen_wherever_it_stands(pieces: list[tuple[str, int]]) -> None:
    text = "".join(piece * count for piece, count in pieces)
    longest = max((len(run) for run in re.findall(r"[A-Za-z0-9+/_=-]+", text)), default=0)
    assert media._has_long_run(text) is (longest >= media.BLOB_LENGTH)


@pytest.mark.parametrize("before", range(0, 1100, 97))
@pytest.mark.parametrize("length", [511, 512, 513, 1023, 1024])
def test_a_run_of_exactly_the_length_at_every_offset(before: int, length: int) -> None:
    text = " " * before + "A" * length + " " * 600
    assert media._has_long_run(text) is (length >= media.BLOB_LENGTH)
