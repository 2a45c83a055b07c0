"""Chart, words and life spans."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dashboard.chart import HEIGHT, STACK, bars
from gateway.dashboard.page import lifetime
from gateway.dashboard.words import WORDS, language

from .conftest import Minute

COUNTS = st.fixed_dictionaries({f"effect:{effect}": st.integers(0, 10_000_000) for effect in STACK})


@given(st.lists(COUNTS, max_size=12))
def test_bars_stay_on_the_sheet(counts: list[dict[str, int]]) -> None:
    svg = ElementTree.fromstring(bars([Minute(60 * n, 60, some) for n, some in enumerate(counts)], "<&>"))
    rects = svg.findall(".//rect")
    assert len(rects) == sum(1 for some in counts for count in some.values() if count)
    assert all(float(rect.attrib["y"]) > -3 and float(rect.attrib["height"]) <= HEIGHT for rect in rects)
    assert svg.attrib["aria-label"] == "<&>"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-1, "0s"), (0.9, "0s"), (53, "53s"), (125, "2m 05s"), (15_120, "4h 12m"), (604_700, "6d 23h")],
)
def test_lifetime(seconds: float, shown: str) -> None:
    assert lifetime(seconds) == shown


def test_both_languages_say_the_same() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    assert all(text for words in WORDS.values() for text in words.values())


@pytest.mark.parametrize(
    ("asked", "accepts", "spoken"),
    [
        ("zh", "en", "zh"),
        ("", "zh-CN,zh;q=0.9", "zh"),
        ("", "fr,zh;q=0.5", "zh"),
        ("", "", "en"),
        ("xx", "en-GB", "en"),
    ],
)
def test_language(asked: str, accepts: str, spoken: str) -> None:
    assert language(asked, accepts) == spoken
