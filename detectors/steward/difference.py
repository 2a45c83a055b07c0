"""What would change on a sample if one set of packs took the place of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from detectors.packs.detector import RuleDetector
from detectors.packs.rules import RuleSet
from detectors.spans import resolve
from detectors.steward.samples import Sample
from detectors.types import Finding


class Kind(StrEnum):
    NEW = "new"
    LOST = "lost"
    SCORE = "score"
    """The same span and type, with another score."""
    RULE = "rule"
    """The same span and type, found by another rule."""


@dataclass(frozen=True, slots=True)
class Change:
    kind: Kind
    file: str
    place: str
    start: int
    end: int
    old: Finding | None
    new: Finding | None
    value: str = field(repr=False)

    @property
    def finding(self) -> Finding:
        found = self.new or self.old
        if found is None:
            raise ValueError("a change without a finding")
        return found


def compare(old: RuleSet, new: RuleSet, samples: Iterable[Sample], *, experimental: bool = False) -> Iterator[Change]:
    """By file and position; of overlapping findings only those that remain."""
    before, after = (RuleDetector(rules, experimental=experimental) for rules in (old, new))
    for sample in samples:
        yield from _changes(sample, resolve(before.find(sample.text)), resolve(after.find(sample.text)))


def _changes(sample: Sample, old: list[Finding], new: list[Finding]) -> Iterator[Change]:
    was, now = ({_key(one): one for one in found} for found in (old, new))
    for key in sorted(was.keys() | now.keys()):
        before, after = was.get(key), now.get(key)
        kind = _kind(before, after)
        if kind is not None:
            start, end, _ = key
            yield Change(kind, sample.name, sample.place(start), start, end, before, after, sample.text[start:end])


def _key(finding: Finding) -> tuple[int, int, str]:
    return finding.start, finding.end, finding.entity_type


def _kind(before: Finding | None, after: Finding | None) -> Kind | None:
    if before is None:
        return Kind.NEW
    if after is None:
        return Kind.LOST
    if before.rule.partition("@")[0] != after.rule.partition("@")[0]:
        return Kind.RULE
    return Kind.SCORE if before.score != after.score else None


def totals(changes: Iterable[Change]) -> Counter[tuple[str, str]]:
    """(kind, rule without its version) → how often."""
    return Counter((change.kind.value, change.finding.rule.partition("@")[0]) for change in changes)
