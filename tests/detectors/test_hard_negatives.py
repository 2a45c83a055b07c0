"""Under one false positive in 100 KB over all packs, and none of the kinds that gateways see all day."""

from __future__ import annotations

import pytest

from detectors.rulepack import RuleDetector

from .hard_negatives import KINDS, corpus

SIZE = 20_000
"""Characters of each kind; the benchmark reads more."""
TEXTS = corpus(SIZE)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_sensitive_is_seen_in_hard_negatives(detector: RuleDetector, kind: str) -> None:
    packs = ("secrets-", "health-", "finance-", "global-")
    text = TEXTS[kind]
    found = [(text[f.start : f.end], f.rule) for f in detector.find(text) if f.score >= 0.5]
    assert [(value, rule) for value, rule in found if rule.startswith(packs)] == []


def test_all_packs_together_stay_under_one_in_100_kb(detector: RuleDetector) -> None:
    found = sum(f.score >= 0.5 for text in TEXTS.values() for f in detector.find(text))
    assert found <= sum(len(text.encode()) for text in TEXTS.values()) / 100_000
