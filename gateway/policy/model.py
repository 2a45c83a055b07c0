"""A policy, parsed: frozen, resolved to names that exist. `parse` makes it, `decide` compiles it to tables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.hosts import Glob, HostGlob
from gateway.types import Direction, Message, Route

ALLOW: Final = "allow"
BLOCK: Final = "block"
OPERATORS: Final = ("tokenize", "redact", "mask", "hash")
STRICTNESS: Final = (ALLOW, "mask", "tokenize", "hash", "redact", BLOCK)
"""From lax to strict: by how much of a value others can read, then by whether it can be undone."""
ANY: Final = "*"
"""Names every entity type, in a rule's `entities`."""


def strictness(action: str) -> int:
    """An operator that is not ours (a plug-in) counts as `tokenize`: something is done, and it may be undone."""
    return STRICTNESS.index(action if action in STRICTNESS else "tokenize")


class Categorised(Protocol):
    """What a policy needs to know of an entity type."""

    @property
    def name(self) -> str: ...

    @property
    def category(self) -> str: ...

    @property
    def regulations(self) -> Collection[str]:
        """Its tags."""
        ...


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that rules match on. Holds no payload, so that tables may be cached under it."""

    direction: Direction
    route: Route
    upstream: str
    tenant: str
    client: str
    region: str = ""
    """Where the upstream is, by the configuration; empty: it does not say."""

    @classmethod
    def of(cls, message: Message) -> Circumstances:
        return cls(message.direction, message.route, message.upstream, message.scope.tenant, message.scope.subject)


@dataclass(frozen=True, slots=True)
class Match:
    """Which messages; an empty field matches all, the fields are combined by AND, the globs of one by OR."""

    route: tuple[Glob, ...] = ()
    upstream: tuple[HostGlob, ...] = ()
    tenant: tuple[Glob, ...] = ()
    client: tuple[Glob, ...] = ()
    direction: Direction | None = None
    region: frozenset[str] = frozenset()

    def holds(self, at: Circumstances) -> bool:
        return (
            self.direction in {None, at.direction}
            and (not self.region or at.region in self.region)
            and _any(self.route, f"{at.route.protocol}/{at.route.operation}")
            and _any(self.upstream, at.upstream)
            and _any(self.tenant, at.tenant)
            and _any(self.client, at.client)
        )


def _any(globs: tuple[Glob, ...] | tuple[HostGlob, ...], text: str) -> bool:
    return not globs or any(glob.matches(text) for glob in globs)


@dataclass(frozen=True, slots=True)
class Line:
    """What to do with findings of one type from `min_score` on: allow, block, or an operator's name."""

    action: str
    min_score: float = 0.0
    rule: str = ""
    """The rule that says so, as records name it: `policy/rule`."""
    article: str = ""
    """What it serves, such as `PIPL Art. 28`; a policy's own text."""
    rank: int = field(init=False, repr=False, compare=False)
    """Its action's place in `STRICTNESS`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rank", strictness(self.action))


@dataclass(frozen=True, slots=True)
class Sides:
    """A word for each direction."""

    request: str
    response: str

    def of(self, direction: Direction) -> str:
        return self.request if direction is Direction.REQUEST else self.response


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    when: Match
    unless: Match | None
    types: dict[str, Line]
    tags: dict[str, Line]
    categories: dict[str, Line]
    anything: Line | None
    unreadable: str | None = None
    error: str | None = None
    unknown_route: str | None = None
    article: str = ""

    def holds(self, at: Circumstances) -> bool:
        return self.when.holds(at) and not (self.unless is not None and self.unless.holds(at))

    def lines(self, entity: Categorised) -> tuple[Line, ...]:
        """The narrowest that name it: its type, else its tags (the strictest first), else its category, else `*`."""
        if line := self.types.get(entity.name):
            return (line,)
        tagged = [line for tag, line in self.tags.items() if tag in entity.regulations]
        if tagged:
            return tuple(sorted(tagged, key=lambda line: -line.rank))
        line = self.categories.get(entity.category) or self.anything
        return (line,) if line else ()


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A whole policy file."""

    name: str
    version: int
    description: str
    shadow: bool
    upstreams: tuple[HostGlob, ...]
    """The allow list; empty: every upstream."""
    default_request: Line | None
    default_response: Line | None
    """None: it extends others and leaves this to them. So with the three below."""
    unreadable: Sides | None
    error: Sides | None
    unknown_route: str | None
    rules: tuple[Rule, ...]
    digest: str
    """SHA-256 of the file's text and of the digests of what it extends, in hex."""
    bases: tuple[PolicySource, ...] = ()
    """The policies that it extends: of all their verdicts and its own, the strictest counts."""

    @property
    def revision(self) -> str:
        return f"{self.name}@{self.version}-{self.digest[:8]}"

    @property
    def layers(self) -> tuple[PolicySource, ...]:
        """This policy and all that it extends, each once, itself first."""
        found = {self.digest: self}
        for base in self.bases:
            found |= {layer.digest: layer for layer in base.layers if layer.digest not in found}
        return tuple(found.values())
