"""Windows of text for models that bring their own tokenizer: spaCy, GLiNER. Offsets are code points throughout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from detectors.ner.reading.decoding import merge
from detectors.ner.reading.windows import Window, plan
from detectors.ner.runtime import Span

HAN = "\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\U00020000-\U0003ffff"
WORD = re.compile(rf"[{HAN}]|[^\W{HAN}]{{1,64}}(?:[-_][^\W{HAN}]{{1,64}}){{0,8}}|\S")
"""A Han character or kana, a word of letters and digits of bounded length, or a sign."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text as words with their places."""

    text: str = field(repr=False)
    places: Sequence[tuple[int, int]] = field(repr=False)
    windows: Sequence[Window] = field(repr=False)

    @classmethod
    def of(cls, text: str, size: int, overlap: int) -> Words:
        places = [match.span() for match in WORD.finditer(text)]
        return cls(text, places, plan(len(places), size, overlap))

    def span(self, window: Window) -> tuple[int, int]:
        """Where a window begins and ends in the text."""
        return self.places[window.first][0], self.places[window.last - 1][1]

    def kept(self, window: Window) -> tuple[int, int]:
        return self.places[window.keep_first][0], self.places[window.keep_last - 1][1]

    def joined(self, answers: Sequence[Sequence[Span]], min_score: float) -> list[Span]:
        """Spans of all windows, each from the windows that see it with most context. Offsets are the text's."""
        found = []
        for window, spans in zip(self.windows, answers, strict=True):
            first, last = self.kept(window)
            found += [s for s in spans if s.start < last and first < s.end and s.score >= min_score]
        return merge(found)
