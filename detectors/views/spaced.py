"""Numbers written with one kind of separator between their digits, such as `1-1-0-1-0-5-…` or `138.0013.8000`.

Read as one number only where the whole run of that separator is it: a row of a table must not become somebody's phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.matching.boundaries import BOUNDARIES, Boundary
from detectors.packs.rules import Rule

BOUNDARY: Final[Boundary] = BOUNDARIES["alnum"]
SEPARATORS: Final = (" ", ".", "-", "_", "/", "\t", "\n", "\r\n")
LEAST, MOST = 11, 21
"""Characters of a number without its separators."""
_WIDEST: Final = 160
"""Code points of the longest run: 23 groups."""
_DIGITS: Final = re.compile(r"[0-9]+")


def _pattern(separator: str) -> re.Pattern[str]:
    mark = re.escape(separator)
    return re.compile(
        rf"{BOUNDARY.left}(?<![0-9]{mark})[0-9]{{1,8}}(?:{mark}[0-9]{{1,6}}){{2,22}}(?:(?:{mark})?[Xx])?"
        rf"{BOUNDARY.right}(?!{mark}[0-9])"
    )


_RUNS: Final = tuple(_pattern(separator) for separator in SEPARATORS)
_STOPS: Final = tuple(re.compile(rf"[^0-9{re.escape(separator)}]") for separator in SEPARATORS)
"""What no run of the separator holds before its last character."""


def expressions() -> list[str]:
    """For the finder, one for each separator: it ends within a run that may be a number."""
    return [_expression("".join(f"\\x{ord(char):02x}" for char in separator)) for separator in SEPARATORS]


def _expression(mark: str) -> str:
    shapes = [rf"[0-9](?:{mark}[0-9]){{{LEAST - 1}}}"]
    for first in range(2, 9):
        for second in range(2, 7):
            third = max(2, LEAST - first - second)
            if third <= 6:
                shapes.append(rf"[0-9]{{{first}}}{mark}[0-9]{{{second}}}{mark}[0-9]{{{third}}}")
    shapes.append(rf"[0-9]{{2,8}}(?:{mark}[0-9]{{2,6}}){{2}}{mark}[0-9]{{2}}")
    return f"(?:^|[^0-9])(?:{'|'.join(shapes)})"


def runs(text: str, separator: int, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Spans of whole runs. ends: where the expression of that separator ends, ascending.

    Each run is looked at once, however many events it has: time is linear."""
    stop, run = _STOPS[separator], _RUNS[separator]
    done = 0
    for end in ends:
        if end <= done:
            continue
        low = max(done, end - _WIDEST)
        edge = stop.search(text[low:end][::-1])
        start = end - edge.start() if edge is not None else low
        hit = run.search(text, start, end + _WIDEST) if start == 0 or edge is not None or low == done else None
        beyond = stop.search(text, end)
        done = len(text) if beyond is None else beyond.start()
        if hit is not None and hit.start() < end:
            yield hit.span()


def every_run(text: str) -> Iterator[tuple[int, int]]:
    """As `runs`, without a finder."""
    for run in _RUNS:
        for hit in run.finditer(text):
            yield hit.span()


@dataclass(frozen=True, slots=True)
class SpacedRules:
    """The rules that say `spaced: true`, as (index, patterns without guards, characters of the shortest value)."""

    rules: tuple[tuple[int, tuple[re.Pattern[str], ...], int], ...]

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> SpacedRules:
        return cls(
            tuple(
                (
                    index,
                    tuple(re.compile(pattern.source, pattern.flags) for pattern in rule.patterns),
                    min(pattern.min_width for pattern in rule.patterns),
                )
                for index, rule in enumerate(rules)
                if rule.spaced
            )
        )

    @property
    def shortest(self) -> frozenset[int]:
        """Characters of the shortest value of each."""
        return frozenset(least for _, _, least in self.rules)

    def matching(self, number: str, certain: int = 0) -> Iterator[tuple[int, int]]:
        """(rule index, characters of its shortest value) for each rule that the number may be of.

        certain: rules with a shorter value are not asked."""
        for index, patterns, least in self.rules:
            if least >= certain and any(pattern.fullmatch(number) for pattern in patterns):
                yield index, least

    def read(self, run: str) -> Iterator[tuple[int, str]]:
        """(rule index, the number without its separators) for each rule that the whole run may be."""
        groups = [len(group) for group in _DIGITS.findall(run)]
        number = "".join([char for char in run if char.isalnum()])
        if not LEAST <= len(number) <= MOST or (max(groups) > 1 and (len(groups) > 5 or min(groups) < 2)):
            return
        if "." in run and len(groups) == 4 and all(int(group) < 256 for group in _DIGITS.findall(run)):
            return  # an address of the internet
        for index, _ in self.matching(number):
            yield index, number
