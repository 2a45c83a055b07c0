"""Which strings of OpenAI's stream events are pieces of a text, and what ends it.

Chat and completions: https://platform.openai.com/docs/api-reference/chat-streaming, with the reasoning fields that
vLLM, DeepSeek and OpenRouter add. Responses: https://platform.openai.com/docs/api-reference/responses-streaming.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from gateway.protocols.streaming import NOTHING, ROOT, ChannelKind, Delta, Key, Plan

_ENVELOPE: Final = ("id", "object", "created", "model", "system_fingerprint", "service_tier", "provider")
_TEXT_FIELDS: Final = ("content", "refusal", "reasoning_content", "reasoning")
_TERMINAL: Final = frozenset({"response.completed", "response.incomplete", "response.failed", "error"})
_PLACE: Final = ("item_id", "output_index", "content_index", "summary_index")


def chat(event: dict[str, Any]) -> Plan:
    """`chat.completion.chunk`"""
    deltas: dict[str, Delta] = {}
    ends: list[Key] = [()] if "error" in event else []
    envelope = _pick(event, _ENVELOPE)
    for at, number, choice in _indexed(event.get("choices")):
        if choice.get("finish_reason") is not None:
            ends.append((number,))
        delta = choice.get("delta")
        if isinstance(delta, dict):
            deltas |= _chat_delta(f"{ROOT}/choices/{at}/delta", number, delta, envelope)
    return Plan(deltas, ends=ends)


def completions(event: dict[str, Any]) -> Plan:
    """`text_completion`"""
    deltas: dict[str, Delta] = {}
    ends: list[Key] = [()] if "error" in event else []
    envelope = _pick(event, _ENVELOPE)
    for at, number, choice in _indexed(event.get("choices")):
        if choice.get("finish_reason") is not None:
            ends.append((number,))
        if isinstance(choice.get("text"), str):
            render = partial(_completion_event, envelope, number)
            deltas[f"{ROOT}/choices/{at}/text"] = Delta((number,), ChannelKind.TEXT, render)
    return Plan(deltas, ends=ends)


def responses(event: dict[str, Any]) -> Plan:
    """Events of the Responses API: each names its kind in `type`."""
    kind = event.get("type")
    if not isinstance(kind, str):
        return NOTHING
    if kind in _TERMINAL:
        return Plan(fragments=frozenset(_response_arguments(event)), ends=[()], sequence=True)
    if kind == "response.output_item.done":
        return Plan(fragments=frozenset(_response_arguments(event)), ends=_item_end(event), sequence=True)
    base, _, verb = kind.rpartition(".")
    place: Key = (
        _number(event, "output_index"),
        base,
        *(event.get(name, "") for name in _PLACE if _plain(event, name)),
    )
    if verb == "delta" and isinstance(event.get("delta"), str):
        fragment = ChannelKind.JSON_FRAGMENT if "arguments" in base else ChannelKind.TEXT
        delta = Delta(place, fragment, partial(_response_event, event))
        return Plan({f"{ROOT}/delta": delta}, sequence=True)
    if verb == "done":
        return Plan(fragments=frozenset({f"{ROOT}/arguments"}), ends=[place], sequence=True)
    return Plan(fragments=frozenset(_response_arguments(event)), sequence=True)


def _chat_delta(path: str, number: int, delta: Mapping[str, Any], envelope: dict[str, Any]) -> dict[str, Delta]:
    found = {
        f"{path}/{name}": Delta((number, name), ChannelKind.TEXT, partial(_chat_event, envelope, number, (name,)))
        for name in _TEXT_FIELDS
        if isinstance(delta.get(name), str)
    }
    for at, call, item in _indexed(delta.get("tool_calls")):
        for holder, name, kind in (
            ("function", "arguments", ChannelKind.JSON_FRAGMENT),
            ("custom", "input", ChannelKind.TEXT),
        ):
            if isinstance(item.get(holder), dict) and isinstance(item[holder].get(name), str):
                render = partial(_tool_event, envelope, number, call, holder, name)
                key: Key = (number, "tool_calls", call, name)
                found[f"{path}/tool_calls/{at}/{holder}/{name}"] = Delta(key, kind, render)
    for holder, name, kind in (
        ("function_call", "arguments", ChannelKind.JSON_FRAGMENT),
        ("audio", "transcript", ChannelKind.TEXT),
    ):
        if isinstance(delta.get(holder), dict) and isinstance(delta[holder].get(name), str):
            render = partial(_chat_event, envelope, number, (holder, name))
            found[f"{path}/{holder}/{name}"] = Delta((number, holder), kind, render)
    return found


def _chat_event(envelope: dict[str, Any], number: int, names: tuple[str, ...], text: str) -> dict[str, Any]:
    delta: Any = text
    for name in reversed(names):
        delta = {name: delta}
    return {**envelope, "choices": [{"index": number, "delta": delta, "finish_reason": None}]}


def _tool_event(envelope: dict[str, Any], number: int, call: int, holder: str, name: str, text: str) -> dict[str, Any]:
    # No id and no name: clients append them to those of the first piece.
    delta = {"tool_calls": [{"index": call, holder: {name: text}}]}
    return {**envelope, "choices": [{"index": number, "delta": delta, "finish_reason": None}]}


def _completion_event(envelope: dict[str, Any], number: int, text: str) -> dict[str, Any]:
    choice = {"index": number, "text": text, "logprobs": None, "finish_reason": None}
    return {**envelope, "choices": [choice]}


def _response_event(event: dict[str, Any], text: str) -> dict[str, Any]:
    kept = _pick(event, ("type", "sequence_number", *_PLACE))
    if "logprobs" in event:
        kept["logprobs"] = []
    return {**kept, "delta": text}


def _response_arguments(event: dict[str, Any]) -> Iterator[str]:
    """Paths of whole tool arguments, in an item or in the items of a response."""
    item = event.get("item")
    if isinstance(item, dict) and isinstance(item.get("arguments"), str):
        yield f"{ROOT}/item/arguments"
    response = event.get("response")
    output = response.get("output") if isinstance(response, dict) else None
    for at, one in enumerate(output if isinstance(output, list) else ()):
        if isinstance(one, dict) and isinstance(one.get("arguments"), str):
            yield f"{ROOT}/response/output/{at}/arguments"


def _item_end(event: dict[str, Any]) -> list[Key]:
    return [(_number(event, "output_index"),)]


def _indexed(items: Any) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Position in the list, `index` (the position where there is none), item."""
    for at, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            number = item.get("index")
            yield at, number if isinstance(number, int) else at, item


def _number(event: dict[str, Any], name: str) -> int:
    value = event.get(name)
    return value if isinstance(value, int) else -1


def _plain(event: dict[str, Any], name: str) -> bool:
    return isinstance(event.get(name), (int, str))


def _pick(event: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: event[name] for name in names if name in event}
