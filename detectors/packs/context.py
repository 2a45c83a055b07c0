"""Words near a candidate that say what it is, or that it is something else. The nearest word decides."""

from __future__ import annotations

from typing import Final

from detectors.packs.rules import Context, Score

_BETWEEN: Final = "\0"
"""Stands for the value, so that no word is read across it."""


def level(text: str, start: int, end: int, context: Context, score: Score) -> float:
    """The score of a candidate at `text[start:end]`. Cost is bounded by the width of the window."""
    if not context.words and not context.negative:
        return score.without_context
    low = start - context.before
    before = text[max(0, low) : start].lower()
    around = f"{before}{_BETWEEN}{text[end : end + context.after].lower()}"
    near = [word for word in context.words if word in around]
    against = [word for word in context.negative if word in around]
    if not near and not against:
        return score.without_context
    after = around[len(before) + 1 :]
    good = _nearest(before, after, near)
    bad = _nearest(before, after, against)
    if good is None and bad is None:
        return score.without_context
    if bad is None or (good is not None and good <= bad):
        return score.with_context
    return score.negative_context


def _nearest(before: str, after: str, words: list[str]) -> int | None:
    """Distance to the nearest word; one behind counts as farther, because labels stand before values."""
    best: int | None = None
    size = len(before)
    for word in words:
        place = _last(before, word)
        if place is not None:
            distance = size - place - len(word)
            if best is None or distance < best:
                best = distance
        place = _first(after, word)
        if place is not None and (best is None or place * 2 + 2 < best):
            best = place * 2 + 2
    return best


def _last(text: str, word: str) -> int | None:
    place = text.rfind(word)
    while place >= 0:
        if _whole(text, word, place):
            return place
        place = text.rfind(word, 0, place + len(word) - 1)
    return None


def _first(text: str, word: str) -> int | None:
    place = text.find(word)
    while place >= 0:
        if _whole(text, word, place):
            return place
        place = text.find(word, place + 1)
    return None


def _whole(text: str, word: str, place: int) -> bool:
    """An ASCII word must not be a piece of a longer one (`lic` in `public`); `_`, digits and Han may touch it."""
    if not word.isascii():
        return True
    stop = place + len(word)
    if place > 0 and _letter(text[place - 1]) and _letter(word[0]):
        return False
    if stop < len(text) and _letter(text[stop]) and _letter(word[-1]):
        return text[stop] == "s" and not (stop + 1 < len(text) and _letter(text[stop + 1]))
    return True


def _letter(char: str) -> bool:
    return "a" <= char <= "z"
