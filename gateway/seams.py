"""Values that are cut in two where one content part ends and the next begins.

`content: [{"text": "138001"}, {"text": "38000"}]` reaches a model as one text. What lies about such a seam is read
again as one, and a finding that crosses it becomes a finding in each part that it touches.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from detectors.engine import DetectorEngine
from detectors.spans import resolve
from gateway.types import Finding, Part, PartKind

REACH: Final = 128
"""Characters on each side of a seam: longer than any value that is not caught by its beginning."""
_SIBLING: Final = re.compile(r"(body/.+)/\d+/text")
"""Text of an item of a list, as in messages, system prompts and tool results."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text about one seam or several that are near each other."""

    text: str = field(repr=False)
    pieces: tuple[tuple[int, int, int], ...]
    """(where it begins in `text`, part, where it begins in that part), ascending."""

    def split(self, finding: Finding) -> list[Finding]:
        """One finding for each part that it touches; none where it lies within one."""
        starts = [start for start, _, _ in self.pieces]
        first, last = (bisect_right(starts, at) - 1 for at in (finding.start, finding.end - 1))
        if first == last:
            return []
        found = []
        for place in range(first, last + 1):
            begin, part, origin = self.pieces[place]
            stop = starts[place + 1] if place + 1 < len(starts) else len(self.text)
            low, high = max(finding.start, begin), min(finding.end, stop)
            own = finding.entity_type, finding.score, finding.rule
            found.append(Finding(part, low - begin + origin, high - begin + origin, *own))
        return found


async def detect(detectors: DetectorEngine, parts: Sequence[Part]) -> list[Finding]:
    """Resolved findings within parts and across their seams; raises `DetectorError`."""
    found = await detectors.detect(parts)
    across = stretches(parts)
    if not across:
        return found
    crossing = await detectors.detect(_as_parts(across))
    pieces = [piece for finding in crossing for piece in across[finding.part].split(finding)]
    return resolve([*found, *pieces]) if pieces else found


def stretches(parts: Sequence[Part]) -> list[Stretch]:
    """Linear in the text: stretches that would overlap are one."""
    lists: dict[str, list[Part]] = {}
    for part in parts:
        if part.kind is PartKind.TEXT and part.text and (sibling := _SIBLING.fullmatch(part.path)):
            lists.setdefault(sibling[1], []).append(part)
    return [stretch for siblings in lists.values() if len(siblings) > 1 for stretch in _of(siblings)]


def _as_parts(found: Sequence[Stretch]) -> list[Part]:
    return [Part(place, "body/seam", PartKind.TEXT, stretch.text) for place, stretch in enumerate(found)]


def _of(siblings: Sequence[Part]) -> list[Stretch]:
    groups: list[list[tuple[int, int, Part]]] = []
    """Of each: (from, to, part), from which its stretch is put together."""
    for left, right in pairwise(siblings):
        tail, head = max(0, len(left.text) - REACH), min(len(right.text), REACH)
        if groups and groups[-1][-1][2] is left and tail <= groups[-1][-1][1]:
            begin, _, _ = groups[-1][-1]
            groups[-1][-1] = (begin, len(left.text), left)
        else:
            groups.append([(tail, len(left.text), left)])
        groups[-1].append((0, head, right))
    return [_joined(group) for group in groups]


def _joined(group: Sequence[tuple[int, int, Part]]) -> Stretch:
    pieces, texts, at = [], [], 0
    for begin, end, part in group:
        pieces.append((at, part.id, begin))
        texts.append(part.text[begin:end])
        at += end - begin
    return Stretch("".join(texts), tuple(pieces))
