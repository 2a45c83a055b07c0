"""The word list that travels in the model folder: `lexicon.txt`, lines of `CODE WORD WORD ...`.

Chinese codes: `zh-person`, `zh-place`, `zh-org`, `zh-word` (words of 2 to 8 characters), `zh-title`; single
characters in one string: `zh-surname`, `zh-given`, `zh-address`, `zh-tail` (last character of an organisation),
`zh-sound` (transliterations). English codes, lower case without accents: `en-first`, `en-last`, `en-place`,
`en-org`, `en-title`, `en-common`. `t2s`: pairs of a traditional and its simplified character.

Rule for the next editor: the bit of a code is part of what the model learnt; a new code takes a new bit, and a model
trained with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WORDS: Final[Mapping[str, int]] = {"zh-person": 0, "zh-place": 3, "zh-org": 6, "zh-word": 9}
"""Code -> first of its three bits: begin, inside, end."""
CHARACTERS: Final[Mapping[str, int]] = {
    "zh-surname": 12,
    "zh-given": 13,
    "zh-address": 14,
    "zh-tail": 15,
    "zh-sound": 31,
}
LATIN: Final[Mapping[str, int]] = {
    "en-first": 16,
    "en-last": 17,
    "en-place": 18,
    "en-org": 19,
    "en-title": 20,
    "en-common": 24,
}
TITLE: Final = 25
LONGEST: Final = 8


@dataclass(frozen=True, slots=True)
class Lexicon:
    words: Mapping[str, int]
    """Word or prefix of one -> first bits of its codes as a bit set; 0 for what is only a prefix."""
    titles: frozenset[str]
    characters: Mapping[str, int]
    latin: Mapping[str, int]
    folds: Mapping[int, str]
    """For `str.translate`: one character to one character."""


def _folds(pairs: list[str]) -> dict[int, str]:
    folds = {ord(pair[0]): pair[1] for pair in pairs}
    folds.update({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})
    folds.update(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))  # a tokenizer takes no lone surrogate
    folds[0x3000] = " "
    folds[0x2019] = "'"
    return folds


def read_lexicon(path: Path) -> Lexicon:
    """Raises OSError or ValueError where the file is not one of ours."""
    words: dict[str, int] = {}
    characters: dict[str, int] = {}
    latin: dict[str, int] = {}
    titles: list[str] = []
    pairs: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        code, *items = line.split()
        if code in WORDS:
            bit = 1 << WORDS[code]
            for word in items:
                words[word] = words.get(word, 0) | bit
        elif code in CHARACTERS:
            bit = 1 << CHARACTERS[code]
            for character in "".join(items):
                characters[character] = characters.get(character, 0) | bit
        elif code in LATIN:
            bit = 1 << LATIN[code]
            for word in items:
                latin[word] = latin.get(word, 0) | bit
        elif code == "zh-title":
            titles = items
        elif code == "t2s":
            pairs = items
        else:
            raise ValueError(f"unknown code {code}")
    for word in list(words):
        for size in range(2, len(word)):
            words.setdefault(word[:size], 0)
    return Lexicon(words, frozenset(titles), characters, latin, _folds(pairs))
