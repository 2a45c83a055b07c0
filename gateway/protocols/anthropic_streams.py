"""Which strings of Anthropic's stream events are pieces of a text, and what ends it.

After https://docs.anthropic.com/en/docs/build-with-claude/streaming.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from gateway.protocols.streaming import NOTHING, ROOT, ChannelKind, Delta, Plan

_PIECES: Final = {
    "text_delta": ("text", ChannelKind.TEXT),
    "input_json_delta": ("partial_json", ChannelKind.JSON_FRAGMENT),
    "thinking_delta": ("thinking", ChannelKind.TEXT),
    "compaction_delta": ("content", ChannelKind.TEXT),
}
_TERMINAL: Final = frozenset({"message_delta", "message_stop", "error"})


def messages(event: dict[str, Any]) -> Plan:
    kind = event.get("type")
    if not isinstance(kind, str):
        return NOTHING
    if kind == "content_block_delta":
        return _delta(event)
    if kind == "content_block_stop":
        return Plan(ends=[(_index(event),)])
    return Plan(ends=[()]) if kind in _TERMINAL else NOTHING


def _delta(event: dict[str, Any]) -> Plan:
    delta = event.get("delta")
    if not isinstance(delta, dict) or not isinstance(delta.get("type"), str):
        return NOTHING
    name, kind = _PIECES.get(delta["type"], ("", ChannelKind.TEXT))
    if not isinstance(delta.get(name), str):
        return NOTHING
    number = _index(event)
    render = partial(_event, number, delta["type"], name)
    return Plan({f"{ROOT}/delta/{name}": Delta((number, name), kind, render)})


def _event(number: int, kind: str, name: str, text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": number, "delta": {"type": kind, name: text}}


def _index(event: dict[str, Any]) -> int:
    value = event.get("index")
    return value if isinstance(value, int) else -1
