"""The open endpoints: from a client's JSON body to the model server's request, and to the renderer of its answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from model_backend import messages_api, requests
from model_backend.engine import Engine
from model_backend.failures import RequestError
from model_backend.placeholders import Swap, map_strings
from model_backend.registry import Serving
from model_backend.renderers import ChatRenderer, Renderer, ResponseRenderer


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request, ready for the model server."""

    path: str
    body: dict[str, Any]
    renderer: Renderer
    request_id: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Prepares requests for one engine."""

    engine: Engine
    serving: Serving
    name: str
    """The model's public name; requests may name any model and get this one."""

    def prepare(self, path: str, body: Mapping[str, Any]) -> Prepared:
        """Raises RequestError."""
        return _PREPARE[path](self, body)

    def chat(self, body: Mapping[str, Any]) -> Prepared:
        """POST /v1/chat/completions."""
        wanted = requests.wanted(body)
        clean = requests.chat(body, self._settings())
        stops = clean.get("stop", ())
        clean, swap = self._finished(clean)
        renderer = ChatRenderer(self.name, swap, usage_chunk=wanted.usage_chunk, stops=stops)
        return Prepared("/v1/chat/completions", clean, renderer, _identifier("chatcmpl-"))

    def completion(self, body: Mapping[str, Any]) -> Prepared:
        """POST /v1/completions."""
        wanted = requests.wanted(body)
        clean = requests.completion(body, self._settings())
        stops = clean.get("stop", ())
        clean, swap = self._finished(clean)
        if wrap := self.serving.completion_wrap:
            clean["prompt"] = f"{wrap[0]}{clean['prompt']}{wrap[1]}"
        renderer = ChatRenderer(self.name, swap, usage_chunk=wanted.usage_chunk, stops=stops)
        return Prepared("/v1/completions", clean, renderer, _identifier("cmpl-"))

    def response(self, body: Mapping[str, Any]) -> Prepared:
        """POST /v1/responses."""
        clean, swap = self._finished(requests.response(body, self._settings()))
        return Prepared("/v1/responses", clean, ResponseRenderer(self.name, swap), uuid.uuid4().hex)

    def messages(self, body: Mapping[str, Any]) -> Prepared:
        """POST /v1/messages."""
        clean = requests.chat(messages_api.to_chat(body), self._settings())
        stops = clean.get("stop", ())
        clean, swap = self._finished(clean)
        chat = ChatRenderer(self.name, swap, usage_chunk=False, stops=stops)
        renderer = messages_api.MessagesRenderer(chat, self.name, _identifier("msg_"))
        return Prepared("/v1/chat/completions", clean, renderer, _identifier("chatcmpl-"))

    def _settings(self) -> requests.Settings:
        return requests.Settings(self._answer_limit(), self.serving.greedy, self.engine.images)

    def _answer_limit(self) -> int:
        return min(self.serving.max_new_tokens, max(self.engine.context // 2, 1))

    def _finished(self, clean: dict[str, Any]) -> tuple[dict[str, Any], Swap | None]:
        """Swap values where the model needs it, bound the length, name the one model."""
        clean["model"] = self.engine.model_id
        swaps = self.serving.placeholder_swap and not self.engine.images
        swap = Swap(self.engine.placeholders) if swaps else None
        if swap is not None:
            self._hide(clean, swap)
        if not self.serving.prompt_tokens and self.engine.count(requests.texts(clean)) > self.engine.context:
            message = f"The request is longer than the model's context of {self.engine.context} tokens."
            raise RequestError(400, "context_length_exceeded", message)
        return clean, swap

    def _hide(self, clean: dict[str, Any], swap: Swap) -> None:
        """The newest text first: it gets the low numbers, and it is what such a model reads."""
        for holder, key in reversed(_places(clean)):
            text = map_strings(holder[key], swap.hide)
            if isinstance(text, str) and self.serving.prompt_tokens:
                text = self.engine.shorten(text, self.serving.prompt_tokens)
            holder[key] = text
        if "stop" in clean:
            clean["stop"] = map_strings(clean["stop"], swap.hide)


def _places(clean: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Where a clean body holds the client's words, in their order."""
    if "prompt" in clean:
        return [(clean, "prompt")]
    items = clean.get("messages") or clean.get("input") or ()
    return [(item, key) for item in items for key in ("content", "output") if item.get(key)]


def _identifier(prefix: str) -> str:
    return prefix + uuid.uuid4().hex


_PREPARE: Final[Mapping[str, Callable[[Endpoints, Mapping[str, Any]], Prepared]]] = {
    "/v1/chat/completions": Endpoints.chat,
    "/v1/completions": Endpoints.completion,
    "/v1/responses": Endpoints.response,
    "/v1/messages": Endpoints.messages,
}
PATHS: Final = frozenset(_PREPARE)
