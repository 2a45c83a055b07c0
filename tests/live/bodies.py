"""Well-formed request bodies of the three protocols, with a place for a text and for extra fields."""

from __future__ import annotations

from typing import Any

PROTOCOLS = ("chat", "responses", "anthropic")

PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "anthropic": "/v1/messages"}


def body(protocol: str, content: Any = "Hello, please answer briefly.", **extra: Any) -> dict[str, Any]:
    """A request whose user said `content` (a text or a content array)."""
    match protocol:
        case "chat":
            return {"model": "m", "messages": [{"role": "user", "content": content}], **extra}
        case "responses":
            given = content if isinstance(content, str) else [{"role": "user", "content": content}]
            return {"model": "m", "input": given, **extra}
        case _:
            return {"model": "m", "max_tokens": 64, "messages": [{"role": "user", "content": content}], **extra}


def part(protocol: str, text: str) -> dict[str, Any]:
    """One text item of a content array."""
    return {"type": "input_text" if protocol == "responses" else "text", "text": text}


def turns(protocol: str, *items: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """A conversation of several items, in the protocol's own list."""
    made = body(protocol, **extra)
    made["input" if protocol == "responses" else "messages"] = list(items)
    return made


def tool(protocol: str, description: str = "Looks a customer up.", **schema: Any) -> dict[str, Any]:
    """A tool with a schema of one property; `schema` goes into that property."""
    parameters = {"type": "object", "properties": {"query": {"type": "string", **schema}}}
    match protocol:
        case "chat":
            function = {"name": "look_up", "description": description, "parameters": parameters}
            return {"type": "function", "function": function}
        case "responses":
            return {"type": "function", "name": "look_up", "description": description, "parameters": parameters}
        case _:
            return {"name": "look_up", "description": description, "input_schema": parameters}
