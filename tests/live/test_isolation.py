"""Tokens belong to the client, tenant and conversation that minted them; nobody else can turn one back."""

from __future__ import annotations

import re

import orjson
import pytest

from .bodies import PATHS, PROTOCOLS, body
from .gateway import Gateway
from .positions import JSON
from .upstream import Upstream
from .values import EMAIL
from .wire import Sent

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-main")]

TOKEN = re.compile(r"EMAIL_ADDRESS_[A-Z0-9]{12}")


def say(protocol: str, text: str, stream: bool = False, *headers: tuple[str, str]) -> Sent:
    return Sent(PATHS[protocol], orjson.dumps(body(protocol, text, stream=stream)), (*JSON, *headers))


def mint(gateway: Gateway, upstream: Upstream, key: str, *headers: tuple[str, str]) -> str:
    answer = gateway.asgi.call(say("chat", f"Mail {EMAIL.value}", False, *headers), key)
    assert answer.status == 200
    match = TOKEN.search(upstream.last.text)
    assert match
    return match[0]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("plane", ["asgi", "mitm"])
def test_another_client_gets_the_token_as_it_is(
    plane: str, protocol: str, stream: bool, default_gateway: Gateway, upstream: Upstream
) -> None:
    token = mint(default_gateway, upstream, "client-a")
    answer = default_gateway.plane(plane).call(say(protocol, f"Tell me: {token}", stream), "client-b")
    assert answer.status == 200
    assert EMAIL.value not in answer.body.decode()
    assert upstream.last.text.count(token) == 1
    if not stream:
        assert token in answer.body.decode()


def test_another_client_with_the_same_value_has_another_token(default_gateway: Gateway, upstream: Upstream) -> None:
    assert mint(default_gateway, upstream, "client-a") != mint(default_gateway, upstream, "client-b")


def test_another_conversation_gets_the_token_as_it_is(default_gateway: Gateway, upstream: Upstream) -> None:
    first = ("x-redline-conversation", "one")
    token = mint(default_gateway, upstream, "client-a", first)
    other = default_gateway.asgi.call(say("chat", f"Tell me: {token}", False, (first[0], "two")), "client-a")
    assert EMAIL.value not in other.body.decode()
    assert token in other.body.decode()


def test_a_forged_token_is_left_alone(default_gateway: Gateway, upstream: Upstream) -> None:
    token = mint(default_gateway, upstream, "client-a")
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    answer = default_gateway.asgi.call(say("chat", f"Tell me: {forged}"), "client-a")
    assert answer.status == 200
    assert EMAIL.value not in answer.body.decode()


def test_gateway_headers_never_reach_the_upstream(default_gateway: Gateway, upstream: Upstream) -> None:
    headers = (("x-redline-conversation", "secret-name"), ("x-redline-tenant", "other-name"))
    for plane in (default_gateway.asgi, default_gateway.mitm):
        plane.call(say("chat", "Hello", False, *headers), "client-a")
        assert not [name for name, _ in upstream.last.headers if name.startswith("x-redline")]
    assert not upstream.saw("secret-name")


def test_answers_tell_what_was_done(default_gateway: Gateway, upstream: Upstream) -> None:
    for plane in (default_gateway.asgi, default_gateway.mitm):
        answer = plane.call(say("chat", f"Mail {EMAIL.value}"), "client-a")
        assert answer.headers["x-redline-action"] == "transform"
        assert answer.headers["x-redline-entities"] == "EMAIL_ADDRESS=1"
        assert re.fullmatch(r"default@\S+", answer.headers["x-redline-policy"])
        assert answer.headers["x-redline-exchange"]
        clean = plane.call(say("chat", "Hello"), "client-a")
        assert clean.headers["x-redline-action"] == "allow"
