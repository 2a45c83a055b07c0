"""The policy decision point. Pure: no I/O, no clock, no randomness; the same message and findings, the same decision.

How rules combine, for one finding:
  1. every rule that matches the message and has a line for the finding's type whose `min_score` the finding reaches;
  2. if one of these lines says `block`, it is blocked: deny overrides;
  3. else the first of them, in the order of the file, says what happens;
  4. where lines name the type and the finding reaches none, it is allowed, and still counted;
  5. where no line names the type, the policy's `default`.
A message's effect is the maximum over its findings, its coverage, its route and its upstream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from gateway.hosts import HostGlob
from gateway.policy.model import ALLOW, BLOCK, Categorised, Circumstances, Line, PolicySource
from gateway.types import Coverage, Decision, Direction, Effect, Finding, Message

_TABLES: Final = 4096
"""Combinations of who, where to and direction whose tables are kept."""

type _Lines = tuple[Line, ...]
"""In order of evaluation: blocks first, then in the order of the file. The first reached counts."""


class _Table:
    """What one kind of message comes down to: a look-up for each entity type."""

    __slots__ = ("by_type", "default", "error", "gates", "passive", "unreadable")

    def __init__(
        self, by_type: Mapping[str, _Lines], default: _Lines, unreadable: str, error: str, gates: tuple[str, ...]
    ) -> None:
        self.by_type = by_type
        self.default = default
        self.unreadable = unreadable
        self.error = error
        self.gates = gates
        """Reasons to block whatever the message holds."""
        self.passive = all(line.action == ALLOW for lines in (*by_type.values(), default) for line in lines)


class RulePolicy:
    """A `gateway.types.Policy` over one policy file."""

    def __init__(
        self, source: PolicySource, entities: Mapping[str, Categorised], upstream_allow: Sequence[str] = ()
    ) -> None:
        """`upstream_allow`: host globs of the deployment; an upstream must be on this list and on the policy's own."""
        self.source = source
        deployment = tuple(HostGlob.compile(glob) for glob in upstream_allow)
        self._upstreams = tuple(some for some in (source.upstreams, deployment) if some)
        self._categories = {name: entity.category for name, entity in entities.items()}
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

    def decide(self, message: Message, findings: Sequence[Finding], coverage: Coverage) -> Decision:
        table = self._table(Circumstances.of(message))
        if table.gates:
            return self._decision(Effect.BLOCK, reasons=table.gates)
        blocked: list[Finding] = []
        obligations: dict[str, list[Finding]] = {}
        for finding in findings:
            action = _action(table.by_type.get(finding.entity_type, table.default), finding.score)
            if action == BLOCK:
                blocked.append(finding)
            elif action != ALLOW:
                obligations.setdefault(action, []).append(finding)
        reasons = _reasons(
            message.direction, bool(blocked), coverage is not Coverage.FULL and table.unreadable == BLOCK
        )
        if reasons:
            return self._decision(Effect.BLOCK, reasons=reasons, blocked=tuple(blocked))
        if not obligations:
            return self._decision(Effect.ALLOW)
        return self._decision(Effect.TRANSFORM, obligations={name: tuple(some) for name, some in obligations.items()})

    def inspects(self, message: Message) -> bool:
        """A message that is refused unread, or of which every type is allowed, needs no detection.

        In shadow mode refusals are not enforced, so what such a message holds is still worth counting.
        """
        table = self._table(Circumstances.of(message))
        return not table.passive and (self.source.shadow or not table.gates)

    def on_error(self, message: Message, code: str) -> Decision:
        effect = Effect.ALLOW if self._table(Circumstances.of(message)).error == ALLOW else Effect.BLOCK
        return self._decision(effect, reasons=(code,))

    def _decision(
        self,
        effect: Effect,
        obligations: Mapping[str, tuple[Finding, ...]] | None = None,
        reasons: tuple[str, ...] = (),
        blocked: tuple[Finding, ...] = (),
    ) -> Decision:
        source = self.source
        return Decision(effect, obligations or {}, reasons, source.name, source.revision, source.shadow, blocked)

    def _build(self, at: Circumstances) -> _Table:
        source, rules = self.source, [rule for rule in self.source.rules if rule.holds(at)]
        default = source.default_request if at.direction is Direction.REQUEST else source.default_response
        default_lines = self._lines([rule.anything for rule in rules]) or (default,)
        by_type: dict[str, _Lines] = {}
        for entity_type, category in self._categories.items():
            by_type[entity_type] = self._lines([rule.line(entity_type, category) for rule in rules]) or default_lines
        return _Table(
            by_type,
            default_lines,
            unreadable=_override([rule.unreadable for rule in rules], source.unreadable.of(at.direction)),
            error=_override([rule.error for rule in rules], source.error.of(at.direction)),
            gates=self._gates(at, _override([rule.unknown_route for rule in rules], source.unknown_route)),
        )

    @staticmethod
    def _lines(found: Sequence[Line | None]) -> _Lines:
        lines = [line for line in found if line is not None]
        return tuple(sorted(lines, key=lambda line: line.action != BLOCK))

    def _gates(self, at: Circumstances, unknown_route: str) -> tuple[str, ...]:
        if at.direction is Direction.RESPONSE:
            return ()  # its request passed them
        reasons = []
        if not all(any(glob.matches(at.upstream) for glob in allowed) for allowed in self._upstreams):
            reasons.append("upstream_not_allowed")
        if not at.route.known and unknown_route == BLOCK:
            reasons.append("unknown_route")
        return tuple(reasons)


def _action(lines: _Lines, score: float) -> str:
    for line in lines:
        if not score < line.min_score:  # a score that is not a number counts as reached
            return line.action
    return ALLOW


def _reasons(direction: Direction, blocked: bool, unreadable: bool) -> tuple[str, ...]:
    request = direction is Direction.REQUEST
    reasons = []
    if blocked:
        reasons.append("policy_block" if request else "response_blocked")
    if unreadable:
        reasons.append("unreadable_content" if request else "response_unreadable")
    return tuple(reasons)


def _override(words: Sequence[str | None], otherwise: str) -> str:
    """Deny overrides among the rules that say something; the policy's own word where none does."""
    said = [word for word in words if word is not None]
    if not said:
        return otherwise
    return BLOCK if BLOCK in said else ALLOW
