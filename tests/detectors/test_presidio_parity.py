"""What the installed Presidio finds with its own recognizers, our packs find too.

Each case is a sentence of ours with a synthetic value whose check digits were computed here; the recognizers of
Presidio run on the same text. A recognizer that finds nothing proves nothing, so each case says which type must fire.
"""

from __future__ import annotations

import inspect
from typing import Any

import presidio_analyzer.predefined_recognizers as predefined
import pytest
from presidio_analyzer import EntityRecognizer

from detectors.packs.detector import RuleDetector
from detectors.packs.rules import RuleSet

_OTHER_NAMES = {
    "ZA_MOBILE_NUMBER": {"PHONE_NUMBER"},
    "ZA_TELEPHONE_NUMBER": {"PHONE_NUMBER"},
    "SG_FIN": {"SG_NRIC_FIN"},
}
"""Presidio's type → ours, where the names differ."""
_SKIPPED = (
    "Spacy",
    "Stanza",
    "Transformers",
    "Azure",
    "Ahds",
    "AHDS",
    "GLiNER",
    "HuggingFace",
    "MedicalNER",
    "LangExtract",
)


def _recognizers() -> list[EntityRecognizer]:
    """All that need neither a model nor a service."""
    classes = {value for _, value in inspect.getmembers(predefined, inspect.isclass)}
    wanted = [c for c in classes if issubclass(c, EntityRecognizer) and not any(s in c.__name__ for s in _SKIPPED)]
    return [made for made in (_make(c) for c in sorted(wanted, key=lambda c: c.__name__)) if made is not None]


def _make(kind: type[EntityRecognizer]) -> EntityRecognizer | None:
    try:
        return kind()  # type: ignore[call-arg]
    except (TypeError, ImportError, ValueError):
        return None


_NO_ARTIFACTS: Any = None
"""No language model runs."""
RECOGNIZERS = _recognizers()
BY_TYPE: dict[str, list[EntityRecognizer]] = {}
for _recognizer in RECOGNIZERS:
    for _entity in _recognizer.supported_entities:
        BY_TYPE.setdefault(_entity, []).append(_recognizer)


def _theirs(entity: str, text: str) -> set[str]:
    """Values that Presidio finds as this type."""
    found: set[str] = set()
    for recognizer in BY_TYPE[entity]:
        found |= {text[r.start : r.end] for r in recognizer.analyze(text, [entity], _NO_ARTIFACTS) or []}
    return found


def _examples(rules: RuleSet, entity: str) -> list[tuple[str, str]]:
    """Our own match examples, (text, value), of what Presidio calls `entity`."""
    ours = _OTHER_NAMES.get(entity, {entity})
    return [
        (example.text, example.value)
        for rule in rules.rules
        if rule.entity_type in ours
        for example in rule.matches
        if example.value is not None
    ]


def test_every_type_of_presidio_is_ours_too(rules: RuleSet) -> None:
    ours = {rule.entity_type for rule in rules.rules}
    missing = {entity for entity in BY_TYPE if not _OTHER_NAMES.get(entity, {entity}) <= ours}
    assert missing == set()


def test_there_are_as_many_recognizers_as_we_think() -> None:
    assert len(RECOGNIZERS) >= 50  # 52 in the release for Python 3.12


@pytest.mark.parametrize("entity", sorted(BY_TYPE))
def test_ours_finds_what_theirs_finds(detector: RuleDetector, rules: RuleSet, entity: str) -> None:
    """On each sentence where theirs find the value, ours find it, with a score that a policy acts on."""
    shared = 0
    for text, value in _examples(rules, entity):
        for carrier in CARRIERS:
            carried = carrier.format(text)
            if value in _theirs(entity, carried):
                shared += 1
                assert _score(detector, carried, value, _OTHER_NAMES.get(entity, {entity})) >= 0.5, (entity, carried)
    assert shared, "the comparison compares nothing"


CARRIERS = ("{}", "Dear team, for the file: {} Thank you", '{{"note": "{}"}}', "客户留言：{}，请登记。")


def _score(detector: RuleDetector, text: str, value: str, types: set[str]) -> float:
    found = [f.score for f in detector.find(text) if text[f.start : f.end] == value and f.entity_type in types]
    return max(found, default=0.0)
