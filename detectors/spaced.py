"""Numbers written with one kind of separator between their digits, such as `1-1-0-1-0-5-…` or `138.0013.8000`.

Read as one number only where the whole run is it: a row of a table must not become somebody's phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.boundaries import BOUNDARIES, Boundary
from detectors.patterns import Pattern, check
from detectors.rules import Rule

RUN: Final[Pattern] = check(
    r"[0-9]{1,8}[ .\-_/][0-9]{1,5}[ .\-_/][0-9]{1,6}(?:[ .\-_/][0-9]{1,6}){0,20}(?:[ .\-_/]?[Xx])?"
)
BOUNDARY: Final[Boundary] = BOUNDARIES["alnum"]
_DIGITS: Final = re.compile(r"[0-9]+")
_LEAST, _MOST = 11, 21


@dataclass(frozen=True, slots=True)
class SpacedRules:
    """The rules that say `spaced: true`, as (index, patterns without guards)."""

    rules: tuple[tuple[int, tuple[re.Pattern[str], ...]], ...]

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> SpacedRules:
        return cls(
            tuple(
                (index, tuple(re.compile(pattern.source, pattern.flags) for pattern in rule.patterns))
                for index, rule in enumerate(rules)
                if rule.spaced
            )
        )

    def read(self, run: str) -> Iterator[tuple[int, str]]:
        """(rule index, the number without its separators) for each rule that the whole run may be."""
        number = "".join(char for char in run if char.isalnum())
        if not _LEAST <= len(number) <= _MOST or len({char for char in run if not char.isalnum()}) != 1:
            return
        groups = [len(group) for group in _DIGITS.findall(run)]
        if max(groups) > 1 and (len(groups) > 5 or min(groups) < 2):
            return
        for index, patterns in self.rules:
            if any(pattern.fullmatch(number) for pattern in patterns):
                yield index, number
