"""Every type of the packs works in a natural sentence of both languages, at the score from which policies act."""

from __future__ import annotations

from detectors.names.detector import NameDetector
from detectors.packs.detector import RuleDetector, RuleSet

from .sentences import CHINA, FINANCE, GLOBAL, HEALTH, NATIONS, SECRETS, Case

ALL = (*CHINA, *GLOBAL, *HEALTH, *FINANCE, *SECRETS, *NATIONS)


def _found(detector: RuleDetector, names: NameDetector, case: Case) -> bool:
    types, value, sentence = case
    text = sentence.format(value)
    low = text.index(value)
    findings = detector.find(text) + (names.find(text) if types == "ADDRESS" else [])
    return any(
        f.entity_type in types.split("|") and f.score >= 0.5 and f.start <= low and low + len(value) <= f.end
        for f in findings
    )


def test_values_are_found_in_natural_sentences(detector: RuleDetector) -> None:
    names = NameDetector()
    assert [case for case in ALL if not _found(detector, names, case)] == []


def test_they_are_found_without_the_sentence_around_them_too(detector: RuleDetector) -> None:
    """In a table cell: only the words of the sentence that touch the value are left."""
    names = NameDetector()
    short = [(types, value, sentence.split("，")[0].split(",")[0]) for types, value, sentence in ALL]
    cells = [case for case in short if "{}" in case[2]]
    missed = [case for case in cells if not _found(detector, names, case)]
    assert len(missed) <= len(cells) // 50, missed


def test_every_chinese_type_has_a_sentence(rules: RuleSet) -> None:
    wanted = {rule.entity_type for rule in rules.rules if rule.pack.startswith("cn-")}
    told = {name for types, _, _ in ALL for name in types.split("|")}
    assert wanted - told == set()
