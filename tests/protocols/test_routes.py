"""Which requests are known: exact method and path, nothing like it."""

from __future__ import annotations

import pytest

from gateway.protocols import for_route, identify
from gateway.types import Headers, RequestHead, Route, Target

ANTHROPIC: Headers = ((b"anthropic-version", b"2023-06-01"),)


def head(method: str, path: str, headers: Headers = ()) -> RequestHead:
    return RequestHead(method, Target("https", "api.example.com", 443, path), headers)


@pytest.mark.parametrize(
    ("method", "path", "protocol", "operation"),
    [
        ("POST", "/v1/chat/completions", "openai", "chat.completions"),
        ("POST", "/chat/completions", "openai", "chat.completions"),
        ("POST", "/compatible-mode/v1/chat/completions", "openai", "chat.completions"),
        ("POST", "/api/v1/chat/completions", "openai", "chat.completions"),
        ("POST", "/anthropic/v1/messages", "anthropic", "messages"),
        ("POST", "/v1/completions", "openai", "completions"),
        ("POST", "/v1/responses", "openai", "responses"),
        ("GET", "/v1/responses/resp_1", "openai", "responses.stored"),
        ("DELETE", "/v1/responses/resp_1", "openai", "responses.stored"),
        ("GET", "/v1/responses/resp_1/input_items", "openai", "responses.input_items"),
        ("POST", "/v1/responses/resp_1/cancel", "openai", "responses.cancel"),
        ("POST", "/v1/embeddings", "openai", "embeddings"),
        ("POST", "/v1/moderations", "openai", "moderations"),
        ("GET", "/v1/models", "openai", "models"),
        ("GET", "/models", "openai", "models"),
        ("GET", "/v1/models/gpt-4o", "openai", "models"),
        ("GET", "/v1/models/qwen/qwen3-8b", "openai", "models"),
        ("POST", "/v1/messages", "anthropic", "messages"),
        ("POST", "/messages", "anthropic", "messages"),
        ("POST", "/v1/messages/count_tokens", "anthropic", "messages.count_tokens"),
    ],
)
def test_known(method: str, path: str, protocol: str, operation: str) -> None:
    route = identify(head(method, path))
    assert route == Route(protocol, operation, known=True)
    assert for_route(route).name == protocol


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/chat/completions"),
        ("post", "/v1/chat/completions"),
        ("POST", "/v1/chat/completions/"),
        ("POST", "/v1//chat/completions"),
        ("POST", "/v9/chat/completions"),
        ("POST", "/api/chat/completions"),
        ("POST", "/v1/v1/chat/completions"),
        ("POST", "/V1/chat/completions"),
        ("POST", "/v1/chat/completions%2f"),
        ("POST", "/v1/chat/completions\n"),
        ("POST", "/x/../v1/chat/completions"),
        ("POST", "/v1/chat/../embeddings"),
        ("GET", "/v1/responses/.."),
        ("GET", "/v1/responses/a/b"),
        ("GET", "/v1/models/../files"),
        ("GET", "/v1/models/%2e%2e"),
        ("POST", "/v1/files"),
        ("POST", "/v1/audio/transcriptions"),
        ("OPTIONS", "/v1/chat/completions"),
        ("POST", "/"),
        ("POST", ""),
    ],
)
def test_unknown(method: str, path: str) -> None:
    route = identify(head(method, path))
    assert route == Route("generic", "unknown", known=False)
    assert for_route(route).name == "generic"


def test_models_of_both_providers_have_one_path() -> None:
    assert identify(head("GET", "/v1/models", ANTHROPIC)) == Route("anthropic", "models", known=True)
    assert identify(head("GET", "/v1/models/claude-x", ANTHROPIC)) == Route("anthropic", "models", known=True)
    assert identify(head("GET", "/v1/models")) == Route("openai", "models", known=True)


def test_words_are_words() -> None:
    for route in (Route("openai", "responses", True), Route("anthropic", "messages", True)):
        protocol = for_route(route)
        assert protocol.schema.structural <= protocol.schema.vocabulary
        assert protocol.schema.free <= protocol.schema.vocabulary | {
            "additional_properties",
            "chat_template_kwargs",
            "headers",
        }
        assert all(word.isascii() and not any(c.isspace() for c in word) for word in protocol.schema.vocabulary)
