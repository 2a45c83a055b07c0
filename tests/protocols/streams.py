"""Event streams as the providers send them, with texts cut at unkind places, and what each channel says in full."""

from __future__ import annotations

import json
from typing import Any

NAME = 'PERSON_K7QMX2TRBW9D 张三 "quoted" \\ 😀'
ARGUMENTS = json.dumps({"name": NAME, "phone": "13800138000"})


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def event(data: object, name: str = "", ascii_only: bool = False, end: str = "\n") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=ascii_only)
    return (f"event: {name}{end}" if name else "").encode() + f"data: {text}{end}{end}".encode()


def chat() -> bytes:
    """Two choices interleaved, reasoning, two tool calls at once, usage, DONE."""
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}

    def chunk(index: int, delta: dict[str, Any], finish: str | None = None, **extra: object) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return event({**base, "choices": [choice], **extra}, ascii_only=index == 1)

    def call(index: int, text: str, **extra: object) -> dict[str, Any]:
        return {"tool_calls": [{"index": index, **extra, "function": {"arguments": text}}]}

    out = [b": keep-alive\n\n", chunk(0, {"role": "assistant", "content": ""}), chunk(1, {"role": "assistant"})]
    out += [chunk(0, {"reasoning_content": piece}) for piece in pieces(NAME, 5)]
    for left, right in zip(pieces(NAME, 4), pieces(NAME[::-1], 4), strict=True):
        out += [chunk(0, {"content": left}), chunk(1, {"content": right})]
    first = {"index": 0, "id": "call_a", "type": "function", "function": {"name": "find", "arguments": ""}}
    second = {"index": 1, "id": "call_b", "type": "function", "function": {"name": "dial", "arguments": ""}}
    out.append(chunk(0, {"tool_calls": [first, second]}))
    for piece in pieces(ARGUMENTS, 7):
        out += [chunk(0, call(0, piece)), chunk(0, call(1, piece[::-1]))]
    both = {"index": 0, "delta": {"content": "."}, "finish_reason": "tool_calls"}
    other = {"index": 1, "delta": {}, "finish_reason": "stop"}
    out.append(event({**base, "choices": [both, other]}))
    out.append(event({**base, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}))
    return b"".join([*out, event("[DONE]")])


def completions() -> bytes:
    out = [
        event({"id": "c", "object": "text_completion", "choices": [{"index": at % 2, "text": piece, "logprobs": None}]})
        for at, piece in enumerate(pieces(NAME * 2, 3))
    ]
    return b"".join([*out, event("[DONE]", end="\r\n")])


def responses() -> bytes:
    out: list[bytes] = []

    def add(kind: str, **fields: object) -> None:
        out.append(event({"type": kind, "sequence_number": len(out), **fields}, kind))

    add("response.created", response={"id": "resp_1", "object": "response", "output": []})
    reasoning = {"item_id": "rs_1", "output_index": 0, "summary_index": 0}
    for piece in pieces(NAME, 6):
        add("response.reasoning_summary_text.delta", **reasoning, delta=piece, obfuscation="zzz")
    add("response.reasoning_summary_text.done", **reasoning, text=NAME)
    text = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
    call = {"item_id": "fc_1", "output_index": 2}
    for piece in pieces(NAME, 3):
        add("response.output_text.delta", **text, delta=piece, logprobs=[])
    for piece in pieces(ARGUMENTS, 9):
        add("response.function_call_arguments.delta", **call, delta=piece)
    add("response.output_text.done", **text, text=NAME)
    add("response.function_call_arguments.done", **call, arguments=ARGUMENTS)
    item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "dial", "arguments": ARGUMENTS}
    add("response.output_item.done", output_index=2, item=item)
    add("response.completed", response={"id": "resp_1", "object": "response", "output": [item]})
    return b"".join(out)


def anthropic() -> bytes:
    out: list[bytes] = []

    def add(kind: str, **fields: object) -> None:
        out.append(event({"type": kind, **fields}, kind))

    def block(index: int, start: dict[str, object], kind: str, name: str, text: str) -> None:
        add("content_block_start", index=index, content_block=start)
        for piece in pieces(text, 5):
            add("content_block_delta", index=index, delta={"type": kind, name: piece})
        if kind == "thinking_delta":
            add("content_block_delta", index=index, delta={"type": "signature_delta", "signature": "c2ln"})
        add("content_block_stop", index=index)

    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    add("message_start", message={**message, "usage": {"input_tokens": 1, "output_tokens": 1}})
    block(0, {"type": "thinking", "thinking": "", "signature": ""}, "thinking_delta", "thinking", NAME)
    add("ping")
    block(1, {"type": "text", "text": ""}, "text_delta", "text", NAME)
    tool: dict[str, object] = {"type": "tool_use", "id": "toolu_1", "name": "dial", "input": {}}
    block(2, tool, "input_json_delta", "partial_json", ARGUMENTS)
    add("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None}, usage={"output_tokens": 9})
    add("message_stop")
    return b"".join(out)


def events(raw: bytes) -> list[tuple[str, Any]]:
    """Name and data of each event, by a reader that shares nothing with ours."""
    found = []
    for block in raw.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        fields = [line.partition(":") for line in block.split("\n")]
        data = "\n".join(value.removeprefix(" ") for name, _, value in fields if name == "data")
        named = [value.removeprefix(" ") for name, _, value in fields if name == "event"]
        if any(name == "data" for name, _, _ in fields):
            found.append(
                (named[-1] if named else "", json.loads(data) if data[:1] in "{[" and data != "[DONE]" else data)
            )
    return found


def spoken(raw: bytes) -> dict[tuple[object, ...], str]:
    """Channel → its whole text, for any of the protocols."""
    said: dict[tuple[object, ...], str] = {}

    def say(key: tuple[object, ...], text: object) -> None:
        if isinstance(text, str):
            said[key] = said.get(key, "") + text

    for _, data in events(raw):
        if not isinstance(data, dict):
            continue
        for choice in data.get("choices", ()):
            say((choice["index"], "text"), choice.get("text"))
            delta = choice.get("delta", {})
            for name in ("content", "refusal", "reasoning_content"):
                say((choice["index"], name), delta.get(name))
            for call in delta.get("tool_calls", ()):
                for name in ("name", "arguments"):
                    say((choice["index"], "call", call["index"], name), call["function"].get(name))
        if str(data.get("type", "")).endswith(".delta"):
            say((data["type"], data["output_index"]), data["delta"])
        if data.get("type") == "content_block_delta":
            for name in ("text", "partial_json", "thinking", "signature"):
                say((data["index"], name), data["delta"].get(name))
    return said
