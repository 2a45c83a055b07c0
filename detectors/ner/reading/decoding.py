"""Rows of a token classifier -> spans of the text. Numpy where it is imported; the rest is plain Python.

Rule for the next editor: be lenient. A broken sequence of tags must not hide a name, and a span that stops inside a
word would leave half of a name behind.
"""

from __future__ import annotations

from collections.abc import Sequence

from detectors.ner.runtime import Span

STARTS, STOPS = frozenset("BSU"), frozenset("ESLU")
UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Burmese
    ("\u1780", "\u17ff"),  # Khmer
    ("\u2e80", "\u9fff"),  # Han, kana
    ("\ua000", "\ua48f"),  # Yi
    ("\uac00", "\ud7a3"),  # Hangul
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)
"""Scripts without spaces: nothing tells where a word of theirs ends, so a span is never widened in them."""


def decode(
    groups: Sequence[int],
    prefixes: Sequence[str],
    scores: Sequence[float],
    offsets: Sequence[tuple[int, int]],
    entities: Sequence[str],
    text: str,
) -> list[Span]:
    """Tokens -> spans. For each token: its entity group (0 = outside), the prefix of its best class, its score.

    Lenient on purpose: I without B begins a span. A span that cuts through a word of an alphabet is widened to the
    word; Han characters are words of their own. Several tokens may stand for the bytes of one character.
    """
    spans: list[Span] = []
    start = end = group = 0
    values: list[float] = []
    closed = True

    def flush() -> None:
        if values:
            s, e = widen(text, *trim(text, start, end))
            if s < e:
                spans.append(Span(s, e, entities[group], sum(values) / len(values)))
            values.clear()

    for kind, prefix, score, (s, e) in zip(groups, prefixes, scores, offsets, strict=True):
        if s == e:
            continue
        if kind == 0:
            flush()
            closed = True
            continue
        glued = bool(values) and (s < end or (s == end and _inside_word(text, s)))
        if kind != group or not values or ((closed or prefix in STARTS) and not glued):
            flush()
            start, end, group = s, e, kind
        end = max(end, e)
        values.append(score)
        closed = prefix in STOPS
    flush()
    return merge(spans)


def merge(spans: Sequence[Span]) -> list[Span]:
    """Join spans of one type that overlap, as widening and windows may make them."""
    merged: list[Span] = []
    last: dict[str, int] = {}
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        at = last.get(span.entity)
        if at is not None and span.start < merged[at].end:
            old = merged[at]
            merged[at] = Span(old.start, max(old.end, span.end), old.entity, max(old.score, span.score))
        else:
            last[span.entity] = len(merged)
            merged.append(span)
    return merged


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space at either end: byte-level tokenizers count the space before a word to the word."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def widen(text: str, start: int, end: int, most: int = 40) -> tuple[int, int]:
    """Grow to word borders, at most `most` characters on either side."""
    lowest, highest = max(0, start - most), min(len(text), end + most)
    while start > lowest and _inside_word(text, start):
        start -= 1
    while end < highest and _inside_word(text, end):
        end += 1
    return start, end


def _joins(c: str) -> bool:
    """A character of a word whose letters are not words themselves."""
    if c < "\u0e00":
        return c.isalnum()
    return c.isalnum() and not any(low <= c <= high for low, high in UNSPACED)


def _inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and _joins(text[at - 1]) and _joins(text[at])
