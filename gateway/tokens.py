"""The token grammar: the smallest and most frozen file.

    token = LABEL "_" BODY           such as  PERSON_K7QMX2TRBWD9
    BODY  = 12 characters; at even positions a consonant, at odd ones a consonant or a digit 2-9;
            the first 10 carry 45 bits of a keyed MAC, the last 2 are a checksum over version, label and those 10

Why it looks so
- Plain ASCII word characters survive JSON, URLs, Markdown, tokenisers and copy and paste.
- No vowels: no words. No two digits side by side: no rule for numbers can fire inside a token.
- Fixed length and a known label: a token is found without boundaries, so text may touch it on both sides.
- The checksum tells a token from a look-alike before any store is asked; its salt is the version,
  so a later grammar can live beside this one.

Read tolerantly, written strictly: any case, `\\_` (Markdown), full-width `＿`, one pair of hugging brackets.

Rules for the next editor: tokens lie in other people's databases for ever. Add a version; never change one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

BODY_LENGTH: Final = 12
_LETTERS: Final = "BCDFGHJKMNPQRSTVWXYZ"
_MIXED: Final = _LETTERS + "23456789"
_DATA: Final = BODY_LENGTH - 2
_SALT: Final = "redline-token-v1"
_LABEL = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\Z")

OPENING: Final = ("[", "【", "［", "%5B")
CLOSING: Final = ("]", "】", "］", "%5D")
_HUGGERS: Final = "[]【】［］"


def _digits(number: int, length: int) -> str:
    """Mixed-radix digits of `number`, even positions in consonants, odd ones in consonants and digits."""
    out = []
    for position in range(length):
        alphabet = _MIXED if position % 2 else _LETTERS
        number, digit = divmod(number, len(alphabet))
        out.append(alphabet[digit])
    return "".join(out)


def _checksum(label: str, data: str) -> str:
    return _digits(zlib.crc32(f"{_SALT}/{label}/{data}".encode()), 2)


def mint_body(mac: bytes, label: str) -> str:
    """The body for a MAC of at least 8 bytes. Deterministic: one MAC and label, one body."""
    if len(mac) < 8 or not _LABEL.match(label):
        raise ValueError("a MAC of 8 bytes and an upper-case label are needed")
    data = _digits(int.from_bytes(mac[:8]), _DATA)
    return data + _checksum(label, data)


def format_token(label: str, body: str) -> str:
    return f"{label}_{body}"


def parse(token: str) -> tuple[str, str] | None:
    """(label, body) of a canonical token; None for anything else."""
    label, _, body = token.rpartition("_")
    if len(body) != BODY_LENGTH or not _LABEL.match(label) or body[_DATA:] != _checksum(label, body[:_DATA]):
        return None
    return label, body


def decorate(token: str, before: str, after: str) -> str:
    """Hug the token with brackets where a neighbour (one character or "") would run into it, or is a bracket
    that a reader would take for decoration. `TokenGrammar.find` takes exactly this pair off again."""
    for neighbour in (before, after):
        if neighbour and (neighbour in _HUGGERS or neighbour in {"_", "%"} or _is_word(neighbour)):
            return f"[{token}]"
    return token


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


class TokenGrammar:
    """Finds tokens of the given labels (entity types) in text."""

    def __init__(self, labels: Iterable[str]) -> None:
        self.labels: frozenset[str] = frozenset(labels)
        if bad := [label for label in self.labels if not _LABEL.match(label)]:
            raise ValueError(f"not a token label: {bad[0]}")
        longest_first = sorted(self.labels, key=lambda label: (-len(label), label))
        self._labels_back = [(re.compile(_spelling(label) + r"\Z", re.IGNORECASE), label) for label in longest_first]
        self._by_last: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for pattern, label in self._labels_back:
            self._by_last.setdefault(label[-1], []).append((pattern, label))
        self._reach = 2 * max((len(label) for label in self.labels), default=0)
        self._body = re.compile(r"\\?[_＿](" + _BODY + ")", re.IGNORECASE)
        self._partial = re.compile(_partial_pattern(self.labels), re.IGNORECASE)
        self._hold_reach = self._reach + BODY_LENGTH + 8

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(start, end, canonical token), left to right, disjoint; a hugging pair of brackets belongs to the span."""
        floor = 0
        for match in self._body.finditer(text):
            body = match[1].upper()
            head = text[max(floor, match.start() - self._reach) : match.start()]
            for pattern, label in self._ending_as(head):
                found = pattern.search(head)
                if found and body[_DATA:] == _checksum(label, body[:_DATA]):
                    start, end = _with_brackets(text, match.start() - len(found[0]), match.end(), floor)
                    yield start, end, format_token(label, body)
                    floor = end
                    break

    def _ending_as(self, head: str) -> list[tuple[re.Pattern[str], str]]:
        """The labels that may stand at the end of `head`. Text that is all separators and bodies would else cost
        one search for each label at each of them."""
        last = head[-1:]
        return self._by_last.get(last.upper(), []) if last.isascii() else self._labels_back

    def hold_from(self, text: str) -> int:
        """Where the tail begins that may be an unfinished token; `len(text)` if none does."""
        offset = max(0, len(text) - self._hold_reach)
        found = self._partial.search(text, offset)
        if found is None:
            return len(text)
        start = max(0, offset - self._hold_reach)
        for _, end, _ in self.find(text[start:]):
            # A whole token may end in letters that begin another one; it is not cut for that.
            while found is not None and found.start() < start + end:
                if text[found.start()] in _HUGGERS or text[found.start()] == "%":
                    return found.start()
                found = self._partial.search(text, start + end)
        return found.start() if found else len(text)


def _with_brackets(text: str, start: int, end: int, floor: int) -> tuple[int, int]:
    for opening, closing in zip(OPENING, CLOSING, strict=True):
        before = start - len(opening)
        if (
            before >= floor
            and text[before:start].upper() == opening
            and text[end : end + len(closing)].upper() == closing
        ):
            return before, end + len(closing)
    return start, end


# --- patterns -----------------------------------------------------------------------------------------------

type _Node = dict[str, _Node]
"""Of a trie: character → what may follow; "" where a label has ended."""

_SEPARATOR: Final = r"(?:\\?[_＿])"
_BODY: Final = "".join(f"[{_MIXED if position % 2 else _LETTERS}]" for position in range(BODY_LENGTH))


def _spelling(label: str) -> str:
    return "".join(_SEPARATOR if character == "_" else character for character in label)


def _partial_pattern(labels: Iterable[str]) -> str:
    """Matches, up to the end of the text, what may still grow into a token (with or without a bracket).

    The body is written once behind all labels, not behind each: the latter takes seconds to compile.
    """
    trie: _Node = {}
    for label in labels:
        node = trie
        for character in f"{label}_":
            node = node.setdefault(character, {})
        node[""] = {}
    if not trie:
        return r"(?!)"
    opening = r"[\[【［]|%(?:5(?:B|\Z)|\Z)"
    bracketed, bare = _partial_body(BODY_LENGTH, r"(?:%5?)?"), _partial_body(BODY_LENGTH - 1, "")
    grown = f"{_whole(trie)}(?(1){bracketed}|{bare})"
    first = "".join(sorted(trie))
    return rf"(?:({opening})|(?=[{first}]))(?:{grown}|{_started(trie)})?\Z"


def _whole(node: _Node) -> str:
    """Every label that the trie spells, with its separator. One may begin another: URL, URL_CREDENTIALS."""
    options = [f"{_SEPARATOR if c == '_' else c}{_whole(child)}" for c, child in sorted(node.items()) if c]
    return f"(?:{'|'.join(options)})" + ("?" if "" in node else "") if options else ""


def _started(node: _Node) -> str:
    """Any beginning of what the trie spells but the empty one, the whole included."""
    options = []
    for character, child in sorted(node.items()):
        if not character:
            continue
        rest = f"(?:{further})?" if (further := _started(child)) else ""
        options.append(rf"{_SEPARATOR}{rest}|\\\Z" if character == "_" else f"{character}{rest}")
    return "|".join(options)


def _partial_body(length: int, tail: str) -> str:
    """Up to `length` characters of a body; `tail` may follow a whole one."""
    pattern = tail
    for position in reversed(range(length)):
        pattern = f"(?:[{_MIXED if position % 2 else _LETTERS}]{pattern})?"
    return pattern
