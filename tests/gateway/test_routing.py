"""Base URLs and paths meet without doubling or losing `/v1`."""

from __future__ import annotations

import pytest

from gateway.config import Config, load
from gateway.errors import Refusal
from gateway.routing import Router


def router(**settings: object) -> Router:
    config: Config = load(None, settings, env={})
    return Router(config, None)


JOINS = [
    ("http://127.0.0.1:9000", "/v1/chat/completions", "http://127.0.0.1:9000/v1/chat/completions"),
    ("http://127.0.0.1:9000/v1", "/v1/chat/completions", "http://127.0.0.1:9000/v1/chat/completions"),
    ("http://127.0.0.1:9000/v1/", "/v1", "http://127.0.0.1:9000/v1"),
    ("http://127.0.0.1:9000/v1", "/v10/x", "http://127.0.0.1:9000/v1/v10/x"),
    ("https://h.example/api", "/v1/models?x=1&y", "https://h.example:443/api/v1/models?x=1&y"),
    ("http://[::1]:9000", "/v1/models", "http://[::1]:9000/v1/models"),
]


@pytest.mark.parametrize(("base", "path", "expected"), JOINS)
def test_join(base: str, path: str, expected: str) -> None:
    assert router(upstream=base)("POST", path).url == expected


def test_a_protocol_may_have_a_server_of_its_own() -> None:
    route = router(upstream="http://127.0.0.1:1", upstream_anthropic="http://127.0.0.1:2")
    assert (route("POST", "/v1/chat/completions").port, route("POST", "/v1/messages").port) == (1, 2)


def test_without_any_upstream_it_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        router()("POST", "/v1/chat/completions")
    assert refusal.value.code == "upstream_unreachable"
