"""What a refusal must look like, in each protocol."""

from __future__ import annotations

from collections.abc import Collection

from .search import found_in
from .wire import Answer


def problems(answer: Answer, protocol: str, values: Collection[str], *, policy: bool = False) -> list[str]:
    """What is wrong with this refusal; empty: nothing. `policy`: it must be the 403 of a policy decision."""
    wrong = []
    if not 400 <= answer.status <= 599:
        wrong.append(f"status {answer.status}")
    if policy and answer.status != 403:
        wrong.append(f"status {answer.status} instead of 403")
    if not answer.headers.get("x-redline-exchange"):
        wrong.append("no exchange id")
    if policy and "=" not in answer.headers.get("x-redline-entities", ""):
        wrong.append("no entity types")
    if answer.headers.get("x-redline-action") != "block":
        wrong.append("action is not block")
    if any(found_in(value, answer.everything) for value in values):
        wrong.append("it quotes the value")
    return [*wrong, *_shape(answer, protocol)]


def bare_problems(answer: Answer, values: Collection[str]) -> list[str]:
    """The same for a refusal that comes before there is an exchange: any clear 4xx or 5xx without the value."""
    wrong = [] if 400 <= answer.status <= 599 else [f"status {answer.status}"]
    if any(found_in(value, answer.everything) for value in values):
        wrong.append("it quotes the value")
    return wrong


def _shape(answer: Answer, protocol: str) -> list[str]:
    try:
        body = answer.json
    except ValueError:
        return ["the body is not JSON"]
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not error.get("message") or not error.get("type"):
        return ["no error object with message and type"]
    if protocol == "anthropic":
        return [] if body.get("type") == "error" else ["an Anthropic error says type: error"]
    return [] if error.get("code") else ["an OpenAI error has a code"]
