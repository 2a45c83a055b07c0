"""A compiled set of byte-mode expressions, and where they end in a text.

Hyperscan runs in byte mode without UCP and SOM: those are slow, and reject what packs need. Its offsets are bytes.
Sets are kept apart where that makes each faster: one class-led expression keeps the automaton of all others awake.
"""

from __future__ import annotations

import contextlib
import functools
import platform
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from importlib import metadata
from typing import Any, Final

import hyperscan

from detectors import diskcache

_CONTINUATION: Final = bytes(range(0x80, 0xC0))
_NEVER: Final = ("\\xff{8}", 0)
"""No UTF-8 holds this byte; Hyperscan will not compile an empty set."""
CASELESS: Final[int] = hyperscan.HS_FLAG_CASELESS
ONCE: Final[int] = hyperscan.HS_FLAG_SINGLEMATCH

type Expression = tuple[str, int]
"""Source and flags."""
type Hits = dict[int, list[int]]
"""Expression → where it ends, ascending."""


class CompileError(Exception):
    """Hyperscan refuses an expression; `index` is its place, -1: all of them together."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Finder:
    """Immutable; safe to use from many threads. Releases the GIL while it scans."""

    def __init__(self, expressions: Sequence[Expression]) -> None:
        self._database = _compile(tuple(expressions) or (_NEVER,))
        self._scratch = hyperscan.Scratch(self._database)
        self._local = threading.local()
        self.size = len(expressions)

    def bytes(self, data: bytes) -> Hits:
        """Offsets in bytes of `data`."""
        hits: Hits = defaultdict(list)
        try:
            scratch = self._local.scratch
        except AttributeError:
            scratch = self._local.scratch = self._scratch.clone()
        self._database.scan(data, _collect, context=hits, scratch=scratch)
        for ends in hits.values():
            if len(ends) > 1:
                ends.sort()
        return hits


def _collect(expression: int, _start: int, end: int, _flags: int, hits: Hits) -> None:
    hits[expression].append(end)


class Offsets:
    """A text, its bytes, and the way from the one's offsets to the other's."""

    __slots__ = ("data", "plain", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode("utf-8", "surrogatepass")
        self.plain = len(self.data) == len(text)
        """True: all of it is ASCII."""

    def ends(self, finder: Finder) -> Hits:
        """Offsets in code points."""
        hits = finder.bytes(self.data)
        if hits and not self.plain:
            self.translate([hits])
        return hits

    def translate(self, several: Sequence[Hits]) -> None:
        """Byte offsets become code points, in place. An end inside a character counts that character: only lead
        bytes are counted."""
        if self.plain:
            return
        ends = sorted({end for hits in several for ends in hits.values() for end in ends})
        beyond = len(self.data) - len(self.text)
        # In thousandths of a microsecond: each lead byte, against each end and all of the text.
        places = self._sparse(ends) if beyond * 650 < len(ends) * 450 + len(self.data) else self._dense(ends)
        for hits in several:
            for expression, ends in hits.items():
                hits[expression] = [places[end] for end in ends]

    def _dense(self, ends: list[int]) -> dict[int, int]:
        data = self.data
        places: dict[int, int] = {}
        at = count = 0
        for end in ends:
            piece = data[at:end]
            count += end - at if piece.isascii() else len(piece.translate(None, _CONTINUATION))
            at = end
            places[end] = count
        return places

    def _sparse(self, ends: list[int]) -> dict[int, int]:
        """For a few other characters among much ASCII: where they are, and how much each moves what follows."""
        places: dict[int, int] = {}
        data = self.data
        done = moved = 0
        for after in _LEADS.bytes(data).get(0, ()):
            # What ends with the lead byte or inside the character counts it: its missing bytes have not moved it yet.
            stop = bisect_left(ends, after, done)
            places.update([(end, end - moved) for end in ends[done:stop]])
            done, lead = stop, data[after - 1]
            width = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            while done < len(ends) and ends[done] < after + width - 1:
                places[ends[done]] = after - moved
                done += 1
            moved += width - 1
        places.update([(end, end - moved) for end in ends[done:]])
        return places


@functools.lru_cache(maxsize=32)
def _compile(keys: tuple[Expression, ...]) -> Any:
    """A database is immutable, and costs seconds: equal sets of expressions share one."""
    version = metadata.version("hyperscan")
    key = diskcache.key_of("hs", version.encode(), platform.machine().encode(), repr(keys).encode(), ours=False)
    known = diskcache.get(key)
    if known is not None:
        with contextlib.suppress(hyperscan.error):  # made for another processor: compile it anew
            return hyperscan.loadb(known, hyperscan.HS_MODE_BLOCK)
    try:
        database = _database(keys)
    except hyperscan.error:
        raise CompileError(_culprit(keys)) from None
    diskcache.put(key, hyperscan.dumpb(database))
    return database


def _culprit(keys: tuple[Expression, ...]) -> int:
    return next((place for place, key in enumerate(keys) if not compiles(key)), -1)


def compiles(expression: Expression) -> bool:
    try:
        _database((expression,))
    except hyperscan.error:
        return False
    return True


def _database(keys: tuple[Expression, ...]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.encode() for expression, _ in keys],
        ids=list(range(len(keys))),
        elements=len(keys),
        flags=[flags for _, flags in keys],
    )
    return database


_LEADS: Final = Finder([(r"[\xc2-\xf4]", 0)])
