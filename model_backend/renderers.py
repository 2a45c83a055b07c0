"""Answers of the model server in the client's protocol: values put back, names, ids and usage set right.

A renderer serves one request. `whole` renders a JSON answer; `event`, `finish` and `broken` render a stream.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from model_backend.failures import RequestError
from model_backend.placeholders import Reveal, Swap, map_strings
from model_backend.sse import DONE, event
from model_backend.stops import StopCut


class Renderer(Protocol):
    """One request's way back."""

    def whole(self, document: dict[str, Any]) -> dict[str, Any]:
        """A complete JSON answer."""

    def event(self, document: dict[str, Any]) -> Iterable[bytes]:
        """One event of the model server's stream. Raises RequestError where the server reports a failure."""

    def finish(self) -> Iterable[bytes]:
        """What closes a stream."""

    def broken(self, error: RequestError) -> Iterable[bytes]:
        """What tells a client that its stream broke."""


class ChatRenderer:
    """Chat completions and legacy completions: `choices` whose text is under `delta.content` or `text`."""

    def __init__(self, model: str, swap: Swap | None, *, usage_chunk: bool, stops: Sequence[str] = ()) -> None:
        self._model = model
        self._swap = swap
        self._usage_chunk = usage_chunk
        self._text = Reveal(swap)
        self._cut = StopCut(stops)

    @property
    def stopped(self) -> str | None:
        """The stop sequence that ended the answer."""
        return self._cut.found

    def whole(self, document: dict[str, Any]) -> dict[str, Any]:
        """See Renderer."""
        for choice in document["choices"]:
            _reveal_choice(choice, self._swap)
            holder, key = (choice, "text") if "text" in choice else (choice["message"], "content")
            if isinstance(holder.get(key), str):
                holder[key] = self._cut.whole(holder[key])
        return {**document, "model": self._model}

    def event(self, document: dict[str, Any]) -> Iterable[bytes]:
        """See Renderer."""
        _raise_failure(document)
        usage = document.pop("usage", None)
        document["model"] = self._model
        for choice in document["choices"]:
            self._rewrite(choice)
        ends = any(choice.get("finish_reason") for choice in document["choices"])
        if usage is not None and not self._usage_chunk:
            document["usage"] = usage
        if ends or any(_says_something(choice) for choice in document["choices"]):
            yield event(document)
        if usage is not None and self._usage_chunk:
            yield event({**document, "choices": [], "usage": usage})

    def _rewrite(self, choice: dict[str, Any]) -> None:
        holder, key = (choice, "text") if "text" in choice else (choice.get("delta", {}), "content")
        piece = self._cut.feed(self._text.feed(holder.get(key) or ""))
        if choice.get("finish_reason"):
            piece += self._cut.feed(self._text.finish()) + self._cut.finish()
        if piece or key in holder:
            holder[key] = piece
        if self._swap and (calls := holder.get("tool_calls")):
            holder["tool_calls"] = map_strings(calls, self._swap.reveal)

    def finish(self) -> Iterable[bytes]:
        """See Renderer."""
        return (DONE,)

    def broken(self, error: RequestError) -> Iterable[bytes]:
        """See Renderer."""
        return (event(error.document()), DONE)


class ResponseRenderer:
    """The Responses API: typed events with sequence numbers."""

    def __init__(self, model: str, swap: Swap | None) -> None:
        self._model = model
        self._swap = swap
        self._text = Reveal(swap)
        self._numbers = itertools.count()

    def whole(self, document: dict[str, Any]) -> dict[str, Any]:
        """See Renderer."""
        return {**self._revealed(document), "model": self._model}

    def _revealed(self, document: dict[str, Any]) -> dict[str, Any]:
        if self._swap is None:
            return document
        return {key: map_strings(value, self._swap.reveal) for key, value in document.items()}

    def event(self, document: dict[str, Any]) -> Iterable[bytes]:
        """See Renderer."""
        kind = str(document.get("type"))
        if kind in ("error", "response.failed"):
            raise RequestError(500, "generation_failed", "The model could not answer this request.")
        if kind == "response.output_text.delta":
            piece = self._text.feed(document["delta"])
            self._place = document
            return (self._sent({**document, "delta": piece}),) if piece else ()
        rest = self._text.finish() if kind == "response.output_text.done" else ""
        tail = [self._sent({**self._place, "delta": rest})] if rest else []
        if isinstance(answer := document.get("response"), dict):
            document["response"] = {**answer, "model": self._model}
        return [*tail, self._sent(self._revealed(document))]

    def _sent(self, document: dict[str, Any]) -> bytes:
        return event({**document, "sequence_number": next(self._numbers)}, str(document["type"]))

    def finish(self) -> Iterable[bytes]:
        """See Renderer."""
        return ()

    def broken(self, error: RequestError) -> Iterable[bytes]:
        """See Renderer."""
        document = {"type": "error", "code": error.code, "message": error.message, "param": None}
        return (self._sent(document),)


def _reveal_choice(choice: dict[str, Any], swap: Swap | None) -> None:
    if swap is None:
        return
    for key in ("message", "text"):
        if key in choice:
            choice[key] = map_strings(choice[key], swap.reveal)


def _raise_failure(document: dict[str, Any]) -> None:
    """The model server puts an exception's text into `error`; it may quote payload and goes no further."""
    if "error" in document or "choices" not in document:
        raise RequestError(500, "generation_failed", "The model could not answer this request.")


def _says_something(choice: dict[str, Any]) -> bool:
    delta = choice.get("delta", {})
    return bool(
        choice.get("text") or any(delta.get(key) for key in ("content", "role", "tool_calls", "reasoning_content"))
    )
