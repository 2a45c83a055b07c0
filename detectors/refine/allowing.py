"""Which findings an allow list lets go: those that equal an entry or lie wholly within one, of its types only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from detectors.packs.detector import RuleDetector
from detectors.packs.rules import RuleSet
from detectors.refine.entries import Group
from detectors.refine.hashing import hashed
from detectors.refine.listpack import ListPack

type _Spans = list[tuple[int, int, Group]]


class AllowList:
    """Entries are rules of an engine of their own, which reads a text only where there is something to let go."""

    def __init__(self, listed: ListPack, hashed_groups: Sequence[Group]) -> None:
        self._groups = listed.groups
        self._hashed = tuple(hashed_groups)
        self.types = frozenset(name for group in (*listed.groups.values(), *self._hashed) for name in group.types)
        rules = RuleSet((listed.pack,), listed.pack.digest)
        self._detector = RuleDetector(rules) if listed.pack.rules else None

    def reader(self, text: str, key: str, language: str, now: float) -> AllowReader:
        return AllowReader(self, text, key, language, now)

    def spans(self, text: str, key: str, language: str, now: float) -> _Spans:
        if self._detector is None:
            return []
        found = [(one.start, one.end, self._groups[one.rule]) for one in self._detector.find(text, key=key)]
        return [one for one in found if one[2].holds(now, language)]

    def by_hash(self, value: str, entity_type: str, language: str, now: float) -> Group | None:
        for group in self._hashed:
            if entity_type in group.types and group.holds(now, language) and hashed(value, group.salt) in group.hashes:
                return group
        return None


class AllowReader:
    """One text; its entries are looked for at the first finding of a type that any group lets go."""

    def __init__(self, allowed: AllowList, text: str, key: str, language: str, now: float) -> None:
        self._list = allowed
        self._text, self._key, self._language, self._now = text, key, language, now
        self._by_type: dict[str, _Cover] | None = None

    def lets_go(self, start: int, end: int, entity_type: str) -> Group | None:
        """The group that does, or None."""
        if entity_type not in self._list.types:
            return None
        if self._by_type is None:
            self._by_type = self._read()
        cover = self._by_type.get(entity_type)
        group = cover.over(start, end) if cover else None
        return group or self._list.by_hash(self._text[start:end], entity_type, self._language, self._now)

    def _read(self) -> dict[str, _Cover]:
        spans: dict[str, _Spans] = {}
        for span in self._list.spans(self._text, self._key, self._language, self._now):
            for name in span[2].types:
                spans.setdefault(name, []).append(span)
        return {name: _Cover(some) for name, some in spans.items()}


class _Cover:
    """Spans, asked whether one of them covers another: by bisection, however many there are."""

    def __init__(self, spans: _Spans) -> None:
        spans.sort(key=lambda span: span[:2])
        self._starts = [low for low, _, _ in spans]
        self._farthest: list[tuple[int, Group]] = []
        """Of the spans up to here, the one that ends last."""
        for _, high, group in spans:
            last = self._farthest[-1] if self._farthest else None
            self._farthest.append(last if last is not None and last[0] >= high else (high, group))

    def over(self, start: int, end: int) -> Group | None:
        at = bisect_right(self._starts, start) - 1
        if at < 0:
            return None
        high, group = self._farthest[at]
        return group if high >= end else None
