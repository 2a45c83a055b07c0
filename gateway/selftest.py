"""The canary that readiness hangs on: one known value of each enabled entity type, through the real pipeline."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Final

from detectors import calls
from detectors.packs.rules import RuleSet
from gateway.pipeline import REHEARSAL, Gate
from gateway.types import Direction, Message, RequestHead, Route, Scope, Target

_SCOPE: Final = Scope("redline", "self-test", "canary")
_ROUTE: Final = Route("openai", "chat.completions", known=True)
_TARGET: Final = Target("http", "self-test.invalid", 80, "/v1/chat/completions")
_FRESH: Final = ("Please ask Ms. Mary Miller to call.", "请转告李娜女士。")
"""Made new for each test, so that no detector's answer comes from the cache: a detector that is dead fails them all."""
_MOST: Final = 3
"""Examples of a type."""
_BATCH: Final = 64
"""Texts in one message."""


@dataclass(frozen=True, slots=True)
class Canary:
    text: str = field(repr=False)
    value: str = field(repr=False)
    """What must be found in it."""


_NAMES: Final = {"PERSON": (Canary("客户姓名：张伟，请回电。", "张伟"), Canary("Dear Mr. John Smith,", "John Smith"))}
"""Canaries of detectors that have no rule examples."""


def canaries(rules: RuleSet, *, names: bool) -> Mapping[str, Sequence[Canary]]:
    """Entity type → examples of its rules that are not experimental; at least one of them must be found."""
    found: dict[str, list[Canary]] = {name: list(some) for name, some in _NAMES.items()} if names else {}
    for rule in rules.rules:
        some = found.setdefault(rule.entity_type, [])
        if rule.status.acts and len(some) < _MOST:
            some += [Canary(example.text, example.value or example.text) for example in rule.matches[:_MOST]]
    return {name: some for name, some in found.items() if some}


async def self_test(
    gate: Gate, rules: RuleSet, *, names: bool, silenced: Collection[str] = frozenset()
) -> dict[str, bool]:
    """Entity type → found. A stage that fails (detector, policy, operator, store) fails every one of them.

    `silenced`: types that a steward has turned off. Found means: as this type, or, where two types claim one spot,
    its value covered by the other's finding.
    """
    wanted = {name: some for name, some in canaries(rules, names=names).items() if name not in silenced}
    fresh = [f"{secrets.token_hex(8)} {text}" for text in _FRESH]
    named = [canary.text for name, some in _NAMES.items() if name in wanted for canary in some]
    with calls.calling(insists=True):  # here the policy may let names pass, and elsewhere not
        seen = await _inspected(gate, [*fresh, *named])
    with calls.calling(models=False):  # a model would read for seconds, on each start of each process
        seen += await _inspected(gate, [canary.text for some in wanted.values() for canary in some])
    judged = seen.judged
    if judged and seen.blocked:  # what is blocked hides whether the rest could be rewritten
        rest = [canary.text for name, some in wanted.items() if name not in seen.blocked for canary in some]
        with calls.calling(models=False):
            judged = (await _inspected(gate, rest)).judged
    missing = [name for name in wanted if name not in seen.found]
    covered = await _covered(gate, {name: wanted[name] for name in missing}) if judged else frozenset()
    return {name: judged and (name not in missing or name in covered) for name in wanted}


@dataclass(slots=True)
class _Seen:
    judged: bool = True
    """Every message was decided on; where one failed, nothing is vouched for."""
    found: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)

    def __iadd__(self, other: _Seen) -> _Seen:
        return _Seen(self.judged and other.judged, self.found | other.found, self.blocked | other.blocked)


async def _inspected(gate: Gate, texts: Sequence[str]) -> _Seen:
    """In messages of ordinary size: hundreds of texts in one would ask more of a deadline than any client does."""
    seen = _Seen()
    for batch in batched(texts, _BATCH):
        outcome = await gate.inspect(_message(list(batch)), REHEARSAL)
        if outcome.message is None and not outcome.decision.blocked:
            return _Seen(judged=False)
        seen.found.update(name for name, count in outcome.entities.items() if count)
        seen.blocked.update(finding.entity_type for finding in outcome.decision.blocked)
    return seen


async def _covered(gate: Gate, wanted: Mapping[str, Sequence[Canary]]) -> frozenset[str]:
    """The types of which at least one value lies within findings, whatever these are called."""
    found = set()
    for name, some in wanted.items():
        for canary in some:
            with calls.calling(models=name in _NAMES, insists=name in _NAMES):
                parts, findings = await gate.survey(_message([canary.text]))
            spots = {part.id: part.text.find(canary.value) for part in parts if canary.value in part.text}
            if any(f.start <= spots[f.part] and spots[f.part] + len(canary.value) <= f.end
                   for f in findings if f.part in spots):  # fmt: skip
                found.add(name)
    return frozenset(found)


def _message(texts: list[str]) -> Message:
    body = {"model": "self-test", "messages": [{"role": "user", "content": text} for text in texts]}
    head = RequestHead("POST", _TARGET, ((b"content-type", b"application/json"),))
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Message(secrets.token_hex(12), Direction.REQUEST, _SCOPE, _ROUTE, head, raw, "self-test.invalid:80")
