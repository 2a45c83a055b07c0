"""Logits -> spans: constrained Viterbi over BIO, leanings by label and script, whole words, no placeholder
of ours, nothing that is certainly no name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.ner.embedded.nobody import nobody
from detectors.ner.models.profiles import Span, merge, widen

LABELS: Final = ("PERSON", "LOCATION", "ORGANIZATION", "ADDRESS", "DATE")
TAGS: Final = ("O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI"))
"""A tag's number: 0 for O, then B and I of each label."""
PLACEHOLDER: Final = re.compile(r"[A-Z][A-Z0-9_]{0,40}\\?[_＿][BCDFGHJKMNPQRSTVWXYZ2-9]{12}", re.IGNORECASE)
"""The shape of the gateway's tokens; a name cannot have it, for want of vowels."""
_INSIDE: Final = range(2, len(TAGS), 2)
"""The I tags; the B of each stands before it."""
_NEVER: Final = -1e4
type Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Leanings:
    """What is added to a label's logits before decoding, by the script of the piece: above 0, more is found.

    Chosen on development files so that 0.5 is the right threshold for every label in either language; a label that
    is in neither is not reported. The steward's own thresholds come on top of these scores.
    """

    latin: Mapping[str, float] = field(default_factory=dict)
    han: Mapping[str, float] = field(default_factory=dict)
    least: float = 0.5
    """The score that a span needs. Below 0.5 the path itself leans by as much, so that doubtful spans come out too."""

    def table(self) -> Rows:
        """(2, tags): row 0 for Latin and all else, row 1 for Han."""
        table = np.zeros((2, len(TAGS)), dtype=np.float32)
        for row, script in enumerate((self.latin, self.han)):
            for label, lean in script.items():
                at = 1 + 2 * LABELS.index(label)
                table[row, at : at + 2] = lean
        return table

    def reported(self) -> frozenset[str]:
        return frozenset((*self.latin, *self.han))


def log_softmax(logits: Rows) -> Rows:
    """(n, tags) logits -> log probabilities."""
    moved: Rows = logits - logits.max(-1, keepdims=True)
    return moved - np.log(np.exp(moved).sum(-1, keepdims=True))  # type: ignore[no-any-return]


def is_han(text: str, offsets: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """1 for each piece that begins with a Han character, else 0."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    first = codes[np.array([start for start, _ in offsets], dtype=np.int64)]
    han = ((first >= 0x3400) & (first <= 0x9FFF)) | ((first >= 0x20000) & (first <= 0x3FFFF))
    return han.astype(np.int64)


def viterbi(rows: Rows) -> NDArray[np.int64]:
    """rows (n, tags): log probabilities -> the best path that never has I behind another label's tag.

    Where the likeliest tags make such a path, no other can be better. Else the stretch around the broken place, up to
    the next sure O on either side, is searched.
    """
    path: NDArray[np.int64] = rows.argmax(-1)
    if not len(path):
        return path
    before = np.concatenate([[0], path[:-1]])
    broken = (path > 0) & (path % 2 == 0) & (before != path) & (before != path - 1)
    if broken.any():
        for first, last in _stretches(rows[:, 0] < _SURE):
            if broken[first:last].any():
                path[first:last] = _best(rows[first:last])
    return path


_SURE: Final = float(np.log(0.99))
EVEN: Final = 0.5


def _stretches(wanted: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _best(rows: Rows) -> list[int]:
    """By hand rather than by matrix: O and every B come from the best tag of all, an I from its own B or I."""
    table: list[list[float]] = rows.tolist()
    first = table[0]
    score = [_NEVER if tag in _INSIDE else first[tag] for tag in range(len(TAGS))]
    back: list[list[int]] = []
    for row in table[1:]:
        most = max(score)
        best = score.index(most)
        from_, reached = [best], [most + row[0]]
        for inside in _INSIDE:
            own = inside if score[inside] > score[inside - 1] else inside - 1
            from_ += (best, own)
            reached += (most + row[inside - 1], score[own] + row[inside])
        back.append(from_)
        score = reached
    tags = [score.index(max(score))]
    for from_ in reversed(back):
        tags.append(from_[tags[-1]])
    return tags[::-1]


def spans(rows: Rows, offsets: Sequence[tuple[int, int]], text: str, leanings: Leanings) -> list[Span]:
    """rows (n, tags): logits of every piece of `text`. A span's score: the mean over its pieces of 1 - P(O), that is
    how sure it is that something stands there; its type is the path's. `leanings.least` decides what comes out and
    changes no score."""
    if not len(rows):
        return []
    leant = rows.astype(np.float32) + leanings.table()[is_han(text, offsets)]
    logs = log_softmax(leant)
    path = viterbi(logs if leanings.least >= EVEN else log_softmax(leant + _doubt(leanings.least))).tolist()
    reported = leanings.reported()
    outside: list[float] = np.exp(logs[:, 0]).tolist()
    found = [
        Span(*_whole(text, offsets[first][0], offsets[last - 1][1]), LABELS[label], score)
        for first, last, label, score in _runs(path, outside)
        if score >= leanings.least and LABELS[label] in reported
    ]
    kept = _without_placeholders(merge(found), text)
    return [span for span in kept if not nobody(text[span.start : span.end], span.entity)]


def _doubt(least: float) -> Rows:
    """(tags,): what lifts a label of probability `least` to an even chance."""
    lift = np.full(len(TAGS), np.log(1.0 / max(least, 1e-3) - 1.0), dtype=np.float32)
    lift[0] = 0.0
    return lift


def _runs(path: Sequence[int], outside: Sequence[float]) -> Iterator[tuple[int, int, int, float]]:
    """(first, last, label, score) of each entity on the path."""
    at = 0
    while at < len(path):
        first, tag = at, path[at]
        at += 1
        if tag == 0:
            continue
        label = (tag - 1) // 2
        while at < len(path) and path[at] == 2 * label + 2:
            at += 1
        yield first, at, label, 1.0 - sum(outside[first:at]) / (at - first)


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """To word borders, with the marks that combine with the last character."""
    start, end = widen(text, start, end)
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return start, end


def _without_placeholders(found: Sequence[Span], text: str) -> Iterator[Span]:
    """What a span leaves when placeholders are cut out of it; a label's rest must hold a letter or digit."""
    taken = [m.span() for m in PLACEHOLDER.finditer(text)] if "_" in text or "＿" in text else []
    for span in found:
        start = span.start
        for a, b in (*(t for t in taken if t[0] < span.end and span.start < t[1]), (span.end, span.end)):
            if start < a and any(c.isalnum() for c in text[start:a]):
                yield Span(start, a, span.entity, span.score)
            start = max(start, b)
