"""What an upstream answers, in each protocol: whole bodies and the events of a stream.

`echo` gives the user's own text back, so that whatever tokens went up come down again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from .exchange import Recorded, Reply, streamed, whole

CREATED = 1_700_000_000


def echo(request: Recorded) -> Reply:
    """Answer any known route with the text that it carried."""
    for suffix, answer in _ROUTES:
        if request.path.endswith(suffix):
            return answer(request)
    return whole({"error": {"message": "no such route", "type": "not_found"}}, status=404)


def user_text(body: dict[str, Any]) -> str:
    """The last thing the user said, wherever the protocol keeps it."""
    if "messages" in body:
        return text_of(body["messages"][-1].get("content"))
    given = body.get("input", body.get("prompt", ""))
    if isinstance(given, list) and given and isinstance(given[-1], dict):
        return text_of(given[-1].get("content", given[-1].get("output")))
    return text_of(given)


def text_of(content: Any) -> str:
    """Text of a string or of a content array, tool results included."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(text_of(item) for item in content)
    if isinstance(content, dict):
        return text_of(content.get("text", content.get("content", "")))
    return ""


def pieces_of(text: str, size: int = 3) -> list[str]:
    """Model-like deltas: a few characters each, so that a token arrives in several."""
    return [text[at : at + size] for at in range(0, len(text), size)]


# --- OpenAI chat completions ---


def chat_message(body: dict[str, Any], message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    return {
        "id": "chatcmpl-live",
        "object": "chat.completion",
        "created": CREATED,
        "model": body.get("model", "m"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def chat_event(delta: dict[str, Any], index: int = 0, finish: str | None = None) -> bytes:
    return sse(
        {
            "id": "chatcmpl-live",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": "m",
            "choices": [{"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}],
        }
    )


def chat_events(texts: Sequence[Sequence[str]]) -> list[bytes]:
    """`texts[i]` are the deltas of choice i; the choices take turns."""
    events = [chat_event({"role": "assistant", "content": ""}, index) for index in range(len(texts))]
    for turn in itertools.zip_longest(*texts):
        events += [chat_event({"content": piece}, index) for index, piece in enumerate(turn) if piece is not None]
    events += [chat_event({}, index, "stop") for index in range(len(texts))]
    return [*events, b"data: [DONE]\n\n"]


def chat_tool_events(arguments: Sequence[str]) -> list[bytes]:
    call = {"index": 0, "id": "call_live", "type": "function", "function": {"name": "look_up", "arguments": ""}}
    events = [chat_event({"role": "assistant", "content": None, "tool_calls": [call]})]
    events += [chat_event({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}) for piece in arguments]
    return [*events, chat_event({}, finish="tool_calls"), b"data: [DONE]\n\n"]


def chat(request: Recorded) -> Reply:
    body = request.json
    text = user_text(body)
    arguments = orjson.dumps({"query": text}).decode()
    if body.get("tools"):
        if body.get("stream"):
            return streamed(chat_tool_events(pieces_of(arguments)))
        call = {"id": "call_live", "type": "function", "function": {"name": "look_up", "arguments": arguments}}
        return whole(
            chat_message(body, {"role": "assistant", "content": None, "tool_calls": [call]}, finish="tool_calls")
        )
    if body.get("stream"):
        return streamed(chat_events([pieces_of(text)]))
    return whole(chat_message(body, {"role": "assistant", "content": text}))


# --- OpenAI completions, embeddings, moderations, models ---


def completions(request: Recorded) -> Reply:
    body = request.json
    base = {"id": "cmpl-live", "object": "text_completion", "created": CREATED, "model": body["model"]}
    if body.get("stream"):
        events = [
            sse(base | {"choices": [{"index": 0, "text": piece, "finish_reason": None, "logprobs": None}]})
            for piece in pieces_of(user_text(body))
        ]
        return streamed([*events, b"data: [DONE]\n\n"])
    choice = {"index": 0, "text": user_text(body), "finish_reason": "stop", "logprobs": None}
    return whole(base | {"choices": [choice]})


def embeddings(request: Recorded) -> Reply:
    given = request.json["input"]
    count = len(given) if isinstance(given, list) else 1
    data = [{"object": "embedding", "index": at, "embedding": [0.25, -0.5, 1.0]} for at in range(count)]
    return whole({"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}})


def moderations(request: Recorded) -> Reply:
    result = {"flagged": False, "categories": {"hate": False}, "category_scores": {"hate": 0.0}}
    return whole({"id": "modr-live", "model": "m", "results": [result]})


def models(request: Recorded) -> Reply:
    one = {"id": "m", "object": "model", "created": CREATED, "owned_by": "live"}
    return whole({"object": "list", "data": [one]})


# --- OpenAI responses ---


def response_of(items: list[dict[str, Any]], status: str = "completed") -> dict[str, Any]:
    return {
        "id": "resp_live",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "model": "m",
        "output": items,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
    }


def response_item(text: str, status: str = "completed") -> dict[str, Any]:
    part = [{"type": "output_text", "text": text, "annotations": []}] if status == "completed" else []
    return {"id": "msg_live", "type": "message", "role": "assistant", "status": status, "content": part}


def response_events(pieces: Sequence[str]) -> list[bytes]:
    text = "".join(pieces)
    at = {"item_id": "msg_live", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    deltas = [{"type": "response.output_text.delta", "delta": piece, "logprobs": [], **at} for piece in pieces]
    payloads: list[dict[str, Any]] = [
        {"type": "response.created", "response": response_of([], "in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": response_item("", "in_progress")},
        {"type": "response.content_part.added", "part": part, **at},
        *deltas,
        {"type": "response.output_text.done", "text": text, "logprobs": [], **at},
        {"type": "response.content_part.done", "part": part | {"text": text}, **at},
        {"type": "response.output_item.done", "output_index": 0, "item": response_item(text)},
        {"type": "response.completed", "response": response_of([response_item(text)])},
    ]
    numbered = (payload | {"sequence_number": at} for at, payload in enumerate(payloads))
    return [sse(payload, str(payload["type"])) for payload in numbered]


def responses(request: Recorded) -> Reply:
    body = request.json
    text = user_text(body)
    if body.get("tools"):
        call = {
            "type": "function_call",
            "id": "fc_live",
            "call_id": "call_live",
            "name": "look_up",
            "arguments": orjson.dumps({"query": text}).decode(),
            "status": "completed",
        }
        return whole(response_of([call]))
    if body.get("stream"):
        return streamed(response_events(pieces_of(text)))
    return whole(response_of([response_item(text)]))


# --- Anthropic messages ---


def anthropic_message(content: list[dict[str, Any]], stop: str | None = "end_turn") -> dict[str, Any]:
    return {
        "id": "msg_live",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def anthropic_events(pieces: Sequence[str], tool: bool = False) -> list[bytes]:
    block: dict[str, Any] = {"type": "text", "text": ""}
    if tool:
        block = {"type": "tool_use", "id": "toolu_live", "name": "look_up", "input": {}}
    kind, key = ("input_json_delta", "partial_json") if tool else ("text_delta", "text")
    deltas = [{"type": "content_block_delta", "index": 0, "delta": {"type": kind, key: piece}} for piece in pieces]
    ending = {"stop_reason": "tool_use" if tool else "end_turn", "stop_sequence": None}
    payloads: Iterator[dict[str, Any]] = itertools.chain(
        [{"type": "message_start", "message": anthropic_message([], None)}],
        [{"type": "content_block_start", "index": 0, "content_block": block}],
        deltas,
        [{"type": "content_block_stop", "index": 0}],
        [{"type": "message_delta", "delta": ending, "usage": {"output_tokens": 1}}],
        [{"type": "message_stop"}],
    )
    return [sse(payload, payload["type"]) for payload in payloads]


def anthropic(request: Recorded) -> Reply:
    body = request.json
    text = user_text(body)
    tool = bool(body.get("tools"))
    if body.get("stream"):
        return streamed(anthropic_events(pieces_of(orjson.dumps({"query": text}).decode() if tool else text), tool))
    if tool:
        call = {"type": "tool_use", "id": "toolu_live", "name": "look_up", "input": {"query": text}}
        return whole(anthropic_message([call], "tool_use"))
    return whole(anthropic_message([{"type": "text", "text": text}]))


def sse(payload: Any, event: str = "") -> bytes:
    head = f"event: {event}\n".encode() if event else b""
    return head + b"data: " + orjson.dumps(payload) + b"\n\n"


_ROUTES = (
    ("/chat/completions", chat),
    ("/completions", completions),
    ("/responses", responses),
    ("/embeddings", embeddings),
    ("/moderations", moderations),
    ("/messages", anthropic),
    ("/models", models),
)
