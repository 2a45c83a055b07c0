"""Why something in a text is a finding, and why something is not: detector, context, threshold, lists, consistency.

Asks the very detectors and the very refiner that the engine asks; only the rules are asked down to a lower score, so
that near misses are told as well. Values are not part of an account; a caller reads them off the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detectors.packs.detector import RuleDetector
from detectors.packs.rules import RuleSet
from detectors.refine.context import KEY
from detectors.refine.language import language_of
from detectors.refine.refiner import ALLOWED, LAPSED, THRESHOLD, Candidate, Refiner
from detectors.spans import resolve
from detectors.steward.why import Explainer
from detectors.types import Detector, DetectorError, Finding, Part, PartKind

NEAR: Final = 0.05
"""Rules are asked down to this score."""
_WHY_LENGTH: Final = 20_000
"""Characters up to which the context words of rules are told: that costs a second reading."""


@dataclass(frozen=True, slots=True)
class Word:
    """A context word beside a candidate."""

    cue: str
    weight: float
    start: int
    end: int
    """Where it stands; both -1 where it is the key of the value."""


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate and what became of it. Holds no text."""

    start: int
    end: int
    entity_type: str
    detector: str
    rule: str
    before: float
    after: float
    words: tuple[Word, ...]
    effect: str
    """What a rule's own context words do, such as `card: 0.4 → 0.9`; empty for other detectors."""
    threshold: float
    threshold_line: str
    verdict: str
    """finding, agrees, overlapped, threshold, allowed, lapsed, consistency."""
    by: str = ""
    """The group of a list, or the rule that wins where two overlap."""
    reason: str = ""
    """Of the group; written by a steward."""

    @property
    def found(self) -> bool:
        return self.verdict in {"finding", "consistency"}


@dataclass(frozen=True, slots=True)
class Account:
    language: str
    characters: int
    revisions: tuple[tuple[str, str], ...]
    """Detector, and what it is: its own description where it has one, else its revision."""
    lines: tuple[Line, ...]


class Accountant:
    def __init__(self, rules: RuleSet, others: Sequence[Detector], refiner: Refiner) -> None:
        """`rules`: with the deny lists; `others`: the chain behind them."""
        self._rules = RuleDetector(rules, floor=NEAR)
        self._others = tuple(others)
        self._refiner = refiner
        self._ruleset = rules
        self._explainer: Explainer | None = None

    async def explain(self, text: str, *, key: str = "") -> Account:
        """Raises `DetectorError` where a detector fails."""
        parts = [Part(0, "key", PartKind.KEY, key)] if key else []
        part = Part(1, "text", PartKind.TEXT, text)
        raw = [(self._rules.name, finding) for finding in self._rules.find(text, part=1, key=key)]
        for detector in self._others:
            found = await _asked(detector, [*parts, part])
            raw += [(detector.name, finding) for finding in found if finding.part == part.id]
        judged = self._refiner.judge(text, key, raw)
        kept = resolve(one.finding for one in judged if not one.dropped)
        effects = self._effects(text) if not key else {}
        lines = [_line(one, kept, effects) for one in judged]
        lines += [_further(one) for one in self._refiner.message([(part, key)], {1: kept})]
        return Account(language_of(text), len(text), self._revisions(), tuple(sorted(lines, key=_order)))

    def _effects(self, text: str) -> dict[tuple[int, int, str], str]:
        """(start, end, rule) → what the rule's context words do."""
        if len(text) > _WHY_LENGTH:
            return {}
        if self._explainer is None:
            self._explainer = Explainer(self._ruleset)
        reasons = self._explainer.explain(text, near_misses=False)
        return {(one.start, one.end, one.rule.name): one.effect for one in reasons if one.raising or one.lowering}

    def _revisions(self) -> tuple[tuple[str, str], ...]:
        chain = [(one.name, str(getattr(one, "describe", lambda one=one: one.revision)())) for one in self._others]
        return (("rules", self._ruleset.revision), *chain, ("lists", self._refiner.revision))


async def _asked(detector: Detector, parts: Sequence[Part]) -> Sequence[Finding]:
    try:
        return await detector.detect(parts)
    except DetectorError:
        raise
    except Exception:  # noqa: BLE001 - a foreign error may quote the text
        raise DetectorError from None


def _line(one: Candidate, kept: Sequence[Finding], effects: dict[tuple[int, int, str], str]) -> Line:
    finding = one.finding
    verdict, by, reason = _verdict(one, kept)
    return Line(
        start=finding.start,
        end=finding.end,
        entity_type=finding.entity_type,
        detector=one.detector,
        rule=finding.rule,
        before=one.before,
        after=finding.score,
        words=tuple(Word(hit.cue.id, hit.cue.weight, hit.start, hit.end) for hit in one.hits),
        effect=effects.get((finding.start, finding.end, finding.rule), ""),
        threshold=one.threshold,
        threshold_line=one.line,
        verdict=verdict,
        by=by,
        reason=reason,
    )


def _verdict(one: Candidate, kept: Sequence[Finding]) -> tuple[str, str, str]:
    """(verdict, by whom, why)."""
    if one.dropped in {ALLOWED, LAPSED} and one.group is not None:
        return one.dropped, one.group.id, one.group.reason
    if one.dropped:
        return THRESHOLD, "", ""
    finding = one.finding
    winner = next((f for f in kept if f.start <= finding.start and finding.end <= f.end), None)
    if winner is None or (winner.entity_type, winner.rule) == (finding.entity_type, finding.rule):
        group = one.group
        return "finding", group.id if group else "", group.reason if group else ""
    same = (winner.start, winner.end, winner.entity_type) == (finding.start, finding.end, finding.entity_type)
    return "agrees" if same else "overlapped", winner.rule, ""


def _further(finding: Finding) -> Line:
    """A place of a name that was found elsewhere."""
    score = finding.score
    return Line(
        finding.start, finding.end, finding.entity_type, "consistency", finding.rule, score, score, (), "", 0.0, "",
        "consistency",
    )  # fmt: skip


def _order(line: Line) -> tuple[int, int, bool, float, str]:
    return line.start, line.end, not line.found, -line.after, line.rule


__all__ = ["KEY", "Account", "Accountant", "Line", "Word"]
