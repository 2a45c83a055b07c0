"""The engine equals running each pattern with `re.finditer`: on any text, for every rule."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.matching.boundaries import BOUNDARIES
from detectors.matching.matcher import Matcher, confirmer
from detectors.matching.patterns import PatternError, check
from detectors.packs.detector import load_packs

RULES = load_packs()
PATTERNS = [(pattern, rule.boundary) for rule in RULES.rules for pattern in rule.patterns]
MATCHER = Matcher(PATTERNS)
CONFIRMERS = [confirmer(*pair) for pair in PATTERNS]
SEEDS = [example.text for rule in RULES.rules for example in (*rule.matches, *rule.no_matches)]
GLUE = ["", " ", "，", "\n", "\r\n", "\0", "-", ".", "1", "0000", "A", "京", "@", "\ud800", "\U0001f600", "é", ":", "/"]


def sequential(text: str) -> set[tuple[int, int, int]]:
    return {(index, *match.span()) for index, regex in enumerate(CONFIRMERS) for match in regex.finditer(text)}


def found(text: str) -> list[tuple[int, int, int]]:
    return [(index, start, end) for index, start, end, _, _ in MATCHER.find(text)]


pieces = st.one_of(
    st.sampled_from(SEEDS),
    st.sampled_from(GLUE),
    st.text(alphabet="0123456789 -.ABab@:/+", max_size=30),
    st.text(alphabet=st.characters(), max_size=10),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces, max_size=8).map("".join))
def test_equals_sequential_re(text: str) -> None:
    hits = found(text)
    assert len(hits) == len(set(hits))
    assert set(hits) == sequential(text)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_equals_sequential_re_on_mutations(seed: str, data) -> None:
    place = data.draw(st.integers(0, len(seed)))
    width = data.draw(st.integers(0, 3))
    insert = data.draw(st.sampled_from([*GLUE, "12", "x"]))
    text = (seed[:place] + insert + seed[place + width :]) * data.draw(st.integers(1, 2))
    assert set(found(text)) == sequential(text)


def test_equals_sequential_re_on_all_examples_at_once() -> None:
    """A quarter of them with each glue: the sequential half of the comparison takes seconds."""
    seeds = SEEDS[:]
    random.Random(5).shuffle(seeds)
    for place, glue in enumerate(("\n", " ", "，", "")):
        text = glue.join(seeds[place::4])
        assert set(found(text)) == sequential(text)


@pytest.mark.parametrize(
    "source",
    [
        r"[a-c]{2,5}x[0-9]{2,4}",
        r"(?:ab|c|def)[0-9]{3}(?:x|yz)?",
        r"k(?:[0-9]{1,3}\.){2,4}z",
        r"[京沪]?Q[·.]?[0-9]{3,4}",
        r"w[^,]{0,4}[0-9]{2}",
        r"(?P<value>zz[a-f0-9]{4,9})!",
        r"01(?:[ -]?[0-3]){4,6}x?",
        r"[A-F]{2}[ -]?[0-3]{3}[A-F]",
    ],
)
@settings(max_examples=80, deadline=None)
@given(text=st.text(alphabet="abcdefxyzkwABQ0123.·京沪,! -\ud801", max_size=60))
@pytest.mark.parametrize("boundary", ["none", "digits", "alnum"])
def test_equals_sequential_re_for_other_patterns(source: str, boundary: str, text: str) -> None:
    pattern = check(source)
    matcher = _matcher(source, boundary)
    expected = {match.span() for match in confirmer(pattern, BOUNDARIES[boundary]).finditer(text)}
    assert {(start, end) for _, start, end, _, _ in matcher.find(text)} == expected


_COMPILED: dict[tuple[str, str], Matcher] = {}


def _matcher(source: str, boundary: str) -> Matcher:
    if (source, boundary) not in _COMPILED:
        _COMPILED[source, boundary] = Matcher([(check(source), BOUNDARIES[boundary])])
    return _COMPILED[source, boundary]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (r"a+", "unbounded"),
        (r"[0-9]*x", "unbounded"),
        (r"x{3,}", "unbounded"),
        (r"\bfoo\b", "boundary"),
        (r"^foo", "boundary"),
        (r"(?=a)b", "look-ahead"),
        (r"(?<!a)b1234", "look-around"),
        (r"(a)\1", "back-reference"),
        (r"(?i:foo)", "flags"),
        (r"(?:[a-z]{1,9}[a-z]{1,9}){2,9}", "separator"),
        (r"[a-z]{1,100}[a-z]{1,100}x", "backtracks"),
        (r"x{0,4}", "nothing at all"),
        (r"q.{700}", "limit"),
        (r"(abc", "not a regular expression"),
    ],
)
def test_refused_patterns_say_why(source: str, reason: str) -> None:
    with pytest.raises(PatternError, match=reason):
        check(source)


def test_many_threads_share_one_matcher() -> None:
    text = "\n".join(SEEDS[::4])
    expected = set(found(text))
    results: list[set[tuple[int, int, int]]] = []
    threads = [threading.Thread(target=lambda: results.append(set(found(text)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def test_no_patterns_find_nothing() -> None:
    assert Matcher([]).find("anything") == []
