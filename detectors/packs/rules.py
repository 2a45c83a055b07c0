"""What a pack says, as frozen types. Read by everyone, built by `packreader`."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from detectors.matching.boundaries import Boundary
from detectors.matching.edges import edge
from detectors.matching.patterns import Pattern

type Validator = Callable[[str], bool]
"""True: the value's checksum, dates and ranges hold. Called with the matched text, separators included."""


class Status(enum.StrEnum):
    OPTIONAL = "optional"
    """Off until it is promoted: neither acts nor is counted."""
    EXPERIMENTAL = "experimental"
    """Observed and counted only; not run unless asked for."""
    TEST = "test"
    STABLE = "stable"

    @property
    def acts(self) -> bool:
        return self in (Status.TEST, Status.STABLE)


@dataclass(frozen=True, slots=True)
class Score:
    """0 means: no finding."""

    with_context: float
    without_context: float
    negative_context: float


@dataclass(frozen=True, slots=True)
class Context:
    words: tuple[str, ...] = ()
    """Lower case. ASCII words count as whole words, others wherever they occur."""
    negative: tuple[str, ...] = ()
    before: int = 48
    after: int = 24
    """How far to look, in code points."""


@dataclass(frozen=True, slots=True)
class MatchExample:
    text: str = field(repr=False)
    value: str | None = field(default=None, repr=False)
    """What must be found; None: the rule must find something."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class NoMatchExample:
    text: str = field(repr=False)
    why: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    version: int
    pack: str
    entity_type: str
    description: str
    status: Status
    patterns: tuple[Pattern, ...]
    boundary: Boundary
    validator_names: tuple[str, ...]
    validators: tuple[Validator, ...]
    context: Context
    score: Score
    spaced: bool
    """True: also seen where one kind of separator stands between its digits."""
    tags: tuple[str, ...]
    regulations: tuple[str, ...]
    references: tuple[str, ...]
    matches: tuple[MatchExample, ...]
    no_matches: tuple[NoMatchExample, ...]
    file: str
    line: int

    @property
    def name(self) -> str:
        """`pack/rule@version`: never reused for another meaning."""
        return f"{self.pack}/{self.id}@{self.version}"

    @property
    def bounded(self) -> tuple[tuple[Pattern, Boundary], ...]:
        """Each pattern with the boundary that holds for it."""
        return tuple((pattern, edge(pattern, self.boundary)) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Pack:
    id: str
    version: int
    area: str
    title: str
    regulations: tuple[str, ...]
    rules: tuple[Rule, ...]
    file: str
    digest: str
    """SHA-256 of the file."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All packs that are loaded together."""

    packs: tuple[Pack, ...]
    revision: str
    """A hash of everything that can change a finding."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for pack in self.packs for rule in pack.rules)


VALUE_GROUP: Final = "value"
"""A pattern may name the part that is the finding: `(?P<value>…)`."""
