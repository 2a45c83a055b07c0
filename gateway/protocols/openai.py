"""OpenAI's API, also as spoken by vLLM, SGLang, llama.cpp, Ollama and many providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import orjson

from gateway.errors import Refusal
from gateway.protocols import openai_streams, sse
from gateway.protocols.base import ErrorText, claim, error_text, operation, render_refusal, transform
from gateway.protocols.streaming import ChannelFilters, Dialect, StreamTransform
from gateway.protocols.vocabulary import OPENAI, OPENAI_ANSWERS
from gateway.protocols.wire.reader import Schema
from gateway.types import Limits, RequestHead, Route

OPERATIONS: Final = (
    operation("chat.completions", "POST", "/chat/completions"),
    operation("completions", "POST", "/completions"),
    operation("responses", "POST", "/responses"),
    operation("responses.stored", "GET DELETE", "/responses/{id}"),
    operation("responses.input_items", "GET", "/responses/{id}/input_items"),
    operation("responses.cancel", "POST", "/responses/{id}/cancel"),
    operation("responses.input_tokens", "POST", "/responses/input_tokens"),
    operation("embeddings", "POST", "/embeddings"),
    operation("moderations", "POST", "/moderations"),
    operation("models", "GET", "/models(?:/[A-Za-z0-9][A-Za-z0-9._:~@-]{0,127}){0,3}"),
)
_DIALECTS: Final[Mapping[str, Dialect]] = {
    "chat.completions": openai_streams.chat,
    "completions": openai_streams.completions,
    "responses": openai_streams.responses,
    "responses.stored": openai_streams.responses,
}
_TYPES: Final = {400: "invalid_request_error", 403: "permission_error", 413: "invalid_request_error"}


@dataclass(frozen=True, slots=True)
class OpenAI:
    operation: str = "chat.completions"
    name: ClassVar[str] = "openai"
    schema: ClassVar[Schema] = OPENAI
    answers: ClassVar[Schema] = OPENAI_ANSWERS

    def identify(self, head: RequestHead) -> Route | None:
        return claim(self.name, OPERATIONS, head)

    def refusal(self, code: str, status: int, exchange_id: str, entities: Sequence[str], stream: bool) -> Refusal:
        text = error_text(code, status, exchange_id, entities)
        error = _error(text)
        return render_refusal(text, {"error": error}, self._event(error) if stream else b"")

    def stream(self, filters: ChannelFilters, limits: Limits | None = None) -> StreamTransform:
        return transform(_DIALECTS, self.operation, self.answers, filters, limits)

    def _event(self, error: dict[str, Any]) -> bytes:
        if self.operation.startswith("responses"):
            # `error` beside the documented fields is what the official client raises on.
            event = {"type": "error", "code": error["code"], "message": error["message"], "param": None, "error": error}
            return sse.render("error", orjson.dumps(event).decode())
        return sse.render("", orjson.dumps({"error": error}).decode()) + sse.render("", "[DONE]")


def _error(text: ErrorText) -> dict[str, Any]:
    kind = _TYPES.get(text.status, "server_error" if text.status >= 500 else "invalid_request_error")
    return {"message": text.message, "type": kind, "param": None, "code": text.code, **text.extra}
