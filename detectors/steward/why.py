"""Why a rule fires, or why it does not: view, pattern, validators, context words, score.

Recomputed with plain `re` from the rule itself, so that it explains the engine without being part of it; what the
engine finds is asked of the engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detectors.matching.matcher import confirmer
from detectors.packs import context
from detectors.packs.detector import FLOOR, RuleDetector
from detectors.packs.rules import Context, Rule, RuleSet, Score, Status
from detectors.spans import resolve
from detectors.steward.seen import Seen, views
from detectors.types import Finding
from detectors.views.pieces import CERTAIN, every_number
from detectors.views.spaced import SpacedRules, every_run

NEAR_MISSES: Final = 20_000
"""Characters up to which rules that do not fire are explained as well: each costs a pass over the text."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One candidate of one rule."""

    rule: Rule
    start: int
    end: int
    """In code points of the text."""
    view: str
    validators: tuple[tuple[str, bool], ...]
    raising: tuple[str, ...]
    """Context words that are near."""
    lowering: tuple[str, ...]
    score: float
    """Of the candidate; what its context makes of it."""
    fires: bool
    wins: bool = False
    """It is what remains where findings overlap."""
    spaced: bool = False
    value: str = field(repr=False, default="")

    @property
    def verdict(self) -> str:
        failed = [name for name, passed in self.validators if not passed]
        if failed:
            return f"no: {', '.join(failed)} does not hold"
        if self.score < FLOOR:
            return f"no: the score is below {FLOOR:g}"
        if not self.fires:
            return "no: the engine reads this place otherwise"
        if self.rule.status is Status.OPTIONAL:
            return "optional: off until it is promoted"
        if self.rule.status is Status.EXPERIMENTAL:
            return "experimental: observed only"
        return "finding" if self.wins else "finding, but another one wins here"

    @property
    def effect(self) -> str:
        """What context words do to the score."""
        base = self.rule.score.without_context
        if self.score == base or not (self.raising or self.lowering):
            return "no word near" if self.rule.context.words or self.rule.context.negative else "takes no context"
        words = self.raising if self.score > base else self.lowering
        return f"{', '.join(words)}: {base:g} → {self.score:g}"


class Explainer:
    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules.rules
        self._by_name = {rule.name: rule for rule in self._rules}
        self._detector = RuleDetector(rules, experimental=True)
        self._compiled: dict[str, list[re.Pattern[str]]] = {}

    def findings(self, text: str) -> list[Finding]:
        """What remains of the text's findings where they overlap, experimental rules left out."""
        return resolve([one for one in self._detector.find(text) if self._counts(one)])

    def explain(self, text: str, *, near_misses: bool = True) -> list[Reason]:
        """By position. Near misses are told for texts up to `NEAR_MISSES` characters."""
        found = self._detector.find(text)
        fired = {(one.start, one.end, one.rule): one.score for one in found}
        winners = {
            (w.start, w.end, w.entity_type, w.rule) for w in resolve([one for one in found if self._counts(one)])
        }
        names = {one.rule for one in found}
        every = near_misses and len(text) <= NEAR_MISSES
        chosen = self._rules if every else [self._by_name[name] for name in sorted(names)]
        best: dict[tuple[int, int, str], Reason] = {}
        for seen in views(text):
            for reason in self._read(seen, chosen):
                key = (reason.start, reason.end, reason.rule.name)
                passed = key in fired
                wins = passed and (reason.start, reason.end, reason.rule.entity_type, reason.rule.name) in winners
                known = best.get(key)
                if known is None or (passed and reason.score > known.score):
                    value = text[reason.start : reason.end]
                    best[key] = replace(reason, fires=passed, wins=wins, value=value)
        told = (one for one in best.values() if near_misses or one.fires)
        return sorted(told, key=lambda one: (one.start, one.end, -one.score, one.rule.name))

    def _regexes(self, rule: Rule) -> list[re.Pattern[str]]:
        """Kept here: there are more of them than `re` keeps."""
        known = self._compiled.get(rule.name)
        if known is None:
            known = self._compiled[rule.name] = [confirmer(*pair) for pair in rule.bounded]
        return known

    def _counts(self, finding: Finding) -> bool:
        return self._by_name[finding.rule].status.acts

    def _read(self, seen: Seen, rules: Sequence[Rule]) -> Iterator[Reason]:
        for rule in rules:
            for regex in self._regexes(rule):
                for match in regex.finditer(seen.text):
                    low, high = match.span("value" if "value" in match.re.groupindex else 0)
                    if high > low:
                        yield _judged(rule, seen, low, high, seen.text[low:high], spaced=False)
        spaced = [rule for rule in rules if rule.spaced]
        if spaced:
            readers = SpacedRules.of(spaced)
            for low, high in every_run(seen.text):
                for index, number in readers.read(seen.text[low:high]):
                    yield _judged(spaced[index], seen, low, high, number, spaced=True)
            for piece in every_number(seen.text, readers.shortest):
                for index, _ in readers.matching(piece.text, 0 if piece.alone else CERTAIN):
                    yield _judged(spaced[index], seen, piece.start, piece.end, piece.text, spaced=True)


def _judged(rule: Rule, seen: Seen, low: int, high: int, value: str, *, spaced: bool) -> Reason:
    start, end = seen.span(low, high)
    words = rule.context
    return Reason(
        rule=rule,
        start=start,
        end=end,
        view=f"{seen.name}, separators left out" if spaced else seen.name,
        validators=tuple(
            (name, validator(value)) for name, validator in zip(rule.validator_names, rule.validators, strict=True)
        ),
        raising=tuple(word for word in words.words if _near(seen.text, low, high, words, word)),
        lowering=tuple(word for word in words.negative if _near(seen.text, low, high, words, word)),
        score=context.level(seen.text, low, high, words, rule.score),
        fires=False,
        spaced=spaced,
    )


def _near(text: str, low: int, high: int, words: Context, word: str) -> bool:
    return context.level(text, low, high, replace(words, words=(word,), negative=()), Score(1, 0, 0)) > 0
