"""Rules that get into each other's way: found out by running all of them over all examples, not by reasoning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detectors.packs.detector import RuleDetector
from detectors.packs.rules import Rule, RuleSet
from detectors.steward.generate import samples
from detectors.types import Finding

NEARLY: Final = 0.03
"""Scores that are no farther apart may change places with the next edit."""
_SAMPLES: Final = 4
"""Generated texts for each pattern, besides the examples."""


@dataclass(frozen=True, slots=True)
class Survey:
    shadowed: tuple[tuple[Rule, Rule], ...]
    """(rule, the one that always does better)"""
    overlapping: tuple[tuple[Rule, Rule, int], ...]
    """(rule, another of a different entity type, examples in which they cannot be told apart)"""


def survey(rules: RuleSet, *, generated: bool = True) -> Survey:
    """generated: on values made from the patterns too, not only on examples."""
    detector = RuleDetector(rules, experimental=True)
    live = {rule.name: rule for rule in rules.rules if rule.status.acts}
    shadowed: list[tuple[Rule, Rule]] = []
    pairs: dict[tuple[str, str], int] = defaultdict(int)
    for rule in live.values():
        better: set[str] | None = None
        for text in _texts(rule, _SAMPLES if generated else 0):
            found = [one for one in detector.find(text) if one.rule in live]
            for own in (one for one in found if one.rule == rule.name):
                rivals = {one.rule for one in found if _covers(one, own) and one.score > own.score}
                better = rivals if better is None else better & rivals
                for rival in found:
                    if _same_but_other(rival, own):
                        first, second = sorted((own.rule, rival.rule))
                        pairs[first, second] += own.rule == first
        if better:
            shadowed.append((rule, live[min(better)]))
    overlapping = tuple((live[one], live[two], count) for (one, two), count in sorted(pairs.items()) if count)
    return Survey(tuple(shadowed), overlapping)


def _texts(rule: Rule, generated: int) -> Iterator[str]:
    """Its examples, and so many generated values of each pattern behind its first context word."""
    for example in rule.matches:
        yield example.text
    if not generated:
        return
    word = f"{rule.context.words[0]}: " if rule.context.words else ""
    for pattern in rule.patterns:
        for value in samples(pattern, generated):
            yield f"{word}{value} "


def _covers(rival: Finding, own: Finding) -> bool:
    return rival.rule != own.rule and rival.start <= own.start and own.end <= rival.end


def _same_but_other(rival: Finding, own: Finding) -> bool:
    return (
        (rival.start, rival.end) == (own.start, own.end)
        and rival.entity_type != own.entity_type
        and abs(rival.score - own.score) <= NEARLY
    )
