"""Hyperscan finds candidates for all patterns in one pass; the exact `re` confirms each in its smallest window.

Invariant: `Matcher.find` returns, for every pattern, exactly what `pattern.finditer(text)` returns, because every
match holds its pattern's anchor (detectors.matching.anchors) and each event is confirmed (detectors.matching.probes).

Expressions are compiled in lanes. Each lane is a scan of its own, and still all of them together are faster than one
set: one expression that begins with a class keeps the automaton of all others awake. Which belong together is
measured (docs/benchmarks.md): literals in one lane, what begins with digits or an escape in another, what begins with
capitals in a third, the rest apart. What only a long run of base64 characters can hold is looked for in those
runs; triggers that need other than ASCII, in such texts only.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from detectors.matching import runs
from detectors.matching.anchors import anchor_of
from detectors.matching.boundaries import Boundary
from detectors.matching.finder import CASELESS, ONCE, CompileError, Expression, Finder, Offsets
from detectors.matching.gates import Gates, Words, near
from detectors.matching.leads import Anchor
from detectors.matching.patterns import VETTED, Pattern
from detectors.matching.probes import Match, Probe, confirmer

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
    regions: bool = False
    """True: what matters is where a row of its events begins and ends; in a row, none is `_ROW` bytes from the next."""


type Hits = list[tuple[list[Probe], list[int]]]
"""Patterns that share an anchor, and where it ends, ascending."""

_RUN_LANE: Final = "run"
_NUMBERS: Final = "digits"
_ROW: Final = 256
_MANY: Final = 64
"""Events of a trigger from which it pays to leave some out."""
_COMPILERS: Final = 2
"""Threads."""


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
    """Expressions that are compiled together: first those of patterns, and the patterns behind each; then triggers."""

    finder: Finder
    probes: list[list[Probe]]
    names: list[str]
    rows: list[int]
    """Triggers that tell regions."""

    @classmethod
    def of(cls, groups: _Groups, triggers: Sequence[Trigger] = ()) -> _Lane:
        asked = [(trigger.expression, ONCE if trigger.once else 0) for trigger in triggers]
        finder = _finder([*groups.expressions, *asked], groups.owners)
        rows = [place for place, trigger in enumerate(triggers, len(groups.expressions)) if trigger.regions]
        return cls(finder, groups.probes, [trigger.name for trigger in triggers], rows)


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
        lanes.setdefault(_NUMBERS, _Groups())
        plain = [trigger for trigger in triggers if not trigger.wide]
        wide = [trigger for trigger in triggers if trigger.wide]
        with ThreadPoolExecutor(_COMPILERS) as pool:  # compiling takes seconds, and releases the GIL
            ready = [pool.submit(_Lane.of, lanes[name], plain if name == _NUMBERS else ()) for name in lanes]
            self._rare = None if rare is None else _Lane.of(rare)
            self._lanes = [lane.result() for lane in ready]
        self._wide = _Lane.of(_Groups(), wide) if wide else None
        self._runs = Finder([(runs.BEGINS, 0), (runs.ENDS, 0)])
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
        lanes = self._lanes if offsets.plain or self._wide is None else [*self._lanes, self._wide]
        scanned = [(lane, lane.finder.bytes(data)) for lane in lanes]
        for lane, ends in scanned:
            for row in lane.rows:
                if len(ends.get(row, ())) > _MANY:
                    ends[row] = _thinned(ends[row])
        found = self._runs.bytes(data)
        if not offsets.plain:
            offsets.translate([*(ends for _, ends in scanned), found])
        hits: Hits = []
        fired: dict[str, list[int]] = {}
        for lane, ends in scanned:
            probes = lane.probes
            size = len(probes)
            for expression, places in ends.items():
                if expression < size:
                    hits.append((probes[expression], places))
                else:
                    fired.setdefault(lane.names[expression - size], []).extend(places)
        spans = runs.spans(text, found[0], found[1]) if found else []
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


def _thinned(ends: list[int]) -> list[int]:
    """Of each row of events the first, the last, and enough between them that it stays one row."""
    kept = [ends[0]]
    for end, following in pairwise(ends[1:]):
        if following - kept[-1] >= _ROW:
            kept.append(end)
    kept.append(ends[-1])
    return kept


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
