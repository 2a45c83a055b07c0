"""What a wire protocol is to the gate: words, routes, refusals, streams."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson

from gateway.errors import REASONS, Refusal
from gateway.protocols.streaming import NOTHING, ChannelFilters, Dialect, Plan, StreamTransform
from gateway.protocols.wire.reader import Schema
from gateway.types import Limits, RequestHead, Route

_RETRYABLE: Final = frozenset({"overloaded", "upstream_unreachable", "upstream_timeout", "client_timeout"})


_BASES: Final = (
    "/v1", "",
    "/v2",  # Baidu Qianfan
    "/api/v1",  # OpenRouter
    "/api/v3",  # Volcengine Ark
    "/api/paas/v4", "/api/coding/paas/v4",  # Zhipu
    "/compatible-mode/v1",  # Alibaba DashScope
    "/openai/v1",  # Azure, Groq
    "/v1/openai",  # DeepInfra
    "/v1beta/openai",  # Gemini
    "/inference/v1",  # Fireworks
    "/anthropic/v1", "/api/anthropic/v1", "/apps/anthropic/v1",  # Anthropic's API as others serve it
)  # fmt: skip
"""Base paths under which providers serve the same operations. Exact: anything else is an unknown route."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a protocol can be asked for."""

    name: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    """Matches the whole path as on the wire."""


class WireProtocol(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def schema(self) -> Schema:
        """What keys mean in requests."""
        ...

    @property
    def answers(self) -> Schema:
        """What keys mean in answers."""
        ...

    def identify(self, head: RequestHead) -> Route | None:
        """The route, where this protocol claims method and path."""
        ...

    def refusal(self, code: str, status: int, exchange_id: str, entities: Sequence[str], stream: bool) -> Refusal:
        """An error as the protocol's clients expect it. `status` 0: the status that belongs to `code`."""
        ...

    def stream(self, filters: ChannelFilters, limits: Limits | None = None) -> StreamTransform:
        """A transform for one event stream of this route."""
        ...


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What every protocol's refusal says."""

    code: str
    status: int
    message: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def error_text(code: str, status: int, exchange_id: str, entities: Sequence[str]) -> ErrorText:
    usual, message = REASONS[code]
    types = sorted(set(entities))
    if types:
        message = f"{message} Found: {', '.join(types)}."
    extra = {"exchange_id": exchange_id, "entity_types": types}
    return ErrorText(code, status or usual, f"{message} (Redline exchange {exchange_id})", extra)


def render_refusal(text: ErrorText, body: Mapping[str, Any], event: bytes) -> Refusal:
    encoded = orjson.dumps(body)
    headers = (
        (b"content-type", b"application/json"),
        (b"content-length", str(len(encoded)).encode()),
        (b"cache-control", b"no-store"),
        # Clients of both providers obey it; a verdict does not change by asking again.
        (b"x-should-retry", b"true" if text.code in _RETRYABLE else b"false"),
    )
    return Refusal(text.code, text.status, headers, encoded, event)


def claim(protocol: str, operations: Sequence[Operation], head: RequestHead) -> Route | None:
    """The first operation that has this method and this exact path."""
    for operation in operations:
        if head.method in operation.methods and operation.pattern.fullmatch(head.target.path):
            return Route(protocol, operation.name, known=True)
    return None


def operation(name: str, methods: str, pattern: str) -> Operation:
    """`methods` are separated by spaces; `{id}` in `pattern` stands for one identifier of the provider's."""
    bases = "|".join(re.escape(base) for base in _BASES)
    expression = pattern.replace("{id}", r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}")
    return Operation(name, frozenset(methods.split()), re.compile(f"(?:{bases}){expression}"))


def whole_events(_event: Any) -> Plan:
    """The dialect of streams whose texts are not known to continue from event to event."""
    return NOTHING


def transform(
    dialects: Mapping[str, Dialect],
    operation_name: str,
    answers: Schema,
    filters: ChannelFilters,
    limits: Limits | None,
) -> StreamTransform:
    return StreamTransform(dialects.get(operation_name, whole_events), answers, filters, limits or Limits())
