"""A name that was found → the ways in which the same person may be called elsewhere in the message.

What is safe differs: a whole name of two words may be looked for in any case; a family name that is also a common word
(Brown, Young) only beside a title; a Chinese given name only where it is no word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from detectors.names.lexicon import chinese_words, compound_surnames, english_places, english_words, word_list

LONGEST: Final = 80
"""A longer value is no name to look for."""
HAN: Final = "\u3400-\u9fff\uf900-\ufaff"
LETTER: Final = "[^\\W\\d_\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff]"
"""A letter of a script that writes words apart."""
WORD: Final = re.compile(f"{LETTER}+(?:['’\\-]{LETTER}+)*")
_HAN_NAME: Final = re.compile(f"[{HAN}](?:[ \u3000]{{0,2}}[{HAN}·•・‧]){{1,20}}")
_PLAIN: Final = re.compile(f"(?:{LETTER}|[ .,'’\\-\u3000\t\n\r{HAN}·•・‧])+")
_TITLE_END: Final = re.compile(f"(?:{'|'.join(sorted(word_list('zh-titles'), key=len, reverse=True))})$")
_DOTS: Final = re.compile("[·•・‧]")
_RARE: Final = "-01"
"""Lower-case ratios of the lexicon at which a word is hardly ever written small, so that it is a name."""


class Case(IntEnum):
    """What an occurrence must look like; the least demanding first."""

    ANY = 0
    NAME = 1
    """As a name is written: each word with a capital, or in capitals."""
    TITLED = 2
    """As a name, and right behind a title."""


class Care(IntEnum):
    """How an occurrence among Chinese characters is doubted; the least doubted first."""

    NONE = 0
    WORDS = 1
    """Not where common words cross both of its borders: 主[张伟]大."""
    WORD = 2
    """Not where a common word crosses either of them."""
    TITLED = 3
    """Only beside a title."""


@dataclass(frozen=True, slots=True)
class Latin:
    words: tuple[str, ...]
    """Lower case."""
    care: Case
    rule: str


@dataclass(frozen=True, slots=True)
class Han:
    text: str
    care: Care
    rule: str


WHOLE, PIECE, BESIDE_TITLE = "consistency/name@1", "consistency/part@1", "consistency/titled@1"


def plain(value: str) -> bool:
    """Letters, blanks and the signs of names; nothing with digits, brackets or underscores is looked for elsewhere."""
    return 1 < len(value) <= LONGEST and _PLAIN.fullmatch(value) is not None


def han_variants(value: str, *, person: bool) -> Iterator[Han]:
    if _HAN_NAME.fullmatch(value) is None:
        return
    name = re.sub("[ \u3000]", "", value)
    if person and (title := _TITLE_END.search(name)) and title.start():
        name = name[: title.start()]
        if len(name) == 1:
            yield Han(name, Care.TITLED, BESIDE_TITLE)
            return
    yield Han(name, Care.WORDS if len(name) == 2 else Care.NONE, WHOLE)
    if not person:
        return
    if _DOTS.search(name):
        yield from (Han(piece, Care.NONE, PIECE) for piece in _DOTS.split(name) if len(piece) >= 3)
        return
    if len(name) > 4:
        return
    size = 2 if name[:2] in compound_surnames() else 1
    if len(name) > size:
        yield Han(name[:size], Care.TITLED, BESIDE_TITLE)
    given = name[size:]
    if len(given) == 2 and given not in chinese_words():
        yield Han(given, Care.WORD, PIECE)


def latin_variants(value: str, common: Iterable[str], *, person: bool) -> Iterator[Latin]:
    """`common`: lower-case words that are no names although they are written like some: months, products."""
    words = [word.lower().replace("’", "'") for word in WORD.findall(value)]
    words = [word.removesuffix("'s") for word in words]
    titles = word_list("en-titles")
    while len(words) > 1 and words[0] in titles:
        words.pop(0)
    if not words or len("".join(words)) < 3:
        return
    if len(words) > 1:
        yield Latin(tuple(words), Case.ANY, WHOLE)
        if person and len(words) <= 4:
            yield Latin((words[-1], *words[:-1]), Case.NAME, WHOLE)  # Smith, John
            if len(words[0]) > 1 and len(words[-1]) > 2:
                yield Latin((words[0][0], words[-1]), Case.NAME, PIECE)  # J. Smith
    if person:
        yield from _pieces(words, frozenset(common))
    elif len(words) == 1 and _is_name(words[0]):
        yield Latin((words[0],), Case.NAME, WHOLE)


def _pieces(words: list[str], common: frozenset[str]) -> Iterator[Latin]:
    particles, titles = word_list("en-particles"), word_list("en-titles")
    for word in dict.fromkeys(words):
        if len(word) < 2 or word in particles or word in titles:
            continue
        if len(word) > 2 and word not in common and _is_name(word):
            care = Case.ANY if len(word) > 3 and _never_small(word) else Case.NAME
            yield Latin((word,), care, WHOLE if len(words) == 1 else PIECE)
        else:
            yield Latin((word,), Case.TITLED, BESIDE_TITLE)


def _is_name(word: str) -> bool:
    """Not known as a word or a place: unknown to the lexicon, or a name that is hardly ever written small."""
    if english_places().get(word):
        return False
    code = english_words().get(word)
    return code is None or (code[2] in _RARE and max(code[0], code[1]) >= "3")


def _never_small(word: str) -> bool:
    """A known name that means nothing else: who writes it small means the name."""
    code = english_words().get(word)
    return code is not None and code[2] in _RARE


def words_around(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether a common Chinese word crosses the left border, and the right one: 主[张伟]大 has both."""
    word = chinese_words().get
    left = bool(start) and word(text[start - 1 : start + 1], 0) > 4
    return left, word(text[end - 1 : end + 1], 0) > 4 and end < len(text)
