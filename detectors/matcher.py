"""Hyperscan finds candidates for all patterns in one pass; the exact `re` confirms each in its smallest window.

Invariant: `Matcher.find` returns, for every pattern, exactly what `pattern.finditer(text)` returns, because every
match holds its pattern's anchor (detectors.anchors) and each event is confirmed (detectors.probes).

Expressions are compiled in lanes. Each lane is a scan of its own, and still all of them together are twice as fast as
one set: one expression that begins with a class keeps the automaton of all others awake. What only a long run of
base64 characters can hold is looked for in those runs; triggers that need other than ASCII, in such texts only.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from detectors import runs
from detectors.anchors import Anchor, anchor_of
from detectors.boundaries import Boundary
from detectors.finder import CASELESS, ONCE, CompileError, Expression, Finder, Offsets
from detectors.gates import Gates, Words, near
from detectors.patterns import VETTED, Pattern
from detectors.probes import Match, Probe, confirmer

__all__ = ["CompileError", "Matcher", "Seen", "Trigger", "confirmer"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """An expression that asks 'is there anything of this kind?'."""

    name: str
    expression: str
    once: bool = True
    """False: report each end offset."""
    wide: bool = False
    """True: only a text with other than ASCII can fire it."""


type Hits = list[tuple[list[Probe], list[int]]]
"""Patterns that share an anchor, and where it ends, ascending."""

_RUN_LANE: Final = "run"


@dataclass(slots=True)
class Seen:
    """What a scan saw in a text; offsets in code points."""

    offsets: Offsets = field(repr=False)
    hits: Hits
    fired: dict[str, list[int]]
    runs: list[runs.Span]
    """Long runs of base64 characters."""

    @property
    def wide(self) -> bool:
        """Is there a candidate of a pattern that is wider than most?"""
        return any(probe.wide for probes, _ in self.hits for probe in probes)


@dataclass(slots=True)
class _Groups:
    """Patterns with the same anchor share an expression."""

    expressions: dict[Expression, int] = field(default_factory=dict)
    probes: list[list[Probe]] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)

    def add(self, anchor: Anchor, probe: Probe) -> None:
        key = (anchor.expression, CASELESS if anchor.ignore_case else 0)
        place = self.expressions.setdefault(key, len(self.expressions))
        if place == len(self.probes):
            self.probes.append([])
            self.owners.append(probe.index)
        self.probes[place].append(probe)


@dataclass(frozen=True, slots=True)
class _Lane:
    """Expressions that are compiled together, and the patterns behind each."""

    finder: Finder
    probes: list[list[Probe]]


@dataclass(frozen=True, slots=True)
class _Triggers:
    finder: Finder
    names: list[str]

    @classmethod
    def of(cls, triggers: Sequence[Trigger]) -> _Triggers | None:
        if not triggers:
            return None
        asked = [(trigger.expression, ONCE if trigger.once else 0) for trigger in triggers]
        return cls(_finder(asked, []), [trigger.name for trigger in triggers])


class Matcher:
    """A compiled set of patterns. Immutable; safe to use from many threads."""

    def __init__(
        self,
        patterns: Sequence[tuple[Pattern, Boundary]],
        triggers: Sequence[Trigger] = (),
        words: Sequence[Words] | None = None,
    ) -> None:
        """words: for each pattern the words of which one must stand near; empty: none need."""
        sets: dict[Words, int] = {}
        lanes: dict[str, _Groups] = {}
        before = after = 1
        for index, (pattern, boundary) in enumerate(patterns):
            anchor = anchor_of(pattern, boundary.guard, boundary.guard_after)
            needed = words[index] if words else ()
            probe = Probe(index, pattern, boundary, anchor, sets.setdefault(needed, len(sets)) if needed else -1)
            lanes.setdefault(anchor.lane, _Groups()).add(anchor, probe)
            if anchor.run is not None:
                before, after = max(before, 1 + anchor.run[0]), max(after, 1 + anchor.run[1])
        self._beside = before, after
        rare = lanes.pop(_RUN_LANE, None)
        self._lanes = [
            _Lane(_finder(list(groups.expressions), groups.owners), groups.probes) for groups in lanes.values()
        ]
        self._rare = None if rare is None else _Lane(_finder(list(rare.expressions), rare.owners), rare.probes)
        self._runs = Finder([(runs.EXPRESSION, 0)])
        self._plain = _Triggers.of([trigger for trigger in triggers if not trigger.wide])
        self._wide = _Triggers.of([trigger for trigger in triggers if trigger.wide])
        self._gates = Gates(list(sets)) if sets else None
        VETTED.save()

    @property
    def expressions(self) -> int:
        lanes = [*self._lanes, *([] if self._rare is None else [self._rare])]
        return sum(len(lane.probes) for lane in lanes)

    def look(self, text: str) -> Seen:
        """Candidates, triggers and runs, before anything is confirmed."""
        offsets = Offsets(text)
        data = offsets.data
        scanned = [(lane, lane.finder.bytes(data)) for lane in self._lanes]
        asked = [triggers for triggers in (self._plain, None if offsets.plain else self._wide) if triggers is not None]
        answers = [triggers.finder.bytes(data) for triggers in asked]
        found = self._runs.bytes(data)
        if not offsets.plain:
            offsets.translate([*(hits for _, hits in scanned), *answers, found])
        hits: Hits = []
        for lane, ends in scanned:
            if ends:
                probes = lane.probes
                hits += [(probes[expression], places) for expression, places in ends.items()]
        fired: dict[str, list[int]] = {}
        for triggers, answer in zip(asked, answers, strict=True):
            for expression, places in answer.items():
                fired.setdefault(triggers.names[expression], []).extend(places)
        spans = runs.spans(text, found[0]) if found else []
        if spans and self._rare is not None:
            self._in_runs(self._rare, text, spans, hits)
        return Seen(offsets, hits, fired, spans)

    def _in_runs(self, lane: _Lane, text: str, spans: list[runs.Span], hits: Hits) -> None:
        """The runs with what may belong to a match beside them, joined and scanned as one text."""
        pieces, starts, origins = _regions(text, spans, *self._beside)
        joined = "\n".join(pieces)
        for expression, ends in Offsets(joined).ends(lane.finder).items():
            places = []
            for end in ends:
                piece = bisect_right(starts, end - 1) - 1
                places.append(origins[piece] + end - starts[piece])
            hits.append((lane.probes[expression], places))

    def confirm(self, seen: Seen) -> list[Match]:
        """In no particular order."""
        found: list[Match] = []
        text = seen.offsets.text
        words: dict[int, list[int]] | None = None
        for probes, ends in seen.hits:
            for probe in probes:
                if probe.words < 0:
                    probe.confirm(text, ends, found)
                    continue
                if words is None:
                    words = self._gates.ask(seen.offsets) if self._gates is not None else {}
                if probe.words in words:
                    kept = near(ends, words[probe.words], probe.lead_max)
                    if kept:
                        probe.confirm(text, kept, found)
        return found

    def find(self, text: str) -> list[Match]:
        return self.confirm(self.look(text))


def _regions(text: str, spans: list[runs.Span], before: int, after: int) -> tuple[list[str], list[int], list[int]]:
    """(pieces of the text, where each begins when they are joined by one character, where each begins in the text)."""
    places: list[list[int]] = []
    end = -1
    for start, stop in spans:
        if places and start - before <= end:
            places[-1][1] = end = stop + after
        else:
            end = stop + after
            places.append([max(0, start - before), end])
    pieces = [text[low:high] for low, high in places]
    starts = []
    at = 0
    for piece in pieces:
        starts.append(at)
        at += len(piece) + 1
    return pieces, starts, [low for low, _ in places]


def _finder(expressions: list[Expression], owners: list[int]) -> Finder:
    try:
        return Finder(expressions)
    except CompileError as error:
        raise CompileError(owners[error.index] if 0 <= error.index < len(owners) else -1) from None
