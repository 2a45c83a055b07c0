"""The canary that readiness hangs on: one known value of each enabled entity type, through the real pipeline."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from detectors.rules import RuleSet, Status
from gateway.pipeline import REHEARSAL, Gate
from gateway.types import Direction, Message, RequestHead, Route, Scope, Target

_SCOPE: Final = Scope("redline", "self-test", "canary")
_ROUTE: Final = Route("openai", "chat.completions", known=True)
_TARGET: Final = Target("http", "self-test.invalid", 80, "/v1/chat/completions")
_NAMES: Final = {"PERSON": ("客户姓名：张伟，请回电。", "Dear Mr. John Smith,")}
"""Canaries of detectors that have no rule examples."""
_FRESH: Final = ("Please ask Ms. Mary Miller to call.", "请转告李娜女士。")
"""Made new for each test, so that no detector's answer comes from the cache: a detector that is dead fails them all."""
_MOST: Final = 3
"""Examples of a type."""


def canaries(rules: RuleSet, *, names: bool) -> Mapping[str, Sequence[str]]:
    """Entity type → texts in one of which at least it must be found: examples of its rules that are not experimental.

    Several, because an example may hold two types on one spot, of which the better score wins.
    """
    found: dict[str, list[str]] = {name: list(texts) for name, texts in _NAMES.items()} if names else {}
    for rule in rules.rules:
        texts = found.setdefault(rule.entity_type, [])
        if rule.status is not Status.EXPERIMENTAL and len(texts) < _MOST:
            texts += [example.text for example in rule.matches[:_MOST]]
    return {name: texts for name, texts in found.items() if texts}


async def self_test(gate: Gate, rules: RuleSet, *, names: bool) -> dict[str, bool]:
    """Entity type → found. A stage that fails (detector, policy, operator, store) fails every one of them."""
    texts = canaries(rules, names=names)
    fresh = [f"{secrets.token_hex(8)} {text}" for text in _FRESH]
    outcome = await gate.inspect(_message([*fresh, *(text for some in texts.values() for text in some)]), REHEARSAL)
    judged = outcome.message is not None or outcome.decision.blocked
    blocked = {finding.entity_type for finding in outcome.decision.blocked}
    if blocked:  # what is blocked hides whether the rest could be rewritten
        rest = [text for name, some in texts.items() if name not in blocked for text in some]
        again = await gate.inspect(_message(rest), REHEARSAL)
        judged = again.message is not None or again.decision.blocked
    return {name: bool(judged) and outcome.entities.get(name, 0) > 0 for name in texts}


def _message(texts: list[str]) -> Message:
    body = {"model": "self-test", "messages": [{"role": "user", "content": text} for text in texts]}
    head = RequestHead("POST", _TARGET, ((b"content-type", b"application/json"),))
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Message(secrets.token_hex(12), Direction.REQUEST, _SCOPE, _ROUTE, head, raw, "self-test.invalid:80")
