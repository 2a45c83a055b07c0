from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from detectors.spans import resolve
from detectors.types import Finding

findings = st.lists(
    st.builds(
        lambda part, start, width, kind, score: Finding(part, start, start + width, kind, score, f"t/{kind.lower()}@1"),
        st.integers(0, 2),
        st.integers(0, 30),
        st.integers(1, 9),
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from([0.3, 0.5, 0.9]),
    ),
    max_size=20,
)


def covered(items: list[Finding]) -> set[tuple[int, int]]:
    return {(f.part, place) for f in items for place in range(f.start, f.end)}


@given(findings, st.randoms())
def test_a_disjoint_cover_whatever_the_order(items: list[Finding], rng: random.Random) -> None:
    result = resolve(items)
    assert covered(result) == covered(items)
    assert sum(f.end - f.start for f in result) == len(covered(items))
    assert result == sorted(result)
    assert resolve(result) == result
    shuffled = items[:]
    rng.shuffle(shuffled)
    assert resolve(shuffled) == result


def test_the_best_score_names_the_type() -> None:
    a = Finding(0, 0, 10, "A", 0.5, "t/a@1")
    b = Finding(0, 5, 12, "B", 0.9, "t/b@1")
    assert resolve([a, b]) == [Finding(0, 0, 12, "B", 0.9, "t/b@1")]


def test_touching_findings_stay_apart() -> None:
    a = Finding(0, 0, 5, "A", 0.5, "t/a@1")
    b = Finding(0, 5, 9, "B", 0.9, "t/b@1")
    assert resolve([b, a]) == [a, b]


def test_equal_scores_prefer_the_longer() -> None:
    a = Finding(0, 0, 10, "B", 0.9, "t/b@1")
    b = Finding(0, 2, 4, "A", 0.9, "t/a@1")
    assert resolve([b, a]) == [a]


def test_nothing() -> None:
    assert resolve([]) == []
