"""Each fault that lint knows, made on purpose; and a rule without any."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.packs.detector import read_packs
from detectors.steward.lint import Level, lint, lint_paths

from .conftest import BADGE, Load, Write, pack

TWIN = BADGE.replace("id: badge", "id: twin")


def remarks(rules, check: str) -> list[tuple[Level, str]]:
    return [(one.level, one.message) for one in lint(rules) if one.check == check]


def test_a_good_rule_has_no_remark(load: Load) -> None:
    assert lint(load(BADGE)) == []


@pytest.mark.parametrize(
    ("check", "old", "new", "level", "words"),
    [
        ("references", "    references: ['https://example.com/handbook']\n", "", Level.WARNING, "has no references"),
        ("description", "    description: Badge of our company.\n", "", Level.WARNING, "has no description"),
        ("unexampled", "['BDG-[0-9]{6}']", "['BDG-[0-9]{6}', 'XQZ-[0-9]{6}']", Level.WARNING, "(no. 2)"),
        ("slow", "['BDG-[0-9]{6}']", "['BDG-[0-9]{6}', 're[a-z]']", Level.WARNING, "candidates in 1,000"),
        ("unbounded", "['BDG-[0-9]{6}']", "['com[a-z ]{6,900}']\n    wide: true", Level.WARNING, "may read 903"),
        ("references", "'https://example.com/handbook'", "the handbook", Level.WARNING, "full address"),
        ("regulations", "    status: stable", "    regulations: [PIPLL]\n    status: stable", Level.WARNING, "'PIPL'?"),
    ],
)
def test_faults_of_one_rule(load: Load, check: str, old: str, new: str, level: Level, words: str) -> None:
    assert old in BADGE
    found = remarks(load(BADGE.replace(old, new, 1)), check)
    assert [one for one, message in found if words in message] == [level], found


def test_a_shadowed_rule(load: Load) -> None:
    better = TWIN.replace("0.95, without_context: 0.6", "1.0, without_context: 0.9")
    ((level, message),) = remarks(load(BADGE, better), "shadowed")
    assert level is Level.WARNING
    assert "Rule 'badge' is shadowed: 'demo/twin' always finds the same with a better score" in message


def test_rules_that_overlap(load: Load) -> None:
    ((level, message),) = remarks(load(BADGE, TWIN.replace("API_KEY", "IP_ADDRESS")), "overlapping")
    assert level is Level.NOTE
    assert "as API_KEY and IP_ADDRESS" in message
    assert remarks(load(BADGE, TWIN.replace("API_KEY", "PASSWORD")), "overlapping") == [], "one category, one policy"


def test_a_rule_without_a_regulation(write: Write) -> None:
    rules = read_packs([write(pack(BADGE).replace("regulations: [PIPL]\n", ""))])
    assert "no policy by law applies" in remarks(rules, "regulations")[0][1]


def test_the_shipped_packs_are_clean() -> None:
    """Speed is measured by `redline rules lint`; here nothing may depend on how busy the machine is."""
    assert [str(remark) for remark in lint(read_packs(), quick=True)] == []


def test_an_experiment_without_end(load: Load) -> None:
    rules = load(BADGE.replace("stable", "experimental"))
    long_ago = datetime.now(UTC) - timedelta(days=45)
    (found,) = [one for one in lint(rules, experiments={"demo/badge@1": long_ago}) if one.check == "experimental"]
    assert "for 45 days" in found.message
    assert remarks(rules, "experimental") == []
    os.utime(rules.rules[0].file, (0, 0))
    assert remarks(rules, "experimental")


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("[0-9]{6}", "[0-9]+", "unbounded"),
        ("'BDG-[0-9]{6}'", "'[a-z]{3,9}'", "slow"),
        ("        - BDG-111222\n", "", "unexampled"),
        ("boundary: alnum", "boundary: nowhere", "invalid"),
    ],
)
def test_what_does_not_load_is_an_error(write: Write, old: str, new: str, check: str) -> None:
    assert old in BADGE
    rules, found = lint_paths([write(pack(BADGE.replace(old, new, 1)))])
    assert rules is None
    assert [(one.level, one.check) for one in found] == [(Level.ERROR, check)]


def test_only_some_rules_are_spoken_of(load: Load) -> None:
    rules = load(BADGE.replace("    references: ['https://example.com/handbook']\n", ""), TWIN)
    assert lint(rules, [rules.rules[0]])
    assert not [one for one in lint(rules, [rules.rules[1]]) if one.check == "references"]


def test_a_remark_reads_as_a_place_and_a_mend(load: Load) -> None:
    (found,) = lint(load(BADGE.replace("    description: Badge of our company.\n", "")))
    assert Path(found.file).name == "demo.yaml"
    assert str(found).endswith(
        "demo.yaml:7: warning [description] Rule 'badge' has no description. Add one line for people."
    )
