"""The explanation agrees with the engine, and says what decided."""

from __future__ import annotations

import base64

import pytest

from detectors.packs.detector import RuleDetector, read_packs
from detectors.steward.masking import told
from detectors.steward.why import Explainer

from .conftest import BADGE, Load

RULES = read_packs()
EXPLAINER = Explainer(RULES)


@pytest.mark.parametrize(
    ("text", "verdict", "effect", "view"),
    [
        ("BDG-123456", "finding", "no word near", "as written"),
        ("badge BDG-123456", "finding", "badge: 0.6 → 0.95", "as written"),
        ("样例BDG-123456", "no: the score is below 0.3", "样例: 0.6 → 0.2", "as written"),
        ("工牌ＢＤＧ－１２３４５６", "finding", "工牌: 0.6 → 0.95", "folded"),
        ("BDG%2D123456", "finding", "no word near", "unescaped"),
        (base64.b64encode(b"see BDG-123456 now").decode(), "finding", "no word near", "base64 or hex"),
    ],
)
def test_what_decided(load: Load, text: str, verdict: str, effect: str, view: str) -> None:
    (reason,) = Explainer(load(BADGE)).explain(text)
    assert (reason.verdict, reason.effect, reason.view) == (verdict, effect, view)


def test_an_experimental_rule_is_only_observed(load: Load) -> None:
    (reason,) = Explainer(load(BADGE.replace("stable", "experimental"))).explain("BDG-123456")
    assert reason.verdict == "experimental: observed only"
    assert not reason.wins


def test_a_validator_that_fails_is_named() -> None:
    reasons = EXPLAINER.explain("card 4111111111111112")
    assert any("card does not hold" in reason.verdict for reason in reasons)


def test_near_misses_can_be_left_out() -> None:
    assert EXPLAINER.explain("card 4111111111111112")
    assert EXPLAINER.explain("card 4111111111111112", near_misses=False) == []


def test_separators_between_digits_are_explained() -> None:
    reasons = EXPLAINER.explain("电话 1-3-8-0-0-1-3-8-0-0-0 好")
    assert any(reason.spaced and reason.wins for reason in reasons)


def test_every_finding_of_the_engine_is_explained() -> None:
    """On an example of every ninth rule: same rule, span and score."""
    explainer, detector = EXPLAINER, RuleDetector(RULES, experimental=True)
    for rule in RULES.rules[::9]:
        text = rule.matches[0].text
        told = {(r.start, r.end, r.rule.name, r.score) for r in explainer.explain(text) if r.fires}
        assert told >= {(f.start, f.end, f.rule, f.score) for f in detector.find(text)}, rule.name


def test_values_neither_print_nor_show() -> None:
    (reason,) = [one for one in EXPLAINER.explain("zhang@example.com") if one.wins]
    assert "zhang" not in repr(reason)
    assert told(reason.value, show=False) == "•••••• (17)"
    assert told(reason.value, show=True) == "zhang@example.com"
