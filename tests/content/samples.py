"""Messages for the codec tests, and a short way to edit what a document found."""

from __future__ import annotations

import json

from gateway.content import MessageDocument, parse
from gateway.types import (
    Direction,
    Edit,
    Headers,
    Limits,
    Message,
    PartKind,
    RequestHead,
    ResponseHead,
    Route,
    Scope,
    Target,
)

CHAT = Route("openai", "chat.completions", known=True)
MESSAGES = Route("anthropic", "messages", known=True)
UNKNOWN = Route("generic", "unknown", known=False)
LIMITS = Limits()
PHONE = "13800138000"
TOKEN = "PHONE_NUMBER_K7QMX2TRBW9D"


def request(
    body: bytes | object = b"",
    content_type: str | None = "application/json",
    route: Route = CHAT,
    headers: Headers = (),
    path: str = "/v1/chat/completions",
    query: str = "",
) -> Message:
    """A request; a body that is not bytes is dumped as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    typed = headers if content_type is None else ((b"content-type", content_type.encode()), *headers)
    head = RequestHead("POST", Target("https", "api.example.com", 443, path, query), typed)
    return Message("x1", Direction.REQUEST, Scope("t", "s", "c"), route, head, raw)


def response(body: bytes | object, content_type: str = "application/json", route: Route = CHAT) -> Message:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    head = ResponseHead(200, ((b"content-type", content_type.encode()),))
    return Message("x1", Direction.RESPONSE, Scope("t", "s", "c"), route, head, raw)


def texts(document: MessageDocument, under: str = "body") -> dict[str, str]:
    """Path → text of the parts below `under`."""
    return {part.path: part.text for part in document.parts if part.path.startswith(under)}


def kinds(document: MessageDocument) -> dict[str, PartKind]:
    return {part.path: part.kind for part in document.parts}


def replace_all(document: MessageDocument, old: str = PHONE, new: str = TOKEN) -> Message:
    """The message with each occurrence of `old` in any part replaced."""
    edits = []
    for part in document.parts:
        start = part.text.find(old)
        while start >= 0:
            edits.append(Edit(part.id, start, start + len(old), new))
            start = part.text.find(old, start + len(old))
    return document.rebuild(edits)


def swap(message: Message, old: str = PHONE, new: str = TOKEN, limits: Limits = LIMITS) -> bytes:
    """Body of `message` with `old` replaced everywhere."""
    return replace_all(parse(message, limits), old, new).body
