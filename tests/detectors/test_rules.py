"""Every example of every rule, as it stands and in every wrapping."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlencode

import pytest

from detectors.entities import load_entities
from detectors.rulepack import RuleDetector, load_packs
from detectors.rules import MatchExample, Rule, RuleSet

RULES = load_packs()
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in (*range(48, 58), *range(65, 91), *range(97, 123))})


def _values(detector: RuleDetector, rule: Rule, text: str) -> list[str]:
    return [text[f.start : f.end] for f in detector.find(text) if f.rule == rule.name]


def _id(value: object) -> str:
    return f"{value.pack}/{value.id}" if isinstance(value, Rule) else ""


each_rule = pytest.mark.parametrize("rule", RULES.rules, ids=_id)
"""One test a rule, not one an example: there are thousands, and a test costs more than an example."""


@each_rule
def test_match_examples_in_every_wrapping(detector: RuleDetector, rule: Rule) -> None:
    for example in rule.matches:
        _in_every_wrapping(detector, rule, example)


def _in_every_wrapping(detector: RuleDetector, rule: Rule, example: MatchExample) -> None:
    text = example.text
    plain = _values(detector, rule, text)
    assert plain, "as it stands"
    value = example.value or plain[0]
    assert value in plain
    ascii_json = json.dumps({"note": text})
    assert _values(detector, rule, ascii_json), "JSON with \\u escapes"
    assert _values(detector, rule, json.dumps({"note": text}, ensure_ascii=False)), "JSON"
    assert _values(detector, rule, "note=" + quote(text)), "percent-encoded"
    assert _values(detector, rule, urlencode({"note": text}).replace("+", "%20")), "a form"
    note = text if len(text.encode()) > 12 else f"the note: {text}"
    run = base64.b64encode(note.encode()).decode()
    assert run in _values(detector, rule, f"see {run} there"), "base64 maps to the whole run"
    run = base64.urlsafe_b64encode(note.encode()).decode().rstrip("=")
    assert _values(detector, rule, f'"{run}"'), "base64url"
    assert _values(detector, rule, f"前文，{text}。后文"), "between Chinese sentences"
    assert _values(detector, rule, f"首先\r\n{text}\r\n结束 \U0001f600"), "between lines and emoji"


@each_rule
def test_full_width_digits_and_letters(detector: RuleDetector, rule: Rule) -> None:
    """The span is the full-width original. Secrets are case- and charset-exact, and are folded just the same."""
    for value, text in _valued(rule):
        wide = value.translate(WIDE)
        assert wide in _values(detector, rule, text.replace(value, wide))


def _valued(rule: Rule) -> list[tuple[str, str]]:
    return [(example.value, example.text) for example in rule.matches if example.value is not None]


@each_rule
def test_directly_between_han_characters(detector: RuleDetector, rule: Rule) -> None:
    context = rule.context.words[0] if rule.context.words else ""
    if rule.id in _KEYED:
        return
    for value, _ in _valued(rule):
        assert value in _values(detector, rule, f"{context}：号{value}谢谢")


_KEYED = {rule.id for rule in RULES.rules if any("(?P<value>" in p.source for p in rule.patterns)}


@each_rule
def test_no_match_examples_in_every_wrapping(detector: RuleDetector, rule: Rule) -> None:
    for example in rule.no_matches:
        texts = [example.text, json.dumps({"note": example.text}, ensure_ascii=False)]
        if example.text.isascii():
            texts.append("note=" + quote(example.text))
        for text in texts:
            assert not _values(detector, rule, text), example.why


def test_there_are_enough_rules_with_unique_names(rules: RuleSet) -> None:
    names = [rule.name for rule in rules.rules]
    assert len(names) == len(set(names)) >= 60
    assert len({rule.id for rule in rules.rules if rule.pack.startswith("secrets")}) >= 30


def test_every_entity_type_of_a_rule_is_in_the_catalogue(rules: RuleSet) -> None:
    assert {rule.entity_type for rule in rules.rules} <= set(load_entities())


def test_every_rule_has_references_and_a_description(rules: RuleSet) -> None:
    assert not [rule.name for rule in rules.rules if not rule.references or not rule.description]
