"""Long runs of the characters of base64: what may be encoded, and where most keys and wallets stand.

Ordinary text has one in a thousand characters, so what costs the finder dear is looked for in these runs only.
"""

from __future__ import annotations

import re
from typing import Final

LEAST: Final = 15
"""Base64 characters: an eleven-digit number has that many."""
CHARACTERS: Final = r"A-Za-z0-9+/_\-"
EXPRESSION: Final = rf"[{CHARACTERS}]{{{LEAST}}}(?:[^{CHARACTERS}]|\z)"
_OTHER: Final = re.compile(f"[^{CHARACTERS}]")
_BLOCK: Final = 48
_LARGEST: Final = 4096

type Span = tuple[int, int]


def spans(text: str, ends: list[int]) -> list[Span]:
    """ends: where runs end, or one character later, ascending → the runs, maximal, from left to right."""
    result: list[Span] = []
    floor = 0
    size = len(text)
    for place in ends:
        end = place if place == size and _OTHER.match(text, place - 1) is None else place - 1
        if end <= floor:
            continue
        start = _start(text, end, floor)
        floor = end
        if end - start >= LEAST:
            result.append((start, end))
    return result


def _start(text: str, end: int, floor: int) -> int:
    low, block = end, _BLOCK
    while low > floor:
        below = max(floor, low - block)
        stop = _OTHER.search(text[below:low][::-1])
        if stop is not None:
            return low - stop.start()
        low = below
        block = min(2 * block, _LARGEST)
    return low
