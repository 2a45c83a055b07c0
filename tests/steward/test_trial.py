"""Every example in every wrapping; what does not hold is told with its line and wrapping."""

from __future__ import annotations

import pytest

from detectors.steward import trial
from detectors.steward.wrappings import MATCH

from .conftest import BADGE, Load


def failures(rules) -> list[tuple[int, str]]:
    return [(failure.line, failure.wrapping) for one in trial.run(rules) for failure in one.failures]


def test_all_hold(load: Load) -> None:
    (one,) = trial.run(load(BADGE))
    assert one.passed
    assert one.matches == {name: [3, 3] for name in MATCH}
    assert one.no_matches[0] == one.no_matches[1] == 9


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("value: BDG-654321", "value: badge BDG-654321", {(22, "plain")}),
        ("- BDG-111222", "- BDG-11122", {(23, "plain")}),
        ("text: BDG-12345,", "text: BDG-123456,", {(25, "plain")}),
        ("boundary: alnum", "boundary: none", {(26, "plain")}),
    ],
)
def test_what_does_not_hold(load: Load, old: str, new: str, expected: set[tuple[int, str]]) -> None:
    assert old in BADGE
    assert set(failures(load(BADGE.replace(old, new, 1)))) >= expected


def test_a_problem_names_file_rule_and_mend(load: Load) -> None:
    (one,) = trial.run(load(BADGE.replace("- BDG-111222", "- BDG-1", 1)))
    (failure,) = one.failures
    assert str(failure.problem).endswith(
        "demo.yaml:23: Rule 'badge', plain: this match example is not found. Mend the pattern, or the example."
    )


@pytest.mark.parametrize("word", ["demo", "badge", "demo/badge", "demo/badge@1"])
def test_rules_are_picked_by_any_of_their_names(load: Load, word: str) -> None:
    rules = load(BADGE, BADGE.replace("id: badge", "id: other"))
    assert len(trial.selected(rules, [word])) == (2 if word == "demo" else 1)


def test_an_unknown_name_is_said(load: Load) -> None:
    with pytest.raises(KeyError, match="nothing"):
        trial.selected(load(BADGE), ["badge", "nothing"])
