"""The canary that readiness hangs on: one known value of each enabled entity type, through the real pipeline."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from detectors.rules import RuleSet, Status
from gateway.pipeline import REHEARSAL, Gate
from gateway.types import Direction, Message, RequestHead, Route, Scope, Target

_SCOPE: Final = Scope("redline", "self-test", "canary")
_ROUTE: Final = Route("openai", "chat.completions", known=True)
_TARGET: Final = Target("http", "self-test.invalid", 80, "/v1/chat/completions")
_FRESH: Final = ("Please ask Ms. Mary Miller to call.", "请转告李娜女士。")
"""Made new for each test, so that no detector's answer comes from the cache: a detector that is dead fails them all."""
_MOST: Final = 3
"""Examples of a type."""


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
        if rule.status is not Status.EXPERIMENTAL and len(some) < _MOST:
            some += [Canary(example.text, example.value or example.text) for example in rule.matches[:_MOST]]
    return {name: some for name, some in found.items() if some}


async def self_test(gate: Gate, rules: RuleSet, *, names: bool) -> dict[str, bool]:
    """Entity type → found. A stage that fails (detector, policy, operator, store) fails every one of them.

    Found means: as this type, or, where two types claim one spot, its value covered by the other's finding.
    """
    wanted = canaries(rules, names=names)
    fresh = [f"{secrets.token_hex(8)} {text}" for text in _FRESH]
    texts = [*fresh, *(canary.text for some in wanted.values() for canary in some)]
    outcome = await gate.inspect(_message(texts), REHEARSAL)
    judged = outcome.message is not None or outcome.decision.blocked
    blocked = {finding.entity_type for finding in outcome.decision.blocked}
    if blocked:  # what is blocked hides whether the rest could be rewritten
        rest = [canary.text for name, some in wanted.items() if name not in blocked for canary in some]
        again = await gate.inspect(_message(rest), REHEARSAL)
        judged = again.message is not None or again.decision.blocked
    missing = [name for name in wanted if not outcome.entities.get(name)]
    covered = await _covered(gate, {name: wanted[name] for name in missing}) if judged and missing else frozenset()
    return {name: bool(judged) and (name not in missing or name in covered) for name in wanted}


async def _covered(gate: Gate, wanted: Mapping[str, Sequence[Canary]]) -> frozenset[str]:
    """The types of which at least one value lies within findings, whatever these are called."""
    found = set()
    for name, some in wanted.items():
        for canary in some:
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
