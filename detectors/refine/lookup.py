"""Thousands of names looked for at once: a tree of words for alphabets, a dictionary of strings for Han characters.

Both are asked only where a name may begin, told by one character class; so the cost is linear in the text and does
not grow with the number of names.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from detectors.cache import Located
from detectors.names.lexicon import chinese_words, word_list
from detectors.refine.variants import WORD, Care, Case, Han, Latin, han_variants, latin_variants, words_around

_GAP: Final = re.compile(r"[\s,._\-\u3000]{1,3}")
_DEEPEST: Final = 10
_TITLE_GAP: Final = re.compile(r"([A-Za-z]+)\.?[ \u00a0]{1,2}$")


@dataclass(frozen=True, slots=True)
class Seed:
    """A name that was found."""

    value: str = field(repr=False)
    entity_type: str
    score: float


@dataclass(frozen=True, slots=True)
class _Known[V: (Latin, Han)]:
    variant: V
    seed: Seed

    def spot(self, start: int, end: int) -> Located:
        return start, end, self.seed.entity_type, self.seed.score, self.variant.rule


class _Kept[V: (Latin, Han)]:
    """Variants of one spelling: the surest for each degree of care, the least careful first."""

    __slots__ = ("_by_care", "ordered")

    def __init__(self) -> None:
        self._by_care: dict[int, _Known[V]] = {}
        self.ordered: tuple[_Known[V], ...] = ()

    def add(self, variant: V, seed: Seed) -> None:
        old = self._by_care.get(variant.care)
        if old is None or old.seed.score < seed.score:
            self._by_care[variant.care] = _Known(variant, seed)
            self.ordered = tuple(self._by_care[care] for care in sorted(self._by_care))


class _Node:
    """A word of the tree."""

    __slots__ = ("following", "kept")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.kept: _Kept[Latin] = _Kept()


class Names:
    """The names of one message, ready to be looked for."""

    def __init__(self, seeds: Iterable[Seed], common: frozenset[str]) -> None:
        """common: lower-case words that are no names although they are written like some."""
        self._latin = _LatinNames()
        self._han = _HanNames()
        for seed in seeds:
            person = seed.entity_type == "PERSON"
            for latin in latin_variants(seed.value, common, person=person):
                self._latin.add(latin, seed)
            for han in han_variants(seed.value, person=person):
                self._han.add(han, seed)
        self._latin.close()
        self._han.close()

    def find(self, text: str) -> list[Located]:
        """Ascending and disjoint."""
        found = list(self._latin.find(text))
        if text.isascii():
            return found
        found += self._han.find(text)
        return sorted(found)


class _LatinNames:
    def __init__(self) -> None:
        self._root = _Node()
        self._starts: re.Pattern[str] | None = None

    def add(self, variant: Latin, seed: Seed) -> None:
        node = self._root
        for word in variant.words[:_DEEPEST]:
            node = node.following.setdefault(word, _Node())
        node.kept.add(variant, seed)

    def close(self) -> None:
        """The first two letters of a first word, with nothing glued before them."""
        words = self._root.following
        if not words:
            return
        firsts, seconds = _either_case(word[0] for word in words), _either_case(word[1:2] for word in words)
        if any(len(word) == 1 for word in words):
            seconds += r".,_\s\-"
        second = f"(?=[{seconds}])"
        free = "(?<![^\\W\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff].)"
        self._starts = re.compile(f"[{firsts}]{free}{second}", re.DOTALL)

    def find(self, text: str) -> Iterator[Located]:
        if self._starts is None:
            return
        floor = 0
        for match in self._starts.finditer(text):
            if match.start() >= floor:
                spot = self._longest(text, match.start())
                if spot is not None:
                    floor = spot[1]
                    yield spot

    def _longest(self, text: str, start: int) -> Located | None:
        """The longest name whose first word begins at `start`."""
        node, at, best, capitals = self._root, start, None, True
        while (match := WORD.match(text, at)) is not None:
            word, end = match[0].lower().replace("’", "'"), match.end()
            if word not in node.following and word.endswith("'s"):
                word, end = word[:-2], end - 2
            following = node.following.get(word)
            if following is None:
                break
            node, capitals = following, capitals and text[at].isupper()
            if not _glued(text, end):
                best = _first_fit(node, text, start, end, capitals=capitals) or best
            gap = _GAP.match(text, end)
            if gap is None:
                break
            at = gap.end()
        return best


def _first_fit(node: _Node, text: str, start: int, end: int, *, capitals: bool) -> Located | None:
    for known in node.kept.ordered:
        case = known.variant.care
        if case is Case.ANY or (capitals and (case is Case.NAME or _behind_title(text, start))):
            return known.spot(start, end)
    return None


def _behind_title(text: str, start: int) -> bool:
    match = _TITLE_GAP.search(text[max(0, start - 16) : start])
    return match is not None and match[1].lower() in word_list("en-titles")


def _glued(text: str, end: int) -> bool:
    """A letter, digit or underscore goes on behind it: an identifier, or one of our own tokens."""
    after = text[end : end + 1]
    if after == "'" and text[end + 1 : end + 2] in {"s", "S"}:
        return False
    return bool(after) and (after.isdigit() or after == "_" or WORD.match(after) is not None)


class _HanNames:
    def __init__(self) -> None:
        self._names: dict[str, _Kept[Han]] = {}
        self._lengths: dict[str, list[int]] = {}
        """First character → lengths of the names that begin with it, longest first."""
        self._starts: re.Pattern[str] | None = None

    def add(self, variant: Han, seed: Seed) -> None:
        self._names.setdefault(variant.text, _Kept()).add(variant, seed)
        lengths = self._lengths.setdefault(variant.text[0], [])
        if len(variant.text) not in lengths:
            lengths.append(len(variant.text))
            lengths.sort(reverse=True)

    def close(self) -> None:
        if self._lengths:
            self._starts = re.compile(f"[{''.join(re.escape(head) for head in sorted(self._lengths))}]")

    def find(self, text: str) -> Iterator[Located]:
        if self._starts is None:
            return
        floor = 0
        for match in self._starts.finditer(text):
            start = match.start()
            if start >= floor and (spot := self._longest(text, start)) is not None:
                floor = spot[1]
                yield spot

    def _longest(self, text: str, start: int) -> Located | None:
        for length in self._lengths[text[start]]:
            end = start + length
            kept = self._names.get(text[start:end])
            for known in kept.ordered if kept is not None else ():
                if _fits(known.variant.care, text, start, end):
                    return known.spot(start, end)
        return None


def _fits(care: Care, text: str, start: int, end: int) -> bool:
    if care is Care.NONE:
        return True
    if care is Care.TITLED:
        return _beside_title(text, start, end)
    left, right = words_around(text, start, end)
    return not (left and right) if care is Care.WORDS else not (left or right)


def _beside_title(text: str, start: int, end: int) -> bool:
    """张总, 欧阳女士, 老张: a family name beside a title, and neither of them a piece of another word."""
    word = chinese_words().get
    if start and word(text[start - 1 : start + 1], 0) > 2:
        return False
    title = _titles().match(text, end)
    if title is not None and not word(text[start : title.end()], 0):
        stop = title.end()
        return stop - end > 1 or not word(text[end : stop + 1], 0)
    if text[start - 1 : start] not in {"老", "小"}:
        return False
    return not word(text[start - 1 : end], 0) and not word(text[start : end + 1], 0)


@functools.cache
def _titles() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, word_list("zh-titles")), key=len, reverse=True)))


def _either_case(letters: Iterable[str]) -> str:
    forms = {form for letter in letters for form in (letter, letter.upper(), letter.title()) if len(form) == 1}
    return "".join(re.escape(form) for form in sorted(forms))
