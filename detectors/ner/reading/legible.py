"""A text as a model should read it: what its spelling hides is spelled out, with a map back to the text.

    legible(text) -> View or None       None: as it stands, which is nearly always, and costs a few scans

Invisible characters are left out, look-alikes become the letters that they look like, signs that touch a letter become
blanks (a tokenizer takes `😀John` for one unknown word), escapes become their letters (`escapes`),
`J o h n` becomes a word, and base64 what it says.

Rule for the next editor: the model reads this instead of the text. A change is allowed only where no name in plain
letters is lost by it; `tests/ner/test_legible.py` holds it against names beside every sign that it looks for.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from detectors.ner.reading import escapes
from detectors.views import encoded
from detectors.views.view import Builder, Kept, Pieces, SameLength, View

ROUNDS: Final = 3
"""Escapes within escapes that are undone: `%26%2324352%3B` takes two."""
SHORTEST_RUN: Final = 24
_RUN: Final = re.compile(rf"[A-Za-z0-9+/_-]{{{SHORTEST_RUN},}}")
_SPACED: Final = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z]([ .*\-_·])[A-Za-z](?:\1[A-Za-z])+(?![A-Za-z0-9_])")
_FEWEST: Final = 3
"""Letters, each alone, that are read as one word."""
_SPLIT: Final = re.compile(
    r"(?<=[\u3400-\u4dbf\u4e00-\u9fff])(?:</?(?:b|i|u|em|font|span|strong|mark|wbr)(?:\s[^<>]{0,200})?/?>){1,8}"
    r"(?=[\u3400-\u4dbf\u4e00-\u9fff])",
    re.IGNORECASE,
)
"""Mark-up inside a Chinese word, as word processors write it."""
_RANGES: Final = ((0xA0, 0x3400), (0xF900, 0xFB00), (0xFE00, 0x10000), (0x1D400, 0x1D800), (0x1F000, 0x1FC00))
"""Blocks that hold what is looked for."""
_TAGS: Final = range(0xE0000, 0xE0200)
_FILLERS: Final = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
_RADICALS: Final = dict(
    zip(
        "⺟⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
        "母西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)
"""Radicals that text from PDF files holds instead of the characters; compatibility forms leave them out."""
_LETTER: Final = r"[^\W\d_]"


@dataclass(frozen=True, slots=True)
class _Through:
    """A view of a view."""

    text: str = field(repr=False)
    outer: View
    inner: View

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.outer.span(*self.inner.span(start, end))


def legible(text: str) -> View | None:
    view: View | None = None
    for _ in range(ROUNDS):
        undone = escapes.unescape(text if view is None else view.text)
        if undone is None:
            break
        view = _over(view, undone)
    for change in (_unfolded, _joined, _with_runs):
        seen = change(text if view is None else view.text)
        if seen is not None:
            view = _over(view, seen)
    return view


def _over(outer: View | None, inner: View) -> View:
    return inner if outer is None else _Through(inner.text, outer, inner)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What one character may be replaced by, and which are left out."""

    seen: re.Pattern[str]
    """Anything of it."""
    dropped: re.Pattern[str]
    touching: re.Pattern[str]
    """Signs beside a letter."""
    folds: dict[int, str]


@functools.cache
def _signs() -> _Signs:
    folds: dict[int, str] = {ord(radical): plain for radical, plain in _RADICALS.items()}
    dropped, signs = [*_FILLERS, *map(chr, _TAGS)], []
    for low, high in _RANGES:
        for code in range(low, high):
            char = chr(code)
            kind = unicodedata.category(char)
            if kind == "Cf" or 0xFE00 <= code <= 0xFE0F:
                dropped.append(char)
            elif kind in {"So", "No"} and code not in folds:
                plain = unicodedata.normalize("NFKC", char)
                if len(plain) == 1 and plain.isalpha():  # Ⓙ, ㊎
                    folds[code] = plain
                else:
                    signs.append(char)
            elif plain := _plain(char, kind):
                folds[code] = plain
    signs = sorted(set(signs) - set(dropped))
    out, beside = _class(dropped), _class(signs)
    return _Signs(
        re.compile(f"{_class([*dropped, *signs, *map(chr, folds)])}"),
        re.compile(f"{out}+"),
        re.compile(f"(?<={_LETTER}){beside}+|{beside}+(?={_LETTER})"),
        folds,
    )


def _plain(char: str, kind: str) -> str:
    """The one letter or digit that a compatibility form stands for, or nothing."""
    if kind[0] not in "LN":
        return ""
    plain = unicodedata.normalize("NFKC", char)
    return plain if plain != char and len(plain) == 1 and plain.isalnum() else ""


def _class(chars: list[str]) -> str:
    """A character class, as ranges."""
    codes = sorted({ord(char) for char in chars})
    pieces, first = [], codes[0]
    for code, following in zip(codes, [*codes[1:], -1], strict=True):
        if following != code + 1:
            pieces.append(f"\\U{first:08x}-\\U{code:08x}")
            first = following
    return f"[{''.join(pieces)}]"


def _unfolded(text: str) -> View | None:
    """Invisible characters left out, look-alikes and touching signs replaced one for one."""
    if text.isascii():
        return None
    signs = _signs()
    if signs.seen.search(text) is None:
        return None
    places: list[int] | None = None
    plain = text
    if signs.dropped.search(text):
        pieces: list[str] = []
        places = []
        at = 0
        for gap in signs.dropped.finditer(text):
            low, high = gap.span()
            pieces.append(text[at:low])
            places += range(at, low)
            if _parts_words(text, low, high):
                pieces.append(" ")
                places.append(low)
            at = high
        places += range(at, len(text))
        plain = "".join((*pieces, text[at:]))
    plain = plain.translate(signs.folds)
    plain = signs.touching.sub(lambda run: " " * len(run[0]), plain)
    if plain == text:
        return None
    return SameLength(plain) if places is None else Kept(plain, places)


def _parts_words(text: str, low: int, high: int) -> bool:
    """`John\\u200bSmith`: a line may break there, and no word goes on with a capital."""
    return "\u200b" in text[low:high] and low > 0 and text[low - 1].islower() and text[high : high + 1].isupper()


def _joined(text: str) -> View | None:
    """`J o h n`, `J.o.h.n` as words; mark-up inside Chinese words left out."""
    cuts = [match.span() for match in _SPLIT.finditer(text)] if "<" in text else []
    cuts += [cut for match in _SPACED.finditer(text) for cut in _blanks(match)]
    if not cuts:
        return None
    builder, at = Builder(), 0
    for low, high in sorted(cuts):
        builder.add(text[at:low], at, low, width=1)
        at = high
    builder.add(text[at:], at, len(text), width=1)
    return builder.view()


def _blanks(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Where a run of single letters has what is not of its words. `J.R.R.` is none; before a capital a word begins."""
    letters = match[0][::2]
    if len(letters) < _FEWEST or (match[1] == "." and letters.isupper()):
        return
    for place in range(1, len(letters)):
        if not (letters[place - 1].islower() and letters[place].isupper()):
            at = match.start() + 2 * place - 1
            yield at, at + 1


def _with_runs(text: str) -> View | None:
    """What runs of base64 or hexadecimal digits say, in their place."""
    runs = [match.span() for match in _RUN.finditer(text)] if len(text) >= SHORTEST_RUN else []
    said = encoded.decode(text, runs) if runs else None
    if not isinstance(said, Pieces):
        return None
    builder, at = Builder(), 0
    for start, stop, (low, high) in zip(said.starts, [*said.starts[1:], len(said.text)], said.originals, strict=True):
        builder.add(text[at:low], at, low, width=1)
        builder.add(said.text[start:stop], low, high)
        at = high
    builder.add(text[at:], at, len(text), width=1)
    return builder.view()
