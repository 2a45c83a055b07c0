"""Anthropic's Messages API on top of chat completions: requests forth, answers and streams back.

Source of the shapes: the Messages API reference, version 2023-06-01.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from model_backend.failures import RequestError, invalid
from model_backend.fields import flag, number, stop_strings, whole_number
from model_backend.renderers import ChatRenderer
from model_backend.requests import MAX_MESSAGES
from model_backend.sse import EventReader, event

_FIELDS: Final = frozenset({
    "model", "messages", "system", "max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "tools",
    "tool_choice", "metadata", "service_tier", "thinking", "container", "context_management", "output_config",
})  # fmt: skip
_STOP_REASONS: Final = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def to_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """The chat completion request that says the same. Raises RequestError."""
    if any(name not in _FIELDS and value is not None for name, value in body.items()):
        raise invalid("The request has a field that this server does not take.", code="unknown_parameter")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or len(messages) > MAX_MESSAGES:
        raise invalid("messages must be a list of messages.", "messages")
    limit = whole_number(body, "max_tokens", 1)
    if limit is None:
        raise invalid("max_tokens is required.", "max_tokens")
    system = _texts(body.get("system"), "system")
    whole_number(body, "top_k", 0)
    return {
        "messages": [
            *([{"role": "system", "content": system}] if system else []),
            *(turn for message in messages for turn in _turns(message)),
        ],
        "max_tokens": limit,
        "stream": flag(body, "stream"),
        "temperature": number(body, "temperature", 0, 1),
        "top_p": number(body, "top_p", 0, 1),
        "stop": stop_strings(body.get("stop_sequences")) or None,
        "tools": [_tool(tool) for tool in _list(body.get("tools"), "tools")] or None,
        "tool_choice": _tool_choice(body.get("tool_choice")),
    }


def _list(value: object, name: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise invalid(f"{name} must be a list.", name)
    return value or []


def _texts(value: object, name: str) -> str:
    """A string, or text blocks joined."""
    if value is None or isinstance(value, str):
        return value or ""
    blocks = _list(value, name)
    if not all(
        isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str)
        for block in blocks
    ):
        raise invalid(f"{name} takes text only.", name, "unsupported_content")
    return "\n".join(block["text"] for block in blocks)


def _turns(message: object) -> Iterator[dict[str, Any]]:
    """Chat messages for one Anthropic message: tool results become messages of their own."""
    if not isinstance(message, dict) or message.get("role") not in ("user", "assistant", "system"):
        raise invalid("Each message needs a role: user or assistant.", "messages")
    content = message.get("content")
    if isinstance(content, str):
        yield {"role": message["role"], "content": content}
        return
    said: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    for block in _list(content, "messages"):
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "text":
            said.append({"type": "text", "text": block.get("text")})
        elif kind == "image":
            said.append({"type": "image_url", "image_url": {"url": _image(block.get("source"))}})
        elif kind == "tool_use":
            function = {
                "name": block.get("name"),
                "arguments": json.dumps(block.get("input") or {}, ensure_ascii=False),
            }
            calls.append({"id": block.get("id"), "type": "function", "function": function})
        elif kind == "tool_result":
            answer = _texts(block.get("content"), "messages")
            yield {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": answer}
        elif kind not in ("thinking", "redacted_thinking"):
            raise invalid("This kind of content block is not supported.", "messages", "unsupported_content")
    if said or calls:
        yield {"role": message["role"], "content": said, **({"tool_calls": calls} if calls else {})}


def _image(source: object) -> str:
    """Only base64 sources; URLs and files are refused."""
    if not isinstance(source, dict) or source.get("type") != "base64":
        raise invalid("Images must be inline base64. Paths and URLs are refused.", "messages")
    return f"data:{source.get('media_type')};base64,{source.get('data')}"


def _tool(tool: object) -> dict[str, Any]:
    if not isinstance(tool, dict) or tool.get("type", "custom") not in ("custom", None) or "name" not in tool:
        raise invalid("Only custom tools are supported.", "tools", "unsupported_value")
    function = {"name": tool["name"], "description": tool.get("description"), "parameters": tool.get("input_schema")}
    return {"type": "function", "function": function}


def _tool_choice(value: object) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else None
    if value is None or kind in ("auto", "none"):
        return kind
    raise invalid("This server supports tool_choice auto and none only.", "tool_choice", "unsupported_value")


class MessagesRenderer:
    """Chat completion answers as Messages."""

    def __init__(self, chat: ChatRenderer, model: str, message_id: str) -> None:
        self._chat = chat
        self._model = model
        self._id = message_id
        self._reader = EventReader()
        self._blocks = 0
        self._open = False
        self._usage: dict[str, Any] = {}
        self._reason = "end_turn"

    def whole(self, document: dict[str, Any]) -> dict[str, Any]:
        """See Renderer."""
        answer = self._chat.whole(document)
        choice = answer["choices"][0]
        message = choice["message"]
        content: list[dict[str, Any]] = [{"type": "text", "text": message["content"]}] if message.get("content") else []
        content += [_tool_use(call) for call in message.get("tool_calls") or ()]
        self._reason = _STOP_REASONS.get(choice.get("finish_reason"), "end_turn")
        return {**self._message(content), **self._ending(), "usage": _usage(answer.get("usage"))}

    def _message(self, content: list[dict[str, Any]]) -> dict[str, Any]:
        head = {"id": self._id, "type": "message", "role": "assistant", "model": self._model}
        return {**head, "content": content, "stop_reason": None, "stop_sequence": None, "usage": _usage(None)}

    def _ending(self) -> dict[str, Any]:
        if self._chat.stopped is not None:
            return {"stop_reason": "stop_sequence", "stop_sequence": self._chat.stopped}
        return {"stop_reason": self._reason, "stop_sequence": None}

    def event(self, document: dict[str, Any]) -> Iterable[bytes]:
        """See Renderer."""
        for raw in self._chat.event(document):
            for chunk in self._reader.feed(raw):
                yield from self._chunk(chunk)

    def _chunk(self, chunk: dict[str, Any]) -> Iterator[bytes]:
        self._usage = chunk.get("usage") or self._usage
        for choice in chunk["choices"]:
            delta = choice.get("delta", {})
            if delta.get("role"):
                yield _named({"type": "message_start", "message": self._message([])})
            if delta.get("content"):
                yield from self._text(delta["content"])
            for call in delta.get("tool_calls") or ():
                yield from self._call(call)
            self._reason = _STOP_REASONS.get(choice.get("finish_reason"), self._reason)

    def _text(self, piece: str) -> Iterator[bytes]:
        if not self._open:
            self._open = True
            yield self._start({"type": "text", "text": ""})
        yield self._delta({"type": "text_delta", "text": piece})

    def _call(self, call: dict[str, Any]) -> Iterator[bytes]:
        yield from self._close()
        block = _tool_use(call)
        yield self._start({**block, "input": {}})
        yield self._delta({"type": "input_json_delta", "partial_json": json.dumps(block["input"], ensure_ascii=False)})
        self._open = True
        yield from self._close()

    def _start(self, block: dict[str, Any]) -> bytes:
        return _named({"type": "content_block_start", "index": self._blocks, "content_block": block})

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _named({"type": "content_block_delta", "index": self._blocks, "delta": delta})

    def _close(self) -> Iterator[bytes]:
        if self._open:
            yield _named({"type": "content_block_stop", "index": self._blocks})
            self._blocks, self._open = self._blocks + 1, False

    def finish(self) -> Iterable[bytes]:
        """See Renderer."""
        yield from self._close()
        yield _named({"type": "message_delta", "delta": self._ending(), "usage": _usage(self._usage)})
        yield _named({"type": "message_stop"})

    def broken(self, error: RequestError) -> Iterable[bytes]:
        """See Renderer."""
        return (_named(error.document(anthropic=True)),)


def _named(document: dict[str, Any]) -> bytes:
    return event(document, str(document["type"]))


def _tool_use(call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = json.loads(call["function"]["arguments"] or "{}")
    return {"type": "tool_use", "id": call["id"], "name": call["function"]["name"], "input": arguments}


def _usage(usage: Mapping[str, Any] | None) -> dict[str, int]:
    usage = usage or {}
    return {"input_tokens": usage.get("prompt_tokens", 0), "output_tokens": usage.get("completion_tokens", 0)}
