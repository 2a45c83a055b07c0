"""Cuts of a decoded text and of the raw text that encodes it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.protocols.wire import cuts
from gateway.protocols.wire.cuts import Cut, apply, difference, ordered
from gateway.protocols.wire.parts import Collector, Source
from gateway.types import Edit, Limits, PartKind

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Cut]]:
    """A text, and disjoint cuts of it."""
    text = draw(TEXT)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return text, ordered(text, [(start, end, draw(TEXT)) for start, end in pairs])


@settings(max_examples=100, deadline=None)
@given(case=edited(), ascii_only=st.booleans())
def test_json_strings(case: tuple[str, list[Cut]], ascii_only: bool) -> None:
    text, made = case
    raw = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
    assert json.loads(f'"{apply(raw, cuts.json_string(raw, made))}"') == apply(text, made)


@settings(max_examples=100, deadline=None)
@given(case=edited(), everything=st.booleans())
def test_percent_encoding(case: tuple[str, list[Cut]], everything: bool) -> None:
    text, made = case
    raw = "".join(f"%{byte:02x}" for byte in text.encode()) if everything else quote(text, safe="")
    assert unquote(apply(raw, cuts.percent(raw, made)), errors="strict") == apply(text, made)
    raw = quote_plus(text)
    assert unquote_plus(apply(raw, cuts.percent_plus(raw, made)), errors="strict") == apply(text, made)


@settings(max_examples=50, deadline=None)
@given(case=edited())
def test_base64(case: tuple[str, list[Cut]]) -> None:
    text, made = case
    raw = base64.b64encode(text.encode()).decode().rstrip("=")
    changed = apply(raw, cuts.base64_text(raw, made))
    assert base64.b64decode(changed + "=" * (-len(changed) % 4)).decode() == apply(text, made)


@pytest.mark.parametrize(
    ("raw", "made", "expected"), [("138", [(0, 1, "X")], '"X38"'), ("1e5", [(0, 6, '"')], '"\\""')]
)
def test_a_number_becomes_a_string(raw: str, made: list[Cut], expected: str) -> None:
    assert apply(raw, cuts.json_number(raw, made)) == expected


@settings(max_examples=100, deadline=None)
@given(old=TEXT, new=TEXT)
def test_a_difference_is_one_smallest_cut(old: str, new: str) -> None:
    made = difference(old, new)
    assert apply(old, made) == new
    assert bool(made) == (old != new)
    for start, end, text in made:
        assert not (end > start and text and (old[start] == text[0] or old[end - 1] == text[-1]))


def test_cuts_climb_through_every_level() -> None:
    into = Collector(Limits())
    root = Source(r'["a\"b\\u0063d"]')
    inner = Source(json.loads(root.text)[0], (root, 2, 14, cuts.json_string))
    into.add("x", PartKind.TEXT, "bcd", (inner, 2, 10, cuts.json_string))
    assert inner.text[2:10] == r"b\u0063d"
    made = into.cuts([Edit(0, 1, 2, '"'), Edit(0, 2, 3, "e")])
    assert apply(root.text, made[root]) == r'["a\"b\\\"e"]'
    assert into.cuts([]) == {}
