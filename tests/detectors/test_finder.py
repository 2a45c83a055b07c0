"""Offsets, runs and rows of events: the fast ways say what the plain ones say."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.matching import runs
from detectors.matching.finder import Finder, Offsets
from detectors.matching.matcher import _thinned
from detectors.packs.detector import _regions
from detectors.views import normalize

TEXTS = st.lists(st.sampled_from(["a", "aaaaaaaa", " ", "é", "京", "\U0001f600", "\ud800", "/", "+9"])).map("".join)
FINDER = Finder([(runs.BEGINS, 0), (runs.ENDS, 0)])


@given(TEXTS, st.lists(st.integers(0, 40), max_size=12))
@settings(max_examples=150)
def test_both_ways_from_bytes_to_characters_agree(text: str, places: list[int]) -> None:
    offsets = Offsets(text)
    ends = sorted({min(place, len(offsets.data)) for place in places})
    assert offsets._sparse(ends) == offsets._dense(ends)


@given(TEXTS)
@settings(max_examples=150)
def test_runs_are_the_maximal_ones(text: str) -> None:
    ends = Offsets(text).ends(FINDER)
    expected = [run.span() for run in re.finditer(f"[{runs.CHARACTERS}]{{{runs.LEAST},}}", text)]
    assert runs.spans(text, ends.get(0, []), ends.get(1, [])) == expected


@given(st.text("\\nrtab\n", max_size=20))
@settings(max_examples=150)
def test_written_blanks_become_blanks(text: str) -> None:
    plain = text.replace("\\n", "\\\n").replace("\\t", "\\\t").replace("\\r", "\\\r")
    assert normalize.soften(text) == plain


@given(st.lists(st.tuples(st.integers(1, 2000), st.integers(1, 60)), min_size=1, max_size=12), st.integers(256, 900))
@settings(max_examples=100)
def test_what_is_left_of_a_row_of_events_tells_the_same_regions(rows: list[tuple[int, int]], margin: int) -> None:
    ends: list[int] = []
    at = 0
    for gap, count in rows:
        ends += range(at + gap, at + gap + 7 * count, 7)
        at = ends[-1]
    assert _regions(_thinned(ends), at + 9, margin) == _regions(ends, at + 9, margin)
