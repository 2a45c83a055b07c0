"""The parts of one message, and for each the place where it came from.

A `Source` is a text that is edited as a whole: a body, a header value, or a text found inside a leaf of another
source (the JSON in a JSON string). Cuts climb from the innermost source to the root, encoded once at each level.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import ContentError
from gateway.protocols.wire.cuts import Cut, Syntax, ordered
from gateway.types import Edit, Limits, Part, PartKind

type Leaf = tuple[Source, int, int, Syntax]
"""Source, start and end of the raw text in it, and how the raw text encodes."""


class Source:
    """A text that holds leaves; `within` is the leaf that this text itself was decoded from."""

    __slots__ = ("level", "text", "within")

    def __init__(self, text: str, within: Leaf | None = None) -> None:
        self.text = text
        self.within = within
        self.level: int = within[0].level + 1 if within else 0


class Collector:
    """Gathers the parts of one message, with ids that count up from 0."""

    __slots__ = ("leaves", "limits", "parts", "unreadable", "values")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parts: list[Part] = []
        self.leaves: list[Leaf] = []
        self.unreadable: list[str] = []
        self.values = 0
        """Values that are no part (true, false, null, empty containers) but cost memory all the same."""

    def add(self, path: str, kind: PartKind, text: str, leaf: Leaf) -> None:
        leaves = self.leaves
        if len(leaves) >= self.limits.parts:
            raise ContentError("too_many_parts")
        self.parts.append(Part(len(leaves), path, kind, text))
        leaves.append(leaf)

    def count(self) -> None:
        self.values += 1
        if self.values > self.limits.parts:
            raise ContentError("too_many_parts")

    def cannot_read(self, path: str) -> None:
        self.unreadable.append(path)

    def cuts(self, edits: Sequence[Edit]) -> dict[Source, list[Cut]]:
        """Root source → its sorted cuts. Raises ValueError for edits that overlap or lie outside their part."""
        by_part: dict[int, list[Cut]] = {}
        for edit in edits:
            by_part.setdefault(edit.part, []).append((edit.start, edit.end, edit.replacement))
        by_source: dict[Source, list[Cut]] = {}
        for part, cuts in by_part.items():
            if not 0 <= part < len(self.parts):
                raise ValueError("edit of an unknown part")
            if kept := ordered(self.parts[part].text, cuts):
                _carry(by_source, self.leaves[part], kept)
        return climb(by_source)


def climb(by_source: dict[Source, list[Cut]]) -> dict[Source, list[Cut]]:
    """Turn cuts of inner sources into cuts of the roots that hold them."""
    for level in range(max((source.level for source in by_source), default=0), 0, -1):
        for source, leaf in [(one, one.within) for one in by_source if one.level == level]:
            if leaf is not None:
                _carry(by_source, leaf, sorted(by_source.pop(source), key=lambda cut: cut[:2]))
    return {source: sorted(cuts, key=lambda cut: cut[:2]) for source, cuts in by_source.items()}


def _carry(by_source: dict[Source, list[Cut]], leaf: Leaf, cuts: Sequence[Cut]) -> None:
    source, start, end, syntax = leaf
    moved = [(start + a, start + b, text) for a, b, text in syntax(source.text[start:end], cuts)]
    by_source.setdefault(source, []).extend(moved)
