"""The `anthropic` package through the gateway."""

from __future__ import annotations

import anthropic
import pytest

from .bodies import tool
from .clients import anthropic_async, anthropic_client
from .gateway import Gateway
from .sentences import NAMED, SENTENCES, Sentence
from .test_openai_client import unseen
from .upstream import Upstream
from .values import EMAIL

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-main")]

each_sentence = pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s.name)


def asked(sentence: Sentence, **extra: object) -> dict:
    return {"model": "m", "max_tokens": 64, "messages": [{"role": "user", "content": sentence.text}], **extra}


@pytest.mark.parametrize("sentence", [*SENTENCES, *NAMED], ids=lambda s: s.name)
def test_messages(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    with anthropic_client(default_gateway.url) as client:
        answer = client.messages.create(**asked(sentence, system=f"Be kind. {sentence.text}"))
    assert answer.content[0].text == sentence.text
    assert unseen(sentence, upstream)


@each_sentence
def test_messages_streamed(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    with (
        anthropic_client(default_gateway.url) as client,
        client.messages.stream(**asked(sentence)) as stream,
    ):
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == sentence.text
    assert final.content[0].text == sentence.text
    assert final.stop_reason == "end_turn"
    assert unseen(sentence, upstream)


@each_sentence
async def test_messages_async(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    async with anthropic_async(default_gateway.url) as client:
        answer = await client.messages.create(**asked(sentence))
        async with client.messages.stream(**asked(sentence)) as stream:
            text = "".join([piece async for piece in stream.text_stream])
    assert answer.content[0].text == sentence.text
    assert text == sentence.text
    assert unseen(sentence, upstream)


@each_sentence
def test_tools(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    """`tool_use.input` comes back restored; the next turn carries it and the result up again, as tokens."""
    with anthropic_client(default_gateway.url) as client:
        answer = client.messages.create(**asked(sentence, tools=[tool("anthropic")]))
        use = answer.content[0]
        assert use.input == {"query": sentence.text}
        result = {"type": "tool_result", "tool_use_id": use.id, "content": [{"type": "text", "text": sentence.text}]}
        messages = [
            {"role": "user", "content": sentence.text},
            {"role": "assistant", "content": [use.model_dump(exclude_none=True)]},
            {"role": "user", "content": [result]},
        ]
        last = client.messages.create(model="m", max_tokens=64, messages=messages)
    assert last.content[0].text == sentence.text
    assert len(upstream.requests()) == 2
    assert unseen(sentence, upstream)


@each_sentence
def test_tools_streamed(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    with (
        anthropic_client(default_gateway.url) as client,
        client.messages.stream(**asked(sentence, tools=[tool("anthropic")])) as stream,
    ):
        final = stream.get_final_message()
    assert final.content[0].input == {"query": sentence.text}
    assert unseen(sentence, upstream)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_refusal_is_the_clients_own_exception(streamed: bool, strict_gateway: Gateway, upstream: Upstream) -> None:
    text = f"Mail {EMAIL.value}"
    with anthropic_client(strict_gateway.url) as client, pytest.raises(anthropic.PermissionDeniedError) as refused:
        client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": text}], stream=streamed)
    assert refused.value.body["type"] == "error"
    assert EMAIL.value not in str(refused.value)
    assert upstream.requests() == []
