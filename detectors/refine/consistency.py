"""A name found once is found everywhere in its message: other parts, keys, tool arguments, other cases, its parts.

What lies within a finding already is left alone; so is what is glued to digits or underscores, as our own tokens are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from detectors.cache import FindingCache, Located
from detectors.refine.cues import Cues, Place
from detectors.refine.lookup import Names, Seed
from detectors.refine.variants import plain
from detectors.types import Finding, Part, PartKind

TYPES: Final = frozenset({"PERSON", "ORGANIZATION"})
"""Of these, what was found is looked for elsewhere; of persons, parts of the name as well."""
LEAST: Final = 0.6
"""A name that is less sure is not looked for elsewhere: on real texts that finds nobody else, and more that is none."""
NOT_READ: Final = frozenset({PartKind.STRUCTURAL, PartKind.CREDENTIAL, PartKind.NUMBER})
"""Protocol words and numbers are no place for a name; a credential is the client's own."""
REMEMBERED: Final = 10_000
"""Texts of which it is kept where the names of their message stand in them; never the text or a name."""
_JOINTS: Final = frozenset("_＿")


class Consistency:
    """Safe to use from many threads."""

    def __init__(self, cues: Cues) -> None:
        self._common = frozenset(cues.at(Place.ITSELF).words())
        self._seen = FindingCache(REMEMBERED)

    def added(self, parts: Sequence[Part], found: Mapping[int, Sequence[Finding]]) -> list[Finding]:
        """Further findings, none of them within one that there is. `found`: part id → its resolved findings."""
        seeds = _seeds(parts, found)
        if not seeds:
            return []
        search = _Search(seeds, self._common, self._seen)
        result: list[Finding] = []
        for part in parts:
            if part.kind not in NOT_READ and (spots := search.spots(part.text)):
                result += _outside(part.id, spots, found.get(part.id, ()))
        return result


class _Search:
    """The names of one message. A text in which the same names were looked for before is not read again: a chat sends
    its history at every turn, and seldom a new name."""

    def __init__(self, seeds: Sequence[Seed], common: frozenset[str], seen: FindingCache) -> None:
        self._seeds, self._common, self._seen = seeds, common, seen
        told = sorted(f"{seed.entity_type}\0{seed.score}\0{seed.value}" for seed in seeds)
        self._key = seen.digest("", "names", "", "\0\0".join(told)).hex()
        self._names: Names | None = None

    def spots(self, text: str) -> Sequence[Located]:
        digest = self._seen.digest("", "spots", self._key, text)
        known = self._seen.get(digest)
        if known is None:
            if self._names is None:
                self._names = Names(self._seeds, self._common)
            known = tuple(self._names.find(text))
            self._seen.put(digest, known)
        return known


def _seeds(parts: Sequence[Part], found: Mapping[int, Sequence[Finding]]) -> list[Seed]:
    """Each name once, with its best score."""
    best: dict[tuple[str, str], float] = {}
    for part in parts:
        if part.kind in NOT_READ:
            continue
        for finding in found.get(part.id, ()):
            if finding.entity_type in TYPES and finding.score >= LEAST:
                name = part.text[finding.start : finding.end], finding.entity_type
                if best.get(name, 0.0) < finding.score and plain(name[0]) and not _of_token(part.text, finding):
                    best[name] = finding.score
    return [Seed(value, kind, score) for (value, kind), score in best.items()]


def _of_token(text: str, finding: Finding) -> bool:
    """`PERSON` of `PERSON_K7QMX2TRBW9D`, whatever a model says of it."""
    return not _JOINTS.isdisjoint((text[finding.start - 1 : finding.start], text[finding.end : finding.end + 1]))


def _outside(part: int, spots: Sequence[Located], found: Sequence[Finding]) -> Iterator[Finding]:
    """Spots (ascending, disjoint) that do not lie within one of the findings (ascending, disjoint)."""
    at = 0
    for spot in spots:
        start, end = spot[:2]
        while at < len(found) and found[at].end < end:
            at += 1
        if at == len(found) or found[at].start > start:
            yield Finding(part, *spot)
