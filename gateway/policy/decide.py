"""The policy decision point. Pure: no I/O, no clock, no randomness; the same message and findings, the same decision.

How the rules of one policy combine, for one finding:
  1. every rule that matches the message and has a line for the finding's type whose `min_score` the finding reaches;
  2. if one of these lines says `block`, it is blocked: deny overrides;
  3. else the first of them, in the order of the file, says what happens;
  4. where lines name the type and the finding reaches none, it is allowed, and still counted;
  5. where no line names the type, the policy's `default`.
Where a policy extends others, each of them decides so for itself, and the strictest verdict counts.
A message's effect is the maximum over its findings, its coverage, its route and its upstream.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from gateway.hosts import HostGlob, HostRegion, region_of
from gateway.policy.model import ALLOW, BLOCK, Categorised, Circumstances, Line, PolicySource, Rule
from gateway.types import Coverage, Decision, Direction, Effect, Finding, Message

_TABLES: Final = 4096
"""Combinations of who, where to and direction whose tables are kept."""
_PASS: Final = Line(ALLOW)
_UNKNOWN: Final = "?"
NOT_ALLOWED: Final = "upstream_not_allowed"

type _Lines = tuple[Line, ...]
"""What one policy says of a type, in order of evaluation: blocks first, then as in the file. The first that the score
reaches counts."""
type _Layers = tuple[_Lines, ...]
"""The same of each policy that has something to say; the strictest counts."""


class _Table:
    """What one kind of message comes down to: a look-up for each entity type."""

    __slots__ = ("acting", "by_type", "default", "default_acts", "error", "gates", "passive", "unreadable")

    def __init__(
        self, by_type: Mapping[str, _Layers], default: _Layers, unreadable: str, error: str, gates: tuple[str, ...]
    ) -> None:
        self.by_type = by_type
        self.default = default
        self.unreadable = unreadable
        self.error = error
        self.gates = gates
        """Reasons to block whatever the message holds."""
        self.acting = frozenset(name for name, layers in by_type.items() if _acts(layers))
        self.default_acts = _acts(default)
        self.passive = not self.acting and not self.default_acts

    @property
    def closed(self) -> bool:
        """Refused in shadow mode too."""
        return NOT_ALLOWED in self.gates

    def verdict(self, finding: Finding) -> Line:
        layers = self.by_type.get(finding.entity_type, self.default)
        strictest = _PASS
        for lines in layers:
            line = _reached(lines, finding.score)
            if line.rank > strictest.rank or strictest is _PASS:
                strictest = line
        return strictest


class _Unknown:
    """Stands for a type that the catalogue does not hold."""

    name = category = _UNKNOWN
    regulations = ()


class RulePolicy:
    """A `gateway.types.Policy` over one policy file and those that it extends."""

    def __init__(
        self,
        source: PolicySource,
        entities: Mapping[str, Categorised],
        upstream_allow: Sequence[str] = (),
        regions: Sequence[HostRegion] = (),
    ) -> None:
        """`upstream_allow`: host globs of the deployment; an upstream must be on this list and on each policy's own.
        `regions`: where upstreams are."""
        self.source = source
        self._layers = source.layers
        deployment = tuple(HostGlob.compile(glob) for glob in upstream_allow)
        self._upstreams = tuple(some for some in (*(one.upstreams for one in self._layers), deployment) if some)
        self._regions = tuple(regions)
        self._entities = entities
        self._table = lru_cache(maxsize=_TABLES)(self._build)

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def revision(self) -> str:
        return self.source.revision

    @property
    def shadow(self) -> bool:
        return self.source.shadow

    def region(self, upstream: str) -> str:
        """Where an upstream is; empty: the configuration does not say."""
        return region_of(upstream, self._regions)

    @property
    def asks_region(self) -> bool:
        """Whether it makes a difference where an upstream is."""
        matches = (match for layer in self._layers for rule in layer.rules for match in (rule.when, rule.unless))
        return any(match.region for match in matches if match is not None)

    def decide(self, message: Message, findings: Sequence[Finding], coverage: Coverage) -> Decision:
        table = self._table(Circumstances.of(message))
        if table.gates:
            decision = self._decision(Effect.BLOCK, reasons=table.gates)
            return replace(decision, shadow=decision.shadow and not table.closed)
        blocked: list[Finding] = []
        obligations: dict[str, list[Finding]] = {}
        rules: dict[str, int] = {}
        articles: dict[str, None] = {}
        for finding in findings:
            line = table.verdict(finding)
            if line.action == ALLOW:
                continue
            rules[line.rule] = rules.get(line.rule, 0) + 1
            if line.article:
                articles[line.article] = None
            if line.action == BLOCK:
                blocked.append(finding)
            else:
                obligations.setdefault(line.action, []).append(finding)
        reasons = _reasons(
            message.direction, bool(blocked), coverage is not Coverage.FULL and table.unreadable == BLOCK
        )
        if reasons:
            return self._decision(Effect.BLOCK, rules, tuple(articles), reasons=reasons, blocked=tuple(blocked))
        if not obligations:
            return self._decision(Effect.ALLOW)
        named = {name: tuple(some) for name, some in obligations.items()}
        return self._decision(Effect.TRANSFORM, rules, tuple(articles), obligations=named)

    def why(self, message: Message, finding: Finding) -> Line:
        """The line that decides on a finding of this message: action, rule, article."""
        return self._table(Circumstances.of(message)).verdict(finding)

    def inspects(self, message: Message) -> bool:
        """A message that is refused unread, or of which every type is allowed, needs no detection.

        In shadow mode refusals are not enforced, so what such a message holds is still worth counting; but for the list
        of upstreams: it says whom this gateway talks to at all, and trying out a policy opens no new way out.
        """
        table = self._table(Circumstances.of(message))
        return not table.passive and (not table.gates or (self.source.shadow and not table.closed))

    def acts_on(self, message: Message, entity_types: Collection[str]) -> bool:
        table = self._table(Circumstances.of(message))
        return any(name in table.acting or (table.default_acts and name not in table.by_type) for name in entity_types)

    def on_error(self, message: Message, code: str) -> Decision:
        effect = Effect.ALLOW if self._table(Circumstances.of(message)).error == ALLOW else Effect.BLOCK
        return self._decision(effect, reasons=(code,))

    def _decision(
        self,
        effect: Effect,
        rules: Mapping[str, int] | None = None,
        articles: tuple[str, ...] = (),
        obligations: Mapping[str, tuple[Finding, ...]] | None = None,
        reasons: tuple[str, ...] = (),
        blocked: tuple[Finding, ...] = (),
    ) -> Decision:
        source = self.source
        return Decision(
            effect,
            obligations or {},
            reasons,
            source.name,
            source.revision,
            source.shadow,
            blocked,
            rules or {},
            articles,
        )

    def _build(self, at: Circumstances) -> _Table:
        at = replace(at, region=self.region(at.upstream))
        matching = [(layer, [rule for rule in layer.rules if rule.holds(at)]) for layer in self._layers]
        sides = [(layer.unreadable, layer.error) for layer in self._layers]
        return _Table(
            {name: self._lines(matching, entity, at) for name, entity in self._entities.items()},
            self._lines(matching, _Unknown(), at),
            unreadable=_strictest(
                _override([rule.unreadable for rule in rules], own.of(at.direction) if own else None)
                for (_, rules), (own, _) in zip(matching, sides, strict=True)
            ),
            error=_strictest(
                _override([rule.error for rule in rules], own.of(at.direction) if own else None)
                for (_, rules), (_, own) in zip(matching, sides, strict=True)
            ),
            gates=self._gates(
                at,
                _strictest(
                    _override([rule.unknown_route for rule in rules], layer.unknown_route) for layer, rules in matching
                ),
            ),
        )

    @staticmethod
    def _lines(matching: Sequence[tuple[PolicySource, list[Rule]]], entity: Categorised, at: Circumstances) -> _Layers:
        """What each policy says of a type; one that says nothing, and has no default, has no layer."""
        layers: list[_Lines] = []
        for source, rules in matching:
            lines = [line for rule in rules for line in rule.lines(entity)]
            default = source.default_request if at.direction is Direction.REQUEST else source.default_response
            if not lines and default is not None:
                lines = [default]
            if lines:
                layers.append(tuple(sorted(lines, key=lambda line: line.action != BLOCK)))
        return tuple(layers)

    def _gates(self, at: Circumstances, unknown_route: str) -> tuple[str, ...]:
        if at.direction is Direction.RESPONSE:
            return ()  # its request passed them
        reasons = []
        if not all(any(glob.matches(at.upstream) for glob in allowed) for allowed in self._upstreams):
            reasons.append(NOT_ALLOWED)
        if not at.route.known and unknown_route == BLOCK:
            reasons.append("unknown_route")
        return tuple(reasons)


def _acts(layers: _Layers) -> bool:
    return any(line.action != ALLOW for lines in layers for line in lines)


def _reached(lines: _Lines, score: float) -> Line:
    for line in lines:
        if not score < line.min_score:  # a score that is not a number counts as reached
            return line
    return _PASS


def _reasons(direction: Direction, blocked: bool, unreadable: bool) -> tuple[str, ...]:
    request = direction is Direction.REQUEST
    reasons = []
    if blocked:
        reasons.append("policy_block" if request else "response_blocked")
    if unreadable:
        reasons.append("unreadable_content" if request else "response_unreadable")
    return tuple(reasons)


def _override(words: Sequence[str | None], otherwise: str | None) -> str | None:
    """Deny overrides among the rules that say something; the policy's own word where none does."""
    said = [word for word in words if word is not None]
    if not said:
        return otherwise
    return BLOCK if BLOCK in said else ALLOW


def _strictest(words: Iterable[str | None]) -> str:
    """Of all policies that say something; where none does, it is refused."""
    said = [word for word in words if word is not None]
    return ALLOW if said and BLOCK not in said else BLOCK
