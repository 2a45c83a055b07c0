"""Cheap first: which texts could hold a name, and so are worth a model. Linear, no model, no list of names.

Conservative: a text is passed over only where every word of it is known to be nobody's name, or where it has none.
When in doubt it is read. Rule for the next editor: a text that is skipped is never seen by a model, so a new reason to
skip comes with a table of names that it must not hide (`tests/ner/test_worth.py`).
"""

from __future__ import annotations

import functools
import re
import string
from typing import Final

from detectors.ner.plainwords import PLAIN
from detectors.types import PartKind

READ: Final = frozenset({PartKind.TEXT, PartKind.KEY, PartKind.QUERY})
_SOMETIMES: Final = frozenset({PartKind.PATH, PartKind.HEADER})
_SPOKEN: Final = re.compile(r"[^\W\d_][\w.'’-]*[,;:]?(?:[ +]{1,2}[\w.'’-]+[,;:!?]?){1,99}")
"""Words and nothing else, such as `John Smith.pdf`. Names of routes, models, programs and media types have no blanks,
or other signs as well."""
REASONS: Final = ("kind", "no_word", "plain", "blob", "token")

_ALONE: Final = re.compile("[^\\W\\d_\u0000-\u02ff]")
"""A letter that may be a name by itself: of any script but the Latin."""
_LETTER: Final = re.compile(r"[^\W\d_]")
_PAIR: Final = re.compile(r"[^\W\d_]{2}")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_PIECES: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]")
"""The words of an identifier: `createdAt`, `HTTPServer`, `user_id`."""
_TOKEN: Final = re.compile(
    r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)_(?:[BCDFGHJKMNPQRSTVWXYZ][BCDFGHJKMNPQRSTVWXYZ2-9]){6}(?![A-Za-z0-9])"
)
"""The gateway's own: a label and twelve signs without a vowel."""
_ID: Final = re.compile(r"[{]?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}[}]?")
"""A UUID."""
_HEX: Final = re.compile(r"(?:0[xX]|sha256:|sha1:|md5:)?([0-9a-f]+|[0-9A-F]+)")
_DATA_URL: Final = re.compile(r"data:[\w.+-]{1,64}/[\w.+-]{1,64}(?:;[\w=.-]{1,64})?;base64,")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_CLASSES: Final = bytes.maketrans(
    string.ascii_uppercase.encode() + string.ascii_lowercase.encode() + string.digits.encode(),
    b"U" * 26 + b"l" * 26 + b"0" * 10,
)
_CHANGES: Final = (b"Ul", b"lU", b"U0", b"0U", b"l0", b"0l")
_CAPITALS: Final = re.compile(r"[A-Z](?![a-z]).*[A-Z](?![a-z])")
_DIGIT_INSIDE: Final = re.compile(r"[A-Za-z][0-9]+[A-Za-z]")
_ESCAPED: Final = re.compile(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%[0-9A-Fa-f]{2}|&#?\w+;")
"""Letters that are written as numbers may be any letters."""
_NO_NAME_HAN: Final = frozenset(
    ("是", "否", "有", "无", "男", "女", "对", "错", "暂无", "未知", "其他", "确定", "取消", "提交", "成功", "失败")
)
_SHORT: Final = 8
_LONG: Final = 4096
_FEW: Final = 4
"""Letters, each alone, that may be a name all the same."""
_MOST_WORDS: Final = 2000
"""Words that are looked up; a longer text without a name is read all the same."""
_SHORTEST: Final = 24
_SHORTEST_HEX: Final = 16
_SURE_ID: Final = 40
_LINE: Final = 60
_SURE_HEX: Final = 32


def read_of_kind(kind: PartKind, text: str) -> bool:
    """Whether a model reads such a text of this kind. Path segments and headers are names of things nearly always, and
    a request breaks where one is taken for a person's: they are read where they are words, or of another script."""
    if kind in READ:
        return True
    return kind in _SOMETIMES and (_ALONE.search(text) is not None or _SPOKEN.fullmatch(text.strip()) is not None)


def why_not(text: str) -> str | None:
    """Why a text cannot hold a name (one of REASONS); None: it may."""
    reason = _without_word(text) or _without_sense(text)
    return None if reason is None or _ESCAPED.search(text) else reason


def _without_word(text: str) -> str | None:
    if _PAIR.search(text) is None:
        alone = _ALONE.search(text) or len(text) > _LONG or len(_LETTER.findall(text)) >= _FEW  # "J o h n"
        return "plain" if text.strip() in _NO_NAME_HAN else None if alone else "no_word"
    return "plain" if _all_plain(text) or (len(text) < _SHORT and text.strip() in _NO_NAME_HAN) else None


def _without_sense(text: str) -> str | None:
    if _is_blob(text):
        return "blob"
    if "_" in text and (rest := _TOKEN.sub(_without_label, text)) != text and _without_word(rest):
        return "token"
    return None


def can_hold_name(text: str) -> bool:
    """False for texts that a model need not read."""
    return why_not(text) is None


def _all_plain(text: str) -> bool:
    alone = 0
    for count, match in enumerate(_LETTERS.finditer(text)):
        word = match[0]
        if count >= _MOST_WORDS or not word.isascii():
            return False
        if len(word) == 1:
            alone += 1
            continue
        if word.lower() not in PLAIN and not all(
            piece.lower() in PLAIN or len(piece) == 1 for piece in _PIECES.findall(word)
        ):
            return False
    return alone < _FEW


def _is_blob(text: str) -> bool:
    """Base64, hexadecimal, a UUID: one long word whose letters mean nothing."""
    if len(text) < _SHORTEST_HEX:
        return False
    if found := _DATA_URL.match(text):
        return _is_base64(text[found.end() :])
    text = text.strip()
    if "\n" in text:
        text = _unwrapped(text)
    elif len(text) <= _SURE_ID and _ID.fullmatch(text):
        return True
    return _is_hex(text) or (len(text) >= _SHORTEST and _is_base64(text))


def _unwrapped(text: str) -> str:
    """Lines of equal length joined, as base64 is written in letters and certificates; else nothing."""
    lines = text.splitlines()
    if len(lines[0]) < _LINE or any(len(line) != len(lines[0]) for line in lines[:-1]):
        return ""
    return "".join(lines)


def _is_hex(text: str) -> bool:
    found = _HEX.fullmatch(text)
    if found is None or len(found[1]) < _SHORTEST_HEX:
        return False
    return len(found[1]) >= _SURE_HEX or 4 * sum(map(str.isdigit, found[1])) >= len(found[1])


def _is_base64(text: str) -> bool:
    """Bytes in base64 change between capitals, small letters and digits at two of three places, and not as words do:
    capitals without a small letter behind, digits between letters. `JohnSmithAndMaryJones2024` does not."""
    if not _BASE64.fullmatch(text):
        return False
    classes = text.encode().translate(_CLASSES)
    if sum(map(classes.count, _CHANGES)) < 0.45 * len(text):
        return False
    return _DIGIT_INSIDE.search(text) is not None and _CAPITALS.search(text) is not None


def _without_label(match: re.Match[str]) -> str:
    return " " if match[1] in _labels() else match[0]


@functools.cache
def _labels() -> frozenset[str]:
    from detectors.entities import load_entities

    return frozenset(load_entities())
