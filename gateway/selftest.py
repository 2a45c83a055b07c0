"""The canary that readiness hangs on: one known value of each enabled entity type, through the real pipeline."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Final

from detectors.rules import RuleSet, Status
from gateway.pipeline import Gate
from gateway.types import Direction, Effect, Message, RequestHead, Route, Scope, Target

_SCOPE: Final = Scope("redline", "self-test", "canary")
_ROUTE: Final = Route("openai", "chat.completions", known=True)
_TARGET: Final = Target("http", "self-test.invalid", 80, "/v1/chat/completions")
_NAMES: Final = {"PERSON": "客户姓名：张伟，手机尾号待补。 Dear Mr. John Smith,"}
"""Canaries of detectors that have no rule examples."""


def canaries(rules: RuleSet, *, names: bool) -> Mapping[str, str]:
    """Entity type → a text in which it must be found: the first example of the first rule that is not experimental."""
    found: dict[str, str] = dict(_NAMES) if names else {}
    for rule in rules.rules:
        if rule.status is not Status.EXPERIMENTAL and rule.matches:
            found.setdefault(rule.entity_type, rule.matches[0].text)
    return found


async def self_test(gate: Gate, rules: RuleSet, *, names: bool) -> dict[str, bool]:
    """Entity type → found. A stage that fails (detector, policy, operator, store) fails every one of them."""
    texts = canaries(rules, names=names)
    outcome = await gate.inspect(_message(list(texts.values())), "self-test")
    judged = outcome.message is not None or outcome.decision.blocked or outcome.decision.effect is Effect.ALLOW
    return {name: bool(judged) and outcome.entities.get(name, 0) > 0 for name in texts}


def _message(texts: list[str]) -> Message:
    body = {"model": "self-test", "messages": [{"role": "user", "content": text} for text in texts]}
    head = RequestHead("POST", _TARGET, ((b"content-type", b"application/json"),))
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Message(secrets.token_hex(12), Direction.REQUEST, _SCOPE, _ROUTE, head, raw, "self-test.invalid:80")
