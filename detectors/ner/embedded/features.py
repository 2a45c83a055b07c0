"""Text -> pieces with code-point offsets and 32 feature bits each. Training and serving both use this file alone.

Rule 1: `fold` replaces characters one by one, so an offset in the folded text is an offset in the text.
Rule 2: a bit's meaning never changes under a trained model.
Bits: 0-11 lexicon words (begin, inside, end of person, place, organisation, other), 12-15 and 31 Han characters,
16-20 and 24 Latin words, 21-23 case, 25 titles, 26-29 line and space borders, 30 digit.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors.ner.embedded.lexicon import LONGEST, TITLE, Lexicon, read_lexicon

BITS: Final = 32
CAPITAL, UPPER, IDENTIFIER = 1 << 21, 1 << 22, 1 << 23
LINE_START, LINE_END, SPACE_BEFORE, SPACE_AFTER, DIGIT = 1 << 26, 1 << 27, 1 << 28, 1 << 29, 1 << 30
HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]+")
HUMP: Final = re.compile("[a-z][A-Z]")
TITLE_SIZES: Final = (4, 3, 2, 1)
type Bits = NDArray[np.uint32]
type Rows = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pieces:
    """One text, cut up. `bits[i]` belongs to piece i; offsets are code points of the text as it came in."""

    ids: list[int] = field(repr=False)
    offsets: list[tuple[int, int]] = field(repr=False)
    bits: Bits = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)


def unpack(bits: Bits) -> Rows:
    """(n,) bit sets -> (n, 32) of 0 and 1, bit 0 first."""
    return np.unpackbits(bits.astype("<u4").view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")


def plain(word: str) -> str:
    """Lower case without accents, as the Latin lists have it."""
    word = word.lower()
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


class Featuriser:
    """Holds the tokenizer and the lexicon of one model folder. Safe to use from several threads."""

    def __init__(self, tokenizer: Any, lexicon: Lexicon) -> None:
        self._tokenizer = tokenizer
        self._lexicon = lexicon

    @classmethod
    def from_folder(cls, folder: Path) -> Featuriser:
        from tokenizers import Tokenizer

        return cls(Tokenizer.from_file(str(folder / "tokenizer.json")), read_lexicon(folder / "lexicon.txt"))

    def fold(self, text: str) -> str:
        """Simplified characters, half width; as long as the text."""
        return text.translate(self._lexicon.folds)

    def pieces(self, text: str) -> Pieces:
        folded = self.fold(text)
        encoding = self._tokenizer.encode(folded, add_special_tokens=False)
        offsets: list[tuple[int, int]] = encoding.offsets
        bits = self._characters(folded)
        if not offsets:
            return Pieces([], [], bits[:0])
        edges = np.array(offsets, dtype=np.int64)
        return Pieces(encoding.ids, offsets, bits[edges[:, 0]] | _borders(folded, edges))

    def _characters(self, text: str) -> Bits:
        """A bit set for each character, from words and lists."""
        bits = np.zeros(len(text) + 1, dtype=np.uint32)
        for run in HAN.finditer(text):
            self._han(run.group(), run.start(), bits)
        for word in LATIN.finditer(text):
            bits[word.start() : word.end()] |= np.uint32(self._latin(text, word))
        return bits

    def _han(self, run: str, base: int, bits: Bits) -> None:
        words, titles, characters = self._lexicon.words, self._lexicon.titles, self._lexicon.characters
        found = [characters.get(c, 0) for c in run]
        for i in range(len(run)):
            for end in range(i + 2, min(len(run), i + LONGEST) + 1):
                kinds = words.get(run[i:end])
                if kinds is None:
                    break
                if kinds:
                    found[i] |= kinds
                    found[end - 1] |= kinds << 2
                    for middle in range(i + 1, end - 1):
                        found[middle] |= kinds << 1
            for size in TITLE_SIZES:
                if run[i : i + size] in titles and i + size <= len(run):
                    for at in range(i, i + size):
                        found[at] |= 1 << TITLE
                    break
        bits[base : base + len(run)] |= np.array(found, dtype=np.uint32)

    def _latin(self, text: str, match: re.Match[str]) -> int:
        word, start, end = match.group(), match.start(), match.end()
        found = self._lexicon.latin.get(plain(word), 0)
        if word[0].isupper():
            found |= UPPER if len(word) > 1 and word.isupper() else CAPITAL
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        if before in _GLUE or after in _GLUE or HUMP.search(word):
            found |= IDENTIFIER
        return found


_GLUE: Final = frozenset("_0123456789$<>{}=\\")


def _borders(text: str, edges: NDArray[np.int64]) -> Bits:
    codes = np.frombuffer(f"\n{text}\n".encode("utf-32-le"), dtype="<u4")
    newline = (codes == 10) | (codes == 13)
    space = newline | (codes == 32) | (codes == 9) | (codes == 0xA0)
    digit = (codes >= 48) & (codes <= 57)
    before, first, after = edges[:, 0], edges[:, 0] + 1, edges[:, 1] + 1
    bits = np.zeros(len(edges), dtype=np.uint32)
    for where, bit in (
        (newline[before], LINE_START),
        (newline[after], LINE_END),
        (space[before], SPACE_BEFORE),
        (space[after], SPACE_AFTER),
        (digit[first], DIGIT),
    ):
        bits |= np.where(where, np.uint32(bit), np.uint32(0))
    return bits
