"""Client bodies into bodies for the model server: an allow-list of fields, each rebuilt, nothing passed through.

Rule for the next editor: a field that is not listed is refused, a listed one is type-checked. The model server takes
templates, generation settings, paths and URLs from request fields; none of those may reach it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from model_backend.failures import RequestError, invalid
from model_backend.fields import flag, number, stop_strings, text, whole_number

MAX_MESSAGES: Final = 2048

# Fields that clients send and that change nothing here.
_TOLERATED: Final = frozenset({
    "model", "user", "store", "metadata", "service_tier", "parallel_tool_calls", "safety_identifier",
    "prompt_cache_key", "prompt_cache_retention", "stream_options", "verbosity", "reasoning_effort", "logit_bias",
    "include", "truncation", "reasoning", "presence_penalty",
})  # fmt: skip
_SHARED: Final = frozenset({"stream", "temperature", "top_p", "seed"})
_CHAT: Final = _SHARED | {"messages", "max_tokens", "max_completion_tokens", "stop", "tools", "frequency_penalty"}
_COMPLETION: Final = _SHARED | {"prompt", "max_tokens", "stop", "frequency_penalty", "suffix"}
_RESPONSE: Final = _SHARED | {"input", "instructions", "max_output_tokens", "tools"}

# Fields that would change the answer if we could honour them: only the values that ask for nothing are taken.
_NEUTRAL: Final[Mapping[str, tuple[Any, ...]]] = {
    "n": (1,),
    "best_of": (1,),
    "echo": (False,),
    "logprobs": (False, 0),
    "top_logprobs": (0,),
    "response_format": ({"type": "text"},),
    "text": ({"format": {"type": "text"}}, {"format": {"type": "text"}, "verbosity": "medium"}),
    "tool_choice": ("auto", "none"),
    "modalities": (["text"],),
    "background": (False,),
    "previous_response_id": (),
    "conversation": (),
    "prompt_cache_options": (),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the served model can take."""

    max_new_tokens: int
    greedy: bool
    images: bool
    """True where the model reads images; only inline `data:` images then, never paths or URLs."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Answer-shaping choices that the guard honours itself."""

    stream: bool
    usage_chunk: bool
    """The client asked for OpenAI's closing chunk with the usage."""


def wanted(body: Mapping[str, Any]) -> Wanted:
    """Read `stream` and `stream_options`."""
    options = body.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise invalid("stream_options must be an object.", "stream_options")
    return Wanted(flag(body, "stream"), bool(options and options.get("include_usage") is True))


def chat(body: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """A chat completion."""
    _only(body, _CHAT)
    clean = _sampling(body, settings)
    clean["messages"] = _messages(body.get("messages"), settings)
    asked = whole_number(body, "max_completion_tokens", 1) or whole_number(body, "max_tokens", 1)
    clean["max_tokens"] = min(asked or settings.max_new_tokens, settings.max_new_tokens)
    if (tools := _tools(body.get("tools"), nested=True)) and body.get("tool_choice") != "none":
        clean["tools"] = tools
    return clean


def completion(body: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """A legacy completion: one prompt string."""
    _only(body, _COMPLETION)
    clean = _sampling(body, settings)
    prompt = body.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise invalid("prompt must be one string.", "prompt")
    clean["prompt"] = prompt
    asked = whole_number(body, "max_tokens", 1)
    clean["max_tokens"] = min(asked or settings.max_new_tokens, settings.max_new_tokens)
    if (suffix := text(body, "suffix")) is not None:
        clean["suffix"] = suffix
    return clean


def response(body: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """A response; its input is rebuilt as messages and tool items."""
    _only(body, _RESPONSE)
    clean = _sampling(body, settings)
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if not isinstance(items, list) or not items or len(items) > MAX_MESSAGES:
        raise invalid("input must be a string or a list of items.", "input")
    clean["input"] = [_response_item(item, settings) for item in items]
    if (instructions := text(body, "instructions")) is not None:
        clean["input"].insert(0, {"role": "system", "content": instructions})
    asked = whole_number(body, "max_output_tokens", 1)
    clean["max_output_tokens"] = min(asked or settings.max_new_tokens, settings.max_new_tokens)
    if (tools := _tools(body.get("tools"), nested=False)) and body.get("tool_choice") != "none":
        clean["tools"] = tools
    return clean


def _only(body: Mapping[str, Any], fields: frozenset[str]) -> None:
    for name, value in body.items():
        if name in fields or name in _TOLERATED or value is None:
            continue
        if name not in _NEUTRAL:
            raise invalid("The request has a field that this server does not take.", code="unknown_parameter")
        if value not in _NEUTRAL[name]:
            raise invalid(f"This server does not support that value of {name}.", name, "unsupported_value")


def _sampling(body: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    clean: dict[str, Any] = {"stream": flag(body, "stream")}
    temperature, top_p = number(body, "temperature", 0, 2), number(body, "top_p", 0, 1)
    penalty = number(body, "frequency_penalty", -2, 2)
    if penalty is not None and penalty < 0:
        raise invalid("This server does not support a negative frequency_penalty.", "frequency_penalty")
    if not settings.greedy:
        clean |= {"temperature": temperature} if temperature is not None else {}
        clean |= {"top_p": top_p} if top_p else {}
        clean |= {"frequency_penalty": penalty} if penalty else {}
    if (seed := whole_number(body, "seed", 0)) is not None:
        clean["seed"] = seed
    if stops := stop_strings(body.get("stop")):
        clean["stop"] = stops
    return clean


def _messages(value: object, settings: Settings) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value or len(value) > MAX_MESSAGES:
        raise invalid("messages must be a list of messages.", "messages")
    return [_message(each, settings) for each in value]


def _message(value: object, settings: Settings) -> dict[str, Any]:
    roles = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
    if not isinstance(value, dict) or not isinstance(value.get("role"), str) or value["role"] not in roles:
        raise invalid("Each message needs a role: system, developer, user, assistant or tool.", "messages")
    message: dict[str, Any] = {"role": roles[value["role"]], "content": _content(value.get("content"), settings)}
    if calls := value.get("tool_calls"):
        message["tool_calls"] = _tool_calls(calls)
    if isinstance(value.get("tool_call_id"), str):
        message["tool_call_id"] = value["tool_call_id"]
    return message


def _content(value: object, settings: Settings) -> str | list[dict[str, Any]]:
    """A string wherever only text is held."""
    if value is None or isinstance(value, str):
        return value or ""
    if not isinstance(value, list):
        raise invalid("content must be a string or a list of parts.", "messages")
    parts = [_part(part, settings) for part in value]
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts)
    return parts


def _part(part: object, settings: Settings) -> dict[str, Any]:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or not isinstance(kind, str):
        raise invalid("Each content part needs a type.", "messages")
    if kind in ("text", "input_text", "output_text", "refusal"):
        content = part.get("refusal" if kind == "refusal" else "text")
        if not isinstance(content, str):
            raise invalid("A text part needs a text.", "messages")
        return {"type": "text", "text": content}
    if kind in ("image_url", "input_image") and settings.images:
        return {"type": "image_url", "image_url": {"url": _inline_image(part.get("image_url"))}}
    raise invalid("This model takes text parts only.", "messages", "unsupported_content")


def _inline_image(value: object) -> str:
    """Only `data:` images that decode: the model server reads local paths and fetches URLs."""
    import base64
    import binascii

    url = value.get("url") if isinstance(value, dict) else value
    header, comma, payload = url.partition(",") if isinstance(url, str) else ("", "", "")
    kinds = ("data:image/png;base64", "data:image/jpeg;base64", "data:image/webp;base64", "data:image/gif;base64")
    if header not in kinds or not comma:
        raise invalid("Images must be inline: data:image/...;base64. Paths and URLs are refused.", "messages")
    try:
        base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("An inline image is not valid base64.", "messages") from None
    return f"{header},{payload}"


def _tool_calls(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise invalid("tool_calls must be a list.", "messages")
    return [_tool_call(call) for call in value]


def _tool_call(call: object) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise invalid("Each tool call needs a function with a name.", "messages")
    arguments = _arguments(function.get("arguments"))
    return {
        "id": str(call.get("id", "")),
        "type": "function",
        "function": {"name": function["name"], "arguments": arguments},
    }


def _arguments(value: object) -> str:
    """Arguments as the JSON text of an object; the model server parses them and would quote a bad one."""
    try:
        parsed = json.loads(value) if isinstance(value, str) and value.strip() else {}
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid("Tool call arguments must be a JSON object.", "messages")
    return json.dumps(parsed, ensure_ascii=False)


def _response_item(item: object, settings: Settings) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise invalid("Each input item must be an object.", "input")
    if "role" in item:
        return _message({"role": item["role"], "content": item.get("content")}, settings)
    readers: Mapping[object, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "function_call": _function_call,
        "function_call_output": _function_call_output,
        "reasoning": lambda _: {"type": "reasoning", "content": []},
    }
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in readers:
        raise invalid("This kind of input item is not supported.", "input", "unsupported_content")
    return readers[kind](item)


def _function_call(item: Mapping[str, Any]) -> dict[str, Any]:
    call = _tool_call(
        {"id": item.get("call_id"), "function": {"name": item.get("name"), "arguments": item.get("arguments")}}
    )
    return {"type": "function_call", "call_id": call["id"], **call["function"]}


def _function_call_output(item: Mapping[str, Any]) -> dict[str, Any]:
    output = item.get("output")
    if isinstance(output, list):
        output = _content(output, Settings(0, greedy=False, images=False))
    if not isinstance(output, str):
        raise invalid("A function call output needs an output text.", "input")
    return {"type": "function_call_output", "call_id": str(item.get("call_id", "")), "output": output}


def _tools(value: object, *, nested: bool) -> list[dict[str, Any]]:
    """Function tools, rebuilt in the chat form; other kinds of tools would run elsewhere."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid("tools must be a list.", "tools")
    return [_tool(tool, nested=nested) for tool in value]


def _tool(tool: object, *, nested: bool) -> dict[str, Any]:
    function = tool.get("function") if nested and isinstance(tool, dict) else tool
    if not isinstance(tool, dict) or tool.get("type") != "function" or not isinstance(function, dict):
        raise invalid("Only tools of type function are supported.", "tools", "unsupported_value")
    if not isinstance(function.get("name"), str):
        raise invalid("Each tool needs a name.", "tools")
    kept = {key: function[key] for key in ("name", "description", "parameters") if function.get(key) is not None}
    return {"type": "function", "function": kept}


def texts(body: Mapping[str, Any]) -> Sequence[object]:
    """The parts of a clean body that hold a client's words, for length checks."""
    return [body.get(name) for name in ("messages", "prompt", "input", "tools")]


__all__ = ["RequestError", "Settings", "Wanted", "chat", "completion", "response", "texts", "wanted"]
