"""A view: the same text as a reader would see it, with a map back to the original offsets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


class View(Protocol):
    @property
    def text(self) -> str: ...

    def span(self, start: int, end: int) -> tuple[int, int]:
        """`text[start:end]` (not empty) → the span of the original that it was made from."""
        ...


@dataclass(frozen=True, slots=True)
class SameLength:
    """Characters were replaced one for one."""

    text: str = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        return start, end


@dataclass(frozen=True, slots=True)
class Kept:
    """Characters were left out. `places[i]` is where character i stood."""

    text: str = field(repr=False)
    places: Sequence[int] = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.places[start], self.places[end - 1] + 1


@dataclass(frozen=True, slots=True)
class Pieces:
    """Runs were replaced by others. Piece i of the view begins at `starts[i]` and came from
    `originals[i]`; each of its characters was written with `widths[i]` characters, 0: it maps as a whole."""

    text: str = field(repr=False)
    starts: Sequence[int] = field(repr=False)
    originals: Sequence[tuple[int, int]] = field(repr=False)
    widths: Sequence[int] = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        low, _ = self.originals[first]
        _, high = self.originals[last]
        low += (start - self.starts[first]) * self.widths[first]
        if self.widths[last]:
            high = self.originals[last][0] + (end - self.starts[last]) * self.widths[last]
        return low, high


class Builder:
    """Collects the pieces of a view from left to right."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._starts: list[int] = []
        self._originals: list[tuple[int, int]] = []
        self._widths: list[int] = []
        self._length = 0

    def add(self, text: str, start: int, end: int, *, width: int = 0) -> None:
        """`text` stands for the original's `[start:end]`. width: so many characters stand for each of it."""
        if not text:
            return
        self._texts.append(text)
        self._starts.append(self._length)
        self._originals.append((start, end))
        self._widths.append(width)
        self._length += len(text)

    @property
    def empty(self) -> bool:
        return not self._texts

    def view(self) -> Pieces:
        return Pieces("".join(self._texts), self._starts, self._originals, self._widths)
