"""Raw findings → findings: context moves the scores of names, lists and thresholds decide, one name holds everywhere.

    detectors → context → threshold → lists → overlaps resolved → (cached) → consistency within the message

Everything but consistency depends on the text, its key and the steward's files only, and so may be cached.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.refine.allowing import AllowList
from detectors.refine.consistency import Consistency
from detectors.refine.context import ContextScorer, Hit
from detectors.refine.entries import Group
from detectors.refine.language import language_of
from detectors.refine.steering import Steering
from detectors.types import Finding, Part

OWN_CONTEXT: Final = frozenset({"rules"})
"""Detectors that weigh the words beside a value themselves."""
THRESHOLD, ALLOWED, LAPSED = "threshold", "allowed", "lapsed"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A raw finding and what became of it."""

    finding: Finding
    """With the score that its context makes of it."""
    detector: str
    before: float
    """The score that the detector gave."""
    hits: Sequence[Hit]
    threshold: float
    line: str
    """The line of the thresholds that holds, such as `PERSON/zh`."""
    dropped: str = ""
    """Why it is no finding; empty: it is one."""
    group: Group | None = None
    """The group of a list that decided."""


class Refiner:
    """Immutable; safe to use from many threads."""

    def __init__(self, steering: Steering, *, consistency: bool = True, clock: Callable[[], float] = time.time) -> None:
        self.steering = steering
        self._scorer = ContextScorer(steering.cues)
        self._moved = self._scorer.types
        self._thresholds = steering.thresholds
        self._allow = AllowList(steering.allow, steering.hashed)
        self._denied: Mapping[str, Group] = steering.deny.groups
        self._clock = clock
        self.consistency = Consistency(steering.cues) if consistency else None

    @property
    def revision(self) -> str:
        return f"{self.steering.revision(self._clock())}{'c' if self.consistency else ''}"

    def part(self, text: str, key: str, raw: Sequence[tuple[str, Finding]]) -> list[Finding]:
        """What remains of (detector, finding) of one text; overlaps included."""
        return [one.finding for one in self.judge(text, key, raw) if not one.dropped] if raw else []

    def judge(self, text: str, key: str, raw: Sequence[tuple[str, Finding]]) -> list[Candidate]:
        """Every candidate and what became of it, in the order of `raw`."""
        language, now = language_of(text), self._clock()
        reader = self._allow.reader(text, key, language, now)
        found = []
        for detector, finding in raw:
            hits: Sequence[Hit] = ()
            before = finding.score
            if finding.entity_type in self._moved and detector not in OWN_CONTEXT:
                span = finding.start, finding.end
                score, hits = self._scorer.judge(text, key, span, finding.entity_type, before)
                if score != before:
                    finding = _scored(finding, score)  # noqa: PLW2901 - the same finding, seen in its context
            threshold, line = self._thresholds.line(finding.entity_type, language)
            group = self._denied.get(finding.rule)
            if group is not None:
                dropped = "" if group.holds(now, language) else LAPSED
            elif finding.score < threshold:
                dropped = THRESHOLD
            else:
                group = reader.lets_go(finding.start, finding.end, finding.entity_type)
                dropped = ALLOWED if group is not None else ""
            found.append(Candidate(finding, detector, before, hits, threshold, line, dropped, group))
        return found

    def message(self, parts: Sequence[tuple[Part, str]], found: Mapping[int, Sequence[Finding]]) -> list[Finding]:
        """What is to be added to the resolved findings of a whole message. `parts`: each with its key."""
        if self.consistency is None:
            return []
        added = self.consistency.added([part for part, _ in parts], found)
        if not added or not self._allow.types:
            return added
        touched = {finding.part for finding in added}
        now = self._clock()
        readers = {
            part.id: self._allow.reader(part.text, key, language_of(part.text), now)
            for part, key in parts
            if part.id in touched
        }
        return [one for one in added if readers[one.part].lets_go(one.start, one.end, one.entity_type) is None]


def _scored(finding: Finding, score: float) -> Finding:
    return Finding(finding.part, finding.start, finding.end, finding.entity_type, score, finding.rule)
