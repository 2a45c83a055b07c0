"""Every example of every rule, as it stands and in every wrapping."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, urlencode

from detectors.entities import load_entities
from detectors.packs.detector import RuleDetector, load_packs
from detectors.packs.rules import MatchExample, Rule, RuleSet

RULES = load_packs()
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in (*range(48, 58), *range(65, 91), *range(97, 123))})

FIRST = 4
"""Examples of a rule in all wrappings; further ones, of further labels, in JSON alone."""


def _values(detector: RuleDetector, rule: Rule, text: str) -> list[str]:
    return [text[f.start : f.end] for f in detector.find(text) if f.rule == rule.name]


def _each(check: Callable[[Rule], None]) -> None:
    """Every rule, in one test: thousands of tests cost more than what they try. All failures are told at once."""
    failures: list[str] = []
    for rule in RULES.rules:
        try:
            check(rule)
        except AssertionError as error:
            failures.append(f"{rule.pack}/{rule.id}: {str(error).partition(chr(10))[0]}")
    assert failures == []


def test_match_examples_in_every_wrapping(detector: RuleDetector) -> None:
    def check(rule: Rule) -> None:
        for place, example in enumerate(rule.matches):
            _in_every_wrapping(detector, rule, example, thoroughly=place < FIRST)

    _each(check)


def _in_every_wrapping(detector: RuleDetector, rule: Rule, example: MatchExample, *, thoroughly: bool) -> None:
    text = example.text
    plain = _values(detector, rule, text)
    assert plain, "as it stands"
    value = example.value or plain[0]
    assert value in plain, "the value"
    ascii_json = json.dumps({"note": text})
    assert _values(detector, rule, ascii_json), f"JSON with \\u escapes, line {example.line}"
    if not thoroughly:
        return
    if not text.isascii():  # else it is the same text
        assert _values(detector, rule, json.dumps({"note": text}, ensure_ascii=False)), f"JSON, line {example.line}"
    assert _values(detector, rule, "note=" + quote(text)), f"percent-encoded, line {example.line}"
    form = urlencode({"note": text}).replace("+", "%20")
    assert _values(detector, rule, form), f"a form, line {example.line}"
    note = text if len(text.encode()) > 12 else f"the note: {text}"
    run = base64.b64encode(note.encode()).decode()
    assert run in _values(detector, rule, f"see {run} there"), f"base64 maps to the whole run, line {example.line}"
    run = base64.urlsafe_b64encode(note.encode()).decode().rstrip("=")
    assert _values(detector, rule, f'"{run}"'), f"base64url, line {example.line}"
    assert _values(detector, rule, f"前文，{text}。后文"), f"between Chinese sentences, line {example.line}"
    between = f"首先\r\n{text}\r\n结束 \U0001f600"
    assert _values(detector, rule, between), f"between lines and emoji, line {example.line}"


def test_full_width_digits_and_letters(detector: RuleDetector) -> None:
    """The span is the full-width original. Secrets are case- and charset-exact, and are folded just the same."""

    def check(rule: Rule) -> None:
        for value, text in _valued(rule):
            wide = value.translate(WIDE)
            assert wide in _values(detector, rule, text.replace(value, wide)), "not found in full width"

    _each(check)


def _valued(rule: Rule) -> list[tuple[str, str]]:
    return [(example.value, example.text) for example in rule.matches if example.value is not None]


def test_directly_between_han_characters(detector: RuleDetector) -> None:
    def check(rule: Rule) -> None:
        context = rule.context.words[0] if rule.context.words else ""
        for value, _ in _valued(rule):
            assert value in _values(detector, rule, f"{context}：号{value}谢谢"), "not found between Han characters"

    keyed = {rule.id for rule in RULES.rules if any("(?P<value>" in p.source for p in rule.patterns)}
    _each(lambda rule: None if rule.id in keyed else check(rule))


def test_no_match_examples_in_every_wrapping(detector: RuleDetector) -> None:
    def check(rule: Rule) -> None:
        for example in rule.no_matches:
            texts = [example.text, json.dumps({"note": example.text}, ensure_ascii=False)]
            if example.text.isascii():
                texts.append("note=" + quote(example.text))
            for text in texts:
                assert not _values(detector, rule, text), f"{example.why}, line {example.line}"

    _each(check)


def test_there_are_enough_rules_with_unique_names(rules: RuleSet) -> None:
    names = [rule.name for rule in rules.rules]
    assert len(names) == len(set(names)) >= 60
    assert len({rule.id for rule in rules.rules if rule.pack.startswith("secrets")}) >= 30


def test_every_entity_type_of_a_rule_is_in_the_catalogue(rules: RuleSet) -> None:
    assert {rule.entity_type for rule in rules.rules} <= set(load_entities())


def test_every_rule_has_references_and_a_description(rules: RuleSet) -> None:
    assert not [rule.name for rule in rules.rules if not rule.references or not rule.description]
