"""What becomes of a rule's candidate: validators, words beside it, score. Made once, run for each candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from detectors.packs import context
from detectors.packs.rules import Context, Rule, Score, Validator

_RAISED: Final = Score(1, 0, 0)


@dataclass(frozen=True, slots=True)
class Plan:
    place: int
    """Of the rule."""
    floor: float
    first: Validator | None
    rest: tuple[Validator, ...]
    words: Context | None
    """None: no word changes the score."""
    marks: Score
    needed: tuple[str, ...]
    """Words of which one must stand beside a value, because the rule finds nothing otherwise."""

    @classmethod
    def of(cls, place: int, rule: Rule, floor: float) -> Plan:
        score = rule.score
        needs = max(score.without_context, score.negative_context) < floor
        checks = rule.validators
        return cls(
            place,
            floor,
            checks[0] if checks else None,
            checks[1:],
            rule.context if rule.context.words or rule.context.negative else None,
            score,
            rule.context.words if needs else (),
        )

    def score(self, text: str, start: int, end: int, value: str) -> float:
        """0: no finding. The cheaper question first: words where the rule needs one, else the validators."""
        score = 0.0
        if self.needed and self.words is not None:
            score = context.level(text, start, end, self.words, self.marks)
            if score < self.floor:
                return 0.0
        if self.first is not None:
            if not self.first(value):
                return 0.0
            for check in self.rest:
                if not check(value):
                    return 0.0
        if not score:
            score = (
                self.marks.without_context
                if self.words is None
                else context.level(text, start, end, self.words, self.marks)
            )
        return score if score >= self.floor else 0.0

    def raised(self, text: str, start: int, end: int) -> bool:
        """Does a word beside the value say what it is?"""
        return self.words is not None and context.level(text, start, end, self.words, _RAISED) > 0
