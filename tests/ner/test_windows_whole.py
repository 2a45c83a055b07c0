"""Whole texts: nothing is cut off, and a place is a place in code points, whatever stands around it."""

from __future__ import annotations

import asyncio
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.ner.models.load import open_runtime
from detectors.ner.reading.reader import Reader
from detectors.ner.reading.textwindows import Words
from detectors.ner.reading.tokens import SEGMENT, cuts, tokenize
from detectors.ner.runtime import Runtime, read_alone

FILLER = "the patient called and 病人 说 1234 了，of the "
UNSPACED = "病人说的北京，"
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def runtime(table_folder: Path) -> Runtime:
    return open_runtime(table_folder)


def planted(unit: str, size: int, places: list[int]) -> tuple[str, list[int]]:
    """A text of about `size` characters with a name at each place, and where the names are."""
    filler = unit * (size // len(unit) + 1)
    pieces, found, before, length = [], [], 0, 0
    for place in sorted(places):
        piece = filler[before:place] + " "
        found.append(length + len(piece))
        pieces.append(piece + "zedmark ")
        length += len(pieces[-1])
        before = place
    return "".join([*pieces, filler[before:size]]), found


def test_a_name_anywhere_in_two_megabytes_is_seen(runtime: Runtime) -> None:
    rng = random.Random(5)
    for unit, size in ((FILLER, int(1.4 * MEGABYTE)), (UNSPACED, int(0.2 * MEGABYTE))):  # 2 MB as UTF-8
        borders = [one for edge in cuts(unit * (size // len(unit)))[1:4] for one in (edge - 3, edge, edge + 2)]
        places = sorted({0, 1, size - 1, size, *borders, *(rng.randrange(size) for _ in range(40))})
        text, expected = planted(unit, size, places)

        async def ask(text: str = text) -> list[tuple[int, int]]:
            reader = Reader(runtime)
            spans = await reader.spans(text)
            await reader.aclose()
            return [(s.start, s.end) for s in spans]

        assert asyncio.run(ask()) == [(at, at + len("zedmark")) for at in expected]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["😀", "e\u0301", "\ud83d", "\udc00", "病", "𠮷", "\r\n", "\u200d", "ﬁ", "İ", "1", " ", "\x00"]
        ),
        max_size=12,
    ),
    st.sampled_from(["zed", "ZED", "甄嬛", "zedmark"]),
    st.lists(st.sampled_from(["👩‍👩‍👧", "。", "\n", "\u0301", "ß", "\ud800", "了"]), max_size=6),
)
def test_places_are_code_points(runtime: Runtime, before: list[str], name: str, after: list[str]) -> None:
    text = f"{''.join(before)} {name} {''.join(after)}"
    at = text.index(f" {name} ") + 1
    spans = [(s.start, s.end) for s in read_alone(runtime, text)]
    assert (at, at + len(name)) in spans
    assert all(0 <= s < e <= len(text) for s, e in spans)


@given(st.text(alphabet="ab 病\n", max_size=300), st.integers(5, 60))
@settings(max_examples=50, deadline=None)
def test_cuts_cover_a_text_in_bounded_pieces(text: str, segment: int) -> None:
    borders = cuts(text, segment)
    assert borders[0] == 0
    assert borders[-1] == len(text)
    assert all(0 < b - a <= segment for a, b in itertools.pairwise(borders)) or not text


def test_a_segment_border_changes_nothing_between_words(runtime: Runtime) -> None:
    text = (FILLER * 40)[:1500]
    tokenizer = runtime.tokenizer  # type: ignore[attr-defined]
    whole, parts = tokenize(tokenizer, text), tokenize(tokenizer, text, 97)
    assert whole[0].tolist() == parts[0].tolist()
    assert whole[1].tolist() == parts[1].tolist()
    assert len(text) < SEGMENT


def test_the_text_of_special_tokens_is_text(runtime: Runtime) -> None:
    text = "zed [SEP] zed [PAD] zed"
    assert [s.start for s in read_alone(runtime, text)] == [0, 10, 20]


def test_words_of_a_text_hold_every_sign_of_it() -> None:
    text = "John Smith-Jones说：张伟，" + "x" * 200 + " 😀\ud83d"
    words = Words.of(text, 8, 2)
    assert "".join(text[s:e] for s, e in words.places) == "".join(text.split())
    assert max(e - s for s, e in words.places) <= 64
    assert [text[s:e] for s, e in words.places[:6]] == ["John", "Smith-Jones", "说", "：", "张", "伟"]
