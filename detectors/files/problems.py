"""What is wrong with a file that people write: where, what, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    line: int
    """1-based; 0 where the whole file is meant."""
    message: str
    """One or two sentences: what is wrong, and the mend."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class PackError(Exception):
    """Rule data cannot be used. Its text is for people: one line a problem, each with file, line and mend."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    @classmethod
    def one(cls, file: Path | str, line: int, message: str) -> PackError:
        return cls([Problem(str(file), line, message)])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?`, or the names there are."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f" Did you mean '{near[0]}'?"
    shown = ", ".join(names[:12])
    return f" Use one of: {shown}{', …' if len(names) > 12 else ''}."
