"""A policy, parsed: frozen, resolved to names that exist. `parse` makes it, `decide` compiles it to tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from gateway.hosts import Glob, HostGlob
from gateway.types import Direction, Message, Route

ALLOW: Final = "allow"
BLOCK: Final = "block"
OPERATORS: Final = ("tokenize", "redact", "mask", "hash")
ANY: Final = "*"
"""Names every entity type, in a rule's `entities`."""


class Categorised(Protocol):
    """What a policy needs to know of an entity type."""

    @property
    def name(self) -> str: ...

    @property
    def category(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that rules match on. Holds no payload, so that tables may be cached under it."""

    direction: Direction
    route: Route
    upstream: str
    tenant: str
    client: str

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

    def holds(self, at: Circumstances) -> bool:
        return (
            self.direction in {None, at.direction}
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


@dataclass(frozen=True, slots=True)
class Sides:
    """A word for each direction."""

    request: str
    response: str

    def of(self, direction: Direction) -> str:
        return self.request if direction is Direction.REQUEST else self.response


@dataclass(frozen=True, slots=True)
class Rule:
    """`when` and not `unless` → lines. A type's own line goes before its category's, that before `*`."""

    name: str
    when: Match
    unless: Match | None
    types: dict[str, Line]
    categories: dict[str, Line]
    anything: Line | None
    unreadable: str | None = None
    error: str | None = None
    unknown_route: str | None = None

    def holds(self, at: Circumstances) -> bool:
        return self.when.holds(at) and not (self.unless is not None and self.unless.holds(at))

    def line(self, entity_type: str, category: str) -> Line | None:
        return self.types.get(entity_type) or self.categories.get(category) or self.anything


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A whole policy file."""

    name: str
    version: int
    description: str
    shadow: bool
    upstreams: tuple[HostGlob, ...]
    """The allow list; empty: every upstream."""
    default_request: Line
    default_response: Line
    unreadable: Sides
    error: Sides
    unknown_route: str
    rules: tuple[Rule, ...]
    digest: str
    """SHA-256 of the file's text, in hex."""

    @property
    def revision(self) -> str:
        return f"{self.name}@{self.version}-{self.digest[:8]}"
