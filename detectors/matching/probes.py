"""One pattern, confirmed by the exact `re` at the places where the finder's events say that a match may begin.

Rule 1: every match's start lies in `[end-lead_max, end-lead_min]` of some event. Rule 2: events are taken in order,
and the search never starts before the end of the pattern's last match. Rule 3: guards look at the whole text, not at
the window. So what is found is exactly what `pattern.finditer(text)` finds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from detectors.matching.anchors import NOT_DIGIT, before_cut
from detectors.matching.boundaries import Boundary
from detectors.matching.leads import Anchor
from detectors.matching.patterns import MAX_WIDTH, VETTED, Pattern
from detectors.matching.spellings import beginnings

type Match = tuple[int, int, int, int, int]
"""Pattern index, match start, match end, value start, value end."""

_PEEK: Final = 2
"""Characters behind a match that a guard looks at, and more than that."""
_JOINED: Final = 96
"""Events so close to the one before are confirmed together with it."""
_EVENT: Final = 100
"""Characters that a search reads in the time that one event takes."""
_DENSE: Final = 12
"""The same, where an event is only one attempt."""
_TRY_ALL: Final = 3
"""Places up to which each is tried, without asking first whether a match can begin there."""


def confirmer(pattern: Pattern, boundary: Boundary) -> re.Pattern[str]:
    """The exact expression: pattern between its guards."""
    return re.compile(f"{boundary.left}(?:{pattern.source}){boundary.right}", pattern.flags)


class Probe:
    """Its expressions are compiled when they are first wanted: of a thousand rules a process needs a few."""

    __slots__ = (
        *("_boundary", "_pattern", "cut", "group", "guarded", "index", "lead_max", "lead_min", "led"),
        *("prefix", "reach", "regex", "side", "starter", "tail", "wide", "words"),
    )

    regex: re.Pattern[str]
    group: int
    """The group that is the finding; 0 = the whole match."""
    prefix: str
    """What every match begins with; empty: that varies."""
    side: _Side
    starter: re.Pattern[str]
    """First characters: the only places where a match can begin."""

    def __init__(self, index: int, pattern: Pattern, boundary: Boundary, anchor: Anchor, words: int = -1) -> None:
        """words: the set of which a word must stand near (detectors.matching.gates); -1: none need."""
        self.index = index
        self.cut = anchor.cut
        self.led = anchor.expression.startswith(NOT_DIGIT)
        self.words = words
        self.wide = pattern.max_width > MAX_WIDTH
        self.reach = pattern.max_width + _PEEK
        self.lead_min, self.lead_max, self.tail = anchor.lead_min, anchor.lead_max, anchor.tail
        self.guarded = bool(boundary.before)
        self._pattern, self._boundary = pattern, boundary

    def __getattr__(self, name: str) -> Any:
        """Asked only for slots that are still empty."""
        if name == "regex":
            self.regex = confirmer(self._pattern, self._boundary)
        elif name == "group":
            self.group = self.regex.groupindex.get("value", 0)
        elif name == "prefix":
            self.prefix = _prefix(self._pattern)
        elif name == "starter":
            self.starter = re.compile(_starter(self._pattern, self._boundary), re.DOTALL)
        elif name == "side":
            self.side = self._side()
        else:
            raise AttributeError(name)
        return object.__getattribute__(self, name)

    def _side(self) -> _Side:
        chars, head, low, high = before_cut(self._pattern, self.cut)
        fold = self._pattern.ignore_case
        return _Side(
            re.compile(("(?<![0-9])" if self.led else "") + head.python_class(fold=fold)),
            re.compile("[^" + chars.python_class(fold=fold)[1:]),
            low,
            high,
            self.lead_min - low,
            self.lead_max - high,
            not head & chars,
        )

    def confirm(self, text: str, ends: list[int], found: list[Match]) -> None:
        """ends: where the anchor's events end, ascending."""
        if self.tail:
            # The event holds the character behind the match, unless the text ends with the match.
            last = ends[-1]
            ends = [end - 1 for end in ends]
            if last == len(text):
                ends.append(last)
        if ends[-1] - ends[0] + self.reach < _DENSE * len(ends):
            self._clusters(text, ends, found)
        elif self.lead_max == self.lead_min:
            self._fixed(text, ends, found)
        elif self.prefix:
            self._window(text, ends, found, 0)
        else:
            self._clusters(text, ends, found)

    def _clusters(self, text: str, ends: list[int], found: list[Match]) -> None:
        """Events that stand close together are confirmed by one search over all their places, where that is cheaper
        than to look at each event: between their windows no match begins, so nothing else can be found there."""
        slow = self._cuts if self.cut and self.side.apart else self._window
        spread = self.lead_max - self.lead_min + 1 + self.reach
        done = first = 0
        last = len(ends) - 1
        for place, end in enumerate(ends):
            if place < last and ends[place + 1] - end <= _JOINED:
                continue
            if end - ends[first] + spread <= _EVENT * (place + 1 - first):
                done = self._search(text, max(done, ends[first] - self.lead_max), end - self.lead_min + 1, found)
            else:
                done = slow(text, ends[first : place + 1], found, done)
            first = place + 1

    def _search(self, text: str, low: int, stop: int, found: list[Match]) -> int:
        """All matches that begin in [low, stop). Returns where the next may begin; so do the slow ways."""
        if low >= stop:
            return low
        search, group, index = self.regex.search, self.group, self.index
        limit = stop + self.reach  # what stands behind the last possible match is read as well: the guard looks at it
        hit = search(text, low, limit)
        while hit is not None:
            start, low = hit.span()
            if start >= stop:
                break
            found.append((index, start, low, *hit.span(group)) if group else (index, start, low, start, low))
            if low >= stop:
                return low
            hit = search(text, low, limit)
        return stop

    def _fixed(self, text: str, ends: list[int], found: list[Match]) -> None:
        """The start of a match is known exactly: one attempt an event."""
        match, lead, group, index = self.regex.match, self.lead_min, self.group, self.index
        position = 0
        for end in ends:
            start = end - lead
            if start < position:
                continue
            hit = match(text, start)
            if hit is not None:
                position = hit.end()
                found.append((index, start, position, *hit.span(group)))

    def _window(self, text: str, ends: list[int], found: list[Match], position: int) -> int:
        """The start lies in a window: one attempt at each place in it where a match can begin, each place once."""
        match, group, index = self.regex.match, self.group, self.index
        lead_min, lead_max = self.lead_min, self.lead_max
        most = 0 if self.prefix else _TRY_ALL
        for end in ends:
            low, stop = end - lead_max, end - lead_min + 1
            low = max(low, position)
            if low >= stop:
                continue
            position = stop
            free = low
            for start in range(low, stop) if stop - low <= most else self._places(text, low, stop):
                if start < free:
                    continue
                hit = match(text, start)
                if hit is not None:
                    free = hit.end()
                    found.append((index, start, free, *hit.span(group)))
            position = max(position, free)
        return position

    def _cuts(self, text: str, ends: list[int], found: list[Match], free: int) -> int:
        """The anchor begins at a cut of the pattern, and a match begins where nothing stands between that is no part
        of it: hardly ever more than one place. Cuts are told apart by their first character, which cannot stand left
        of one, so places and cuts come in the same order."""
        match, group, index, side = self.regex.match, self.group, self.index, self.side
        seen = 0
        for end in ends:
            low, stop = max(seen, end - side.span_max), end - side.span_min + 1
            if low >= stop:
                continue
            seen = stop
            for cut in side.head.finditer(text, low, stop):
                for start in self._before(text, cut.start(), free):
                    if start < free:
                        continue
                    hit = match(text, start)
                    if hit is not None:
                        free = hit.end()
                        found.append((index, start, free, *hit.span(group)))
        return free

    def _before(self, text: str, cut: int, free: int) -> list[int]:
        side = self.side
        if cut == 0 or side.other.match(text, cut - 1) is not None:
            return [] if side.before_min else [cut]
        low = max(free, cut - side.before_max)
        stop = cut - side.before_min + 1
        if low >= stop:
            return []
        other = side.other.search(text[low:cut][::-1])
        if other is not None:
            low = max(low, cut - other.start())
        return self._places(text, low, stop) if low < stop else []

    def _places(self, text: str, low: int, stop: int) -> list[int]:
        if self.prefix:
            return _all(text, self.prefix, low, stop)
        # The look-ahead sees the whole beginning, so the window is wider; places beyond are dropped.
        if not self.guarded:
            return [place.start() for place in self.starter.finditer(text, low, stop + _AHEAD) if place.start() < stop]
        found = [place.end() for place in self.starter.finditer(text, low - 1 if low else 0, stop + _AHEAD)]
        while found and found[-1] >= stop:
            found.pop()
        return [0, *found] if low == 0 else found


@dataclass(frozen=True, slots=True)
class _Side:
    """What stands left of the anchor within a match."""

    head: re.Pattern[str]
    """The anchor's first character."""
    other: re.Pattern[str]
    """What cannot stand between the beginning of a match and the anchor."""
    before_min: int
    before_max: int
    span_min: int
    """From the beginning of the anchor to its end."""
    span_max: int
    apart: bool
    """The first character of an anchor cannot stand left of one."""


_PREFIX: Final = 3
"""Characters of a prefix that pay."""
_AHEAD: Final = 2
"""Characters of a beginning beyond its first."""


def _all(text: str, prefix: str, low: int, stop: int) -> list[int]:
    places = []
    limit = stop + len(prefix) - 1
    place = text.find(prefix, low, limit)
    while place >= 0:
        places.append(place)
        place = text.find(prefix, place + 1, limit)
    return places


def _prefix(pattern: Pattern) -> str:
    known = VETTED.get("prefix", pattern.source, pattern.ignore_case)
    if known is None:
        known = ""
        for chars in beginnings(pattern, _PREFIX):
            members = chars.members
            letter = pattern.ignore_case and bool(members) and chr(members[0]).isalpha()
            if len(members) != 1 or chars.listed or chars.others or letter:
                break
            known += chr(members[0])
        VETTED.put(known, "prefix", pattern.source, pattern.ignore_case)
    return str(known)


def _starter(pattern: Pattern, boundary: Boundary) -> str:
    """What may stand before a match, where that is bounded; then, not consumed, how it may begin. Starting with a
    class, it is searched for by `re` without an attempt at each place."""
    known = VETTED.get("starter", pattern.source, pattern.ignore_case, boundary.before)
    if known is None:
        classes = [chars.python_class(fold=pattern.ignore_case) for chars in beginnings(pattern, 1 + _AHEAD)]
        if boundary.before:
            known = f"{_not(boundary)}(?={''.join(classes)})"
        else:
            known = classes[0] + (f"(?={''.join(classes[1:])})" if len(classes) > 1 else "")
        VETTED.put(known, "starter", pattern.source, pattern.ignore_case, boundary.before)
    return str(known)


def _not(boundary: Boundary) -> str:
    return "[^" + boundary.guard.python_class()[1:]
