"""Long runs of the characters of base64: what may be encoded, and where most keys and wallets stand.

Ordinary text has one in a thousand characters, so what costs the finder dear is looked for in these runs only.
"""

from __future__ import annotations

from typing import Final

LEAST: Final = 15
"""Base64 characters: an eleven-digit number has that many."""
CHARACTERS: Final = r"A-Za-z0-9+/_\-"
BEGINS: Final = rf"(?:^|[^{CHARACTERS}])[{CHARACTERS}]{{{LEAST}}}"
"""Ends `LEAST` characters within each run."""
ENDS: Final = rf"[{CHARACTERS}]{{{LEAST}}}(?:[^{CHARACTERS}]|\z)"
"""Ends one character behind each run, or where the text ends."""
_CHARACTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-")

type Span = tuple[int, int]


def spans(text: str, begins: list[int], ends: list[int]) -> list[Span]:
    """The runs, maximal, from left to right, by where `BEGINS` and `ENDS` end: each once in each run."""
    found = [(begin - LEAST, end - 1) for begin, end in zip(begins, ends, strict=True)]
    if found and ends[-1] == len(text) and text[-1] in _CHARACTERS:
        found[-1] = found[-1][0], len(text)
    return found
