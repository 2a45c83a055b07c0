"""Hyperscan finds candidates for all patterns in one pass; the exact `re` confirms each in its smallest window.

Invariant: `Matcher.find` returns, for every pattern, exactly what `pattern.finditer(text)` returns. It rests on
1. every match holds its pattern's anchor (detectors.anchors), so each match's start lies in
   `[end-lead_max, end-lead_min]` of some event;
2. events are taken in order, and the search never starts before the end of the pattern's last match;
3. guards look at the whole text, not at the window.

Hyperscan runs in byte mode without UCP and SOM: those are slow, and reject what packs need. Its offsets are bytes.
"""

from __future__ import annotations

import contextlib
import functools
import platform
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final

import hyperscan

from detectors import diskcache
from detectors.anchors import Anchor, anchor_of
from detectors.boundaries import Boundary
from detectors.patterns import VETTED, Pattern, first_characters

_CONTINUATION: Final = bytes(range(0x80, 0xC0))
_NEVER: Final = "\\xff{8}"
"""No UTF-8 holds this byte; Hyperscan will not compile an empty set."""


class CompileError(Exception):
    """Hyperscan refuses an expression; `index` is the pattern's."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Probe:
    """One pattern, ready to confirm. Its expressions are compiled when they are first wanted: of a thousand rules
    a process needs a few."""

    __slots__ = ("_boundary", "_pattern", "group", "index", "lead_max", "lead_min", "regex", "starter")

    regex: re.Pattern[str]
    group: int
    """The group that is the finding; 0 = the whole match."""
    starter: re.Pattern[str]
    """Left guard and first character: the only places where a match can begin."""

    def __init__(self, index: int, pattern: Pattern, boundary: Boundary, anchor: Anchor) -> None:
        self.index = index
        self.lead_min, self.lead_max = anchor.lead_min, anchor.lead_max
        self._pattern, self._boundary = pattern, boundary

    def __getattr__(self, name: str) -> Any:
        """Asked only for slots that are still empty."""
        if name == "regex":
            self.regex = confirmer(self._pattern, self._boundary)
        elif name == "group":
            self.group = self.regex.groupindex.get("value", 0)
        elif name == "starter":
            first = first_characters(self._pattern).python_class()
            self.starter = re.compile(self._boundary.left + first, self._pattern.flags)
        else:
            raise AttributeError(name)
        return object.__getattribute__(self, name)


@dataclass(frozen=True, slots=True)
class Trigger:
    """An expression that asks 'is there anything of this kind at all?' (`once`) or reports each end offset."""

    name: str
    expression: str
    once: bool = True


type Hits = dict[int, list[int]]


def confirmer(pattern: Pattern, boundary: Boundary) -> re.Pattern[str]:
    """The exact expression: pattern between its guards."""
    return re.compile(f"{boundary.left}(?:{pattern.source}){boundary.right}", pattern.flags)


class Matcher:
    """A compiled set of patterns. Immutable; safe to use from many threads."""

    def __init__(self, patterns: Sequence[tuple[Pattern, Boundary]], triggers: Sequence[Trigger] = ()) -> None:
        self._groups: list[list[Probe]] = []
        expressions: dict[tuple[str, int], int] = {}
        owners: list[int] = []
        self.anchors: list[Anchor] = []
        for index, (pattern, boundary) in enumerate(patterns):
            anchor = anchor_of(pattern, boundary.guard)
            self.anchors.append(anchor)
            key = (anchor.expression, hyperscan.HS_FLAG_CASELESS if anchor.ignore_case else 0)
            place = expressions.setdefault(key, len(expressions))
            if place == len(self._groups):
                self._groups.append([])
                owners.append(index)
            self._groups[place].append(Probe(index, pattern, boundary, anchor))
        self.trigger_base = len(expressions)
        self._trigger_names = [trigger.name for trigger in triggers]
        asked = [(t.expression, hyperscan.HS_FLAG_SINGLEMATCH if t.once else 0) for t in triggers]
        self._database = _compile(tuple([*expressions, *asked] or [(_NEVER, 0)]), tuple(owners))
        VETTED.save()
        self._scratch = hyperscan.Scratch(self._database)
        self._local = threading.local()

    @property
    def expressions(self) -> int:
        return self.trigger_base

    def scan(self, data: bytes) -> Hits:
        """Expression → byte offsets where it ends, ascending."""
        hits: Hits = {}
        get = hits.get

        def on_match(expression: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            ends = get(expression)
            if ends is None:
                hits[expression] = [end]
            else:
                ends.append(end)

        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = self._scratch.clone()
        self._database.scan(data, match_event_handler=on_match, scratch=scratch)
        for ends in hits.values():
            ends.sort()
        return hits

    def candidates(self, text: str) -> tuple[Hits, dict[str, list[int]]]:
        """Pattern hits and trigger hits, offsets in code points."""
        data = text.encode("utf-8", "surrogatepass")
        hits = self.scan(data)
        if not hits:
            return hits, {}
        if len(data) != len(text):
            hits = _to_code_points(data, hits)
        base = self.trigger_base
        fired: dict[str, list[int]] = {}
        for expression in [expression for expression in hits if expression >= base]:
            fired.setdefault(self._trigger_names[expression - base], []).extend(hits.pop(expression))
        return hits, fired

    def confirm(self, text: str, hits: Hits) -> list[tuple[int, int, int, int, int]]:
        """(pattern index, match start, match end, value start, value end), in no particular order."""
        found: list[tuple[int, int, int, int, int]] = []
        for expression, ends in hits.items():
            for probe in self._groups[expression]:
                if probe.lead_min == probe.lead_max:
                    _confirm_fixed(probe, text, ends, found)
                else:
                    _confirm_window(probe, text, ends, found)
        return found

    def find(self, text: str) -> list[tuple[int, int, int, int, int]]:
        return self.confirm(text, self.candidates(text)[0])


def _confirm_fixed(probe: Probe, text: str, ends: list[int], found: list[tuple[int, int, int, int, int]]) -> None:
    """The start of a match is known exactly: one attempt an event."""
    match, lead, group, index = probe.regex.match, probe.lead_min, probe.group, probe.index
    position = 0
    for end in ends:
        start = end - lead
        if start < position:
            continue
        hit = match(text, start)
        if hit is not None:
            position = hit.end()
            found.append((index, start, position, *hit.span(group)))


def _confirm_window(probe: Probe, text: str, ends: list[int], found: list[tuple[int, int, int, int, int]]) -> None:
    """The start lies in a window: one attempt at each place in it where a match can begin, each place once."""
    match, starts, group, index = probe.regex.match, probe.starter.finditer, probe.group, probe.index
    lead_min, lead_max = probe.lead_min, probe.lead_max
    position = 0
    for end in ends:
        low, stop = max(position, end - lead_max), end - lead_min + 1
        if low >= stop:
            continue
        position = stop
        free = low
        for place in starts(text, low, stop):
            start = place.start()
            if start < free:
                continue
            hit = match(text, start)
            if hit is not None:
                free = hit.end()
                found.append((index, start, free, *hit.span(group)))
        position = max(position, free)


def _to_code_points(data: bytes, hits: Hits) -> Hits:
    """An end inside a character counts that character: only lead bytes are counted."""
    places: dict[int, int] = {}
    at = count = 0
    for end in sorted({end for ends in hits.values() for end in ends}):
        count += len(data[at:end].translate(None, _CONTINUATION))
        at = end
        places[end] = count
    return {expression: [places[end] for end in ends] for expression, ends in hits.items()}


@functools.lru_cache(maxsize=16)
def _compile(keys: tuple[tuple[str, int], ...], owners: tuple[int, ...]) -> Any:
    """A database is immutable, and costs half a second: equal sets of expressions share one."""
    expressions = [expression.encode() for expression, _ in keys]
    flags = [flag for _, flag in keys]
    key = diskcache.key_of(
        "hs", metadata.version("hyperscan").encode(), platform.machine().encode(), repr(keys).encode()
    )
    known = diskcache.get(key)
    if known is not None:
        with contextlib.suppress(hyperscan.error):  # made for another processor: compile it anew
            return hyperscan.loadb(known, hyperscan.HS_MODE_BLOCK)
    try:
        database = _database(expressions, flags)
    except hyperscan.error:
        for place, (expression, flag) in enumerate(zip(expressions, flags, strict=True)):
            try:
                _database([expression], [flag])
            except hyperscan.error:
                raise CompileError(owners[place] if place < len(owners) else -1) from None
        raise CompileError(-1) from None
    diskcache.put(key, hyperscan.dumpb(database))
    return database


def _database(expressions: list[bytes], flags: list[int]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=expressions, ids=list(range(len(expressions))), elements=len(expressions), flags=flags)
    return database
