"""Everything that no protocol claims: every leaf is read, nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import orjson

from gateway.errors import Refusal
from gateway.protocols import sse
from gateway.protocols.base import error_text, render_refusal, whole_events
from gateway.protocols.streaming import ChannelFilters, StreamTransform
from gateway.protocols.wire.reader import NO_SCHEMA, Schema
from gateway.types import Limits, RequestHead, Route


@dataclass(frozen=True, slots=True)
class Generic:
    operation: str = "unknown"
    name: ClassVar[str] = "generic"
    schema: ClassVar[Schema] = NO_SCHEMA
    answers: ClassVar[Schema] = NO_SCHEMA

    def identify(self, _head: RequestHead) -> Route:
        return Route(self.name, "unknown", known=False)

    def refusal(self, code: str, status: int, exchange_id: str, entities: Sequence[str], stream: bool) -> Refusal:
        text = error_text(code, status, exchange_id, entities)
        body = {"error": {"message": text.message, "code": text.code, **text.extra}}
        return render_refusal(text, body, sse.render("error", orjson.dumps(body).decode()) if stream else b"")

    def stream(self, filters: ChannelFilters, limits: Limits | None = None) -> StreamTransform:
        return StreamTransform(whole_events, self.answers, filters, limits or Limits())
