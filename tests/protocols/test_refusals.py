"""Refusals as the official clients read them."""

from __future__ import annotations

from collections.abc import Iterator

import anthropic
import httpx2
import openai
import orjson
import pytest

from gateway.errors import REASONS, Refusal
from gateway.protocols import for_route
from gateway.types import Route

from . import streams

CHAT = Route("openai", "chat.completions", known=True)
RESPONSES = Route("openai", "responses", known=True)
MESSAGES = Route("anthropic", "messages", known=True)
ROUTES = (CHAT, RESPONSES, MESSAGES, Route("generic", "unknown", known=False))


def refuse(route: Route, code: str = "policy_block", status: int = 0, stream: bool = True) -> Refusal:
    return for_route(route).refusal(code, status, "x-1", ["PHONE_NUMBER", "PERSON", "PERSON"], stream)


BEGUN = streams.chat()[:600].rpartition(b"\n\n")[0] + b"\n\n"
"""A few events of an answer."""


def answer(status: int, body: bytes, kind: str) -> httpx2.MockTransport:
    return httpx2.MockTransport(lambda _: httpx2.Response(status, content=body, headers={"content-type": kind}))


def whole(refusal: Refusal) -> httpx2.MockTransport:
    headers = {name.decode(): value.decode() for name, value in refusal.headers}
    return httpx2.MockTransport(lambda _: httpx2.Response(refusal.status, content=refusal.body, headers=headers))


@pytest.fixture
def openai_client(transport: httpx2.MockTransport) -> Iterator[openai.OpenAI]:
    http = httpx2.Client(transport=transport)
    with openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=http, max_retries=3) as client:
        yield client


@pytest.fixture
def anthropic_client(transport: httpx2.MockTransport) -> Iterator[anthropic.Anthropic]:
    http = httpx2.Client(transport=transport)
    with anthropic.Anthropic(api_key="k", base_url="http://gateway", http_client=http, max_retries=3) as client:
        yield client


@pytest.mark.parametrize("transport", [whole(refuse(CHAT))])
@pytest.mark.parametrize("stream", [True, False])
def test_openai_raises_permission_denied(openai_client: openai.OpenAI, stream: bool) -> None:
    with pytest.raises(openai.PermissionDeniedError) as caught:
        openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}], stream=stream)
    assert caught.value.code == "policy_block"
    assert caught.value.type == "permission_error"
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["exchange_id"] == "x-1"
    assert caught.value.body["entity_types"] == ["PERSON", "PHONE_NUMBER"]


@pytest.mark.parametrize("transport", [whole(refuse(CHAT, "detector_failed"))])
def test_openai_does_not_ask_again(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError):
        openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])


@pytest.mark.parametrize(
    "transport",
    [answer(200, BEGUN + refuse(CHAT).event, "text/event-stream")],
)
def test_openai_raises_in_a_chat_stream(openai_client: openai.OpenAI) -> None:
    stream = openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}], stream=True)
    with pytest.raises(openai.APIError) as caught:
        list(stream)
    assert caught.value.code == "policy_block"


@pytest.mark.parametrize("transport", [answer(200, refuse(RESPONSES).event, "text/event-stream")])
def test_openai_raises_in_a_responses_stream(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIError) as caught:
        list(openai_client.responses.create(model="m", input="x", stream=True))
    assert caught.value.code == "policy_block"


@pytest.mark.parametrize("transport", [whole(refuse(MESSAGES))])
@pytest.mark.parametrize("stream", [True, False])
def test_anthropic_raises_permission_denied(anthropic_client: anthropic.Anthropic, stream: bool) -> None:
    with pytest.raises(anthropic.PermissionDeniedError) as caught:
        anthropic_client.messages.create(
            model="m", max_tokens=1, messages=[{"role": "user", "content": "x"}], stream=stream
        )
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["type"] == "permission_error"
    assert caught.value.body["error"]["code"] == "policy_block"


@pytest.mark.parametrize("transport", [answer(200, refuse(MESSAGES).event, "text/event-stream")])
def test_anthropic_raises_in_a_stream(anthropic_client: anthropic.Anthropic) -> None:
    stream = anthropic_client.messages.create(
        model="m", max_tokens=1, messages=[{"role": "user", "content": "x"}], stream=True
    )
    with pytest.raises(anthropic.APIStatusError) as caught:
        list(stream)
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["entity_types"] == ["PERSON", "PHONE_NUMBER"]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("code", REASONS)
def test_every_reason_is_well_formed(route: Route, code: str) -> None:
    refusal = refuse(route, code)
    assert refusal.status == REASONS[code][0]
    error = orjson.loads(refusal.body)["error"]
    assert error["code"] == code
    assert error["message"].startswith(REASONS[code][1])
    assert error["exchange_id"] == "x-1"
    assert dict(refusal.headers)[b"content-length"] == str(len(refusal.body)).encode()
    assert refusal.event.endswith(b"\n\n")
    assert refuse(route, code, stream=False).event == b""
    assert refuse(route, code, status=418).status == 418


@pytest.mark.parametrize("route", ROUTES)
def test_without_findings_no_types_are_named(route: Route) -> None:
    refusal = for_route(route).refusal("overloaded", 0, "x-1", (), stream=False)
    error = orjson.loads(refusal.body)["error"]
    assert error["entity_types"] == []
    assert "Found" not in error["message"]
    assert (b"x-should-retry", b"true") in refusal.headers
