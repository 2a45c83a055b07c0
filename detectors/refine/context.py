"""The score of a name in the light of what stands beside it. Cost is bounded for each finding, and so linear.

The sums are log-odds: a cue moves a doubtful score far and a sure one little, in either direction.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detectors.refine.cues import Cue, Cues, Place
from detectors.refine.phrases import REACH, Phrases, lowered, wordly
from detectors.refine.shapes import shape_of

BEST: Final = 0.95
"""Context alone makes no name surer than this, so that a rule with a checksum still wins where both claim a spot."""
_GAP: Final = re.compile(r"[\s.,:：;；，、!！＝=|*#>\"'“”‘’「」『』（(【\[<《_\-–—~/\\]*$")
_CLOSE: Final = re.compile(r"[ .\t\u00a0\u3000\"'“”‘’「『（(*_]{0,4}")
_SIGNS: Final = frozenset(":：=＝|\t>")
_BREAKS: Final = frozenset("\n,，!！")
_BEHIND: Final = re.compile(r"[ \u3000,，(（]{0,2}")
_SHORT: Final = 120
"""A value that is longer is prose: the key that names it says little of a name within."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.\s/]+")
KEY: Final = -1
"""Stands for a position where a cue is the key of the value, and not in the text."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue beside a finding. Holds no text: a cue's word is found at its place."""

    cue: Cue
    start: int
    end: int
    """In code points of the text; both `KEY` where the key says it."""


class ContextScorer:
    def __init__(self, cues: Cues) -> None:
        self._cues = cues
        self._before, self._label = cues.at(Place.BEFORE), cues.at(Place.LABEL)
        self._above, self._after = cues.at(Place.ABOVE), cues.at(Place.AFTER)
        self._itself, self._shape = cues.at(Place.ITSELF), cues.at(Place.SHAPE)

    @property
    def types(self) -> frozenset[str]:
        """The entity types that any cue moves."""
        return self._cues.types

    def judge(self, text: str, key: str, span: tuple[int, int], kind: str, score: float) -> tuple[float, list[Hit]]:
        """The score with its context, and what moved it."""
        hits = [hit for hit in self._hits(text, key, *span) if kind in hit.cue.types]
        weight = sum(hit.cue.weight for hit in hits)
        return (moved(score, weight) if weight else score), hits

    def _hits(self, text: str, key: str, start: int, end: int) -> Iterator[Hit]:
        low = max(0, start - REACH)
        before = text[low:start]
        yield from self._left(before, low)
        behind = lowered(text[end : end + REACH])
        gap = _BEHIND.match(behind)
        at = gap.end() if gap else 0
        found = self._after.beginning(behind, at) if behind else None
        if found:
            yield from (Hit(cue, end + at, end + found[0]) for cue in found[1])
        if end - start <= REACH:
            value = lowered(text[start:end])
            yield from (Hit(cue, start, end) for cue in self._itself.get(value) or ())
            yield from self._within(value, start)
        if key and len(text) <= _SHORT:
            words = key_words(key)
            said = self._label.ending(words, len(words))
            yield from (Hit(cue, KEY, KEY) for cue in (said[1] if said else ()))
        if len(self._shape) and text[start].isascii() and (shape := shape_of(text, start, end)):
            yield from (Hit(cue, shape[1], shape[2]) for cue in self._shape.get(shape[0]) or ())

    def _left(self, before: str, low: int) -> Iterator[Hit]:
        """What stands before, by what stands between: nothing, a sign, or the end of a line."""
        gap = _GAP.search(before)
        at = gap.start() if gap else len(before)
        if not at:
            return
        between, words = before[at:], lowered(before)
        if _CLOSE.fullmatch(between):
            yield from self._ending(self._before, words, at, low)
        if not _SIGNS.isdisjoint(between) or not (between.strip() or wordly(words[at - 1])):
            yield from self._ending(self._label, words, at, low)
        if not _BREAKS.isdisjoint(between):
            yield from self._ending(self._above, words, at, low)

    @staticmethod
    def _ending(phrases: Phrases[tuple[Cue, ...]], words: str, at: int, low: int) -> Iterator[Hit]:
        found = phrases.ending(words, at)
        if found:
            yield from (Hit(cue, low + found[0], low + at) for cue in found[1])

    def _within(self, value: str, start: int) -> Iterator[Hit]:
        """A title that a model took for a part of the name: `Mr. Li`, `李女士`."""
        first = re.match(r"[^\W\d_]+(?=[. ])", value)
        if first:
            for cue in self._before.get(first[0]) or ():
                yield Hit(cue, start, start + first.end())
        last = self._after.ending(value, len(value))
        if last and last[0]:
            for cue in last[1]:
                yield Hit(cue, start + last[0], start + len(value))


def key_words(key: str) -> str:
    """`customerName`, `customer_name`, `Customer-Name` → `customer name`."""
    return " ".join(piece for piece in _CAMEL.split(key) if piece).lower()


def moved(score: float, weight: float) -> float:
    """A score moved by log-odds; never raised beyond `BEST`."""
    if weight > 0 and score >= BEST:
        return score
    bounded = min(max(score, 0.01), 0.99)
    result = 1 / (1 + math.exp(-(math.log(bounded / (1 - bounded)) + weight)))
    return min(round(result, 3), max(score, BEST))
