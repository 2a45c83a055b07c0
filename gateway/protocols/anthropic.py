"""Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import orjson

from gateway.errors import Refusal
from gateway.protocols import anthropic_streams, sse
from gateway.protocols.base import claim, error_text, operation, render_refusal, transform
from gateway.protocols.streaming import ChannelFilters, Dialect, StreamTransform
from gateway.protocols.vocabulary import ANTHROPIC
from gateway.protocols.wire.reader import Schema
from gateway.types import Limits, RequestHead, Route

OPERATIONS: Final = (
    operation("messages", "POST", "/messages"),
    operation("messages.count_tokens", "POST", "/messages/count_tokens"),
    operation("models", "GET", "/models(?:/{id})?"),
)
_DIALECTS: Final[Mapping[str, Dialect]] = {"messages": anthropic_streams.messages}
_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


@dataclass(frozen=True, slots=True)
class Anthropic:
    operation: str = "messages"
    name: ClassVar[str] = "anthropic"
    schema: ClassVar[Schema] = ANTHROPIC
    answers: ClassVar[Schema] = ANTHROPIC

    def identify(self, head: RequestHead) -> Route | None:
        route = claim(self.name, OPERATIONS, head)
        if route is not None and route.operation == "models" and not _says_anthropic(head):
            return None  # OpenAI has the same path
        return route

    def refusal(self, code: str, status: int, exchange_id: str, entities: Sequence[str], stream: bool) -> Refusal:
        text = error_text(code, status, exchange_id, entities)
        kind = _TYPES.get(text.status, "api_error" if text.status >= 500 else "invalid_request_error")
        error = {"type": kind, "message": text.message, "code": text.code, **text.extra}
        body = {"type": "error", "error": error, "request_id": exchange_id}
        return render_refusal(text, body, sse.render("error", orjson.dumps(body).decode()) if stream else b"")

    def stream(self, filters: ChannelFilters, limits: Limits | None = None) -> StreamTransform:
        return transform(_DIALECTS, self.operation, self.answers, filters, limits)


def _says_anthropic(head: RequestHead) -> bool:
    return any(name == b"anthropic-version" for name, _ in head.headers)
