"""The `openai` package through the gateway: the upstream sees tokens, the client gets its own words back."""

from __future__ import annotations

import openai
import orjson
import pytest

from .bodies import tool
from .clients import openai_async, openai_client
from .gateway import Gateway
from .sentences import HARMLESS, NAMED, SENTENCES, Sentence
from .upstream import Upstream
from .values import EMAIL

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-main")]

each_sentence = pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s.name)


def unseen(sentence: Sentence, upstream: Upstream) -> bool:
    """Something arrived, and none of the values was in it."""
    return bool(upstream.requests()) and not any(upstream.saw(value) for value in sentence.values)


@pytest.mark.parametrize("sentence", [*SENTENCES, *NAMED], ids=lambda s: s.name)
def test_chat(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client:
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": sentence.text}])
    assert answer.choices[0].message.content == sentence.text
    assert unseen(sentence, upstream)


@each_sentence
def test_chat_streamed(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client:
        stream = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": sentence.text}], stream=True
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text == sentence.text
    assert unseen(sentence, upstream)


@each_sentence
async def test_chat_async(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    async with openai_async(default_gateway.url) as client:
        answer = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": sentence.text}])
    assert answer.choices[0].message.content == sentence.text
    assert unseen(sentence, upstream)


@each_sentence
async def test_chat_async_streamed(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    async with openai_async(default_gateway.url) as client:
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": sentence.text}], stream=True
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert text == sentence.text
    assert unseen(sentence, upstream)


@each_sentence
def test_chat_tools(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    """Arguments come back restored; the next turn carries them and the tool's result up again, as tokens."""
    with openai_client(default_gateway.url) as client:
        messages: list = [{"role": "user", "content": sentence.text}]
        answer = client.chat.completions.create(model="m", messages=messages, tools=[tool("chat")])
        call = answer.choices[0].message.tool_calls[0]
        assert orjson.loads(call.function.arguments) == {"query": sentence.text}
        messages += [
            answer.choices[0].message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": orjson.dumps({"found": sentence.text}).decode()},
        ]
        last = client.chat.completions.create(model="m", messages=messages)
    assert orjson.loads(last.choices[0].message.content) == {"found": sentence.text}
    assert len(upstream.requests()) == 2
    assert unseen(sentence, upstream)


@each_sentence
def test_chat_tools_streamed(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client:
        stream = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": sentence.text}], tools=[tool("chat")], stream=True
        )
        deltas = [chunk.choices[0].delta for chunk in stream]
    arguments = "".join(d.tool_calls[0].function.arguments for d in deltas if d.tool_calls)
    assert orjson.loads(arguments) == {"query": sentence.text}
    assert unseen(sentence, upstream)


@each_sentence
def test_completions(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client:
        whole = client.completions.create(model="m", prompt=sentence.text)
        pieces = [
            chunk.choices[0].text for chunk in client.completions.create(model="m", prompt=sentence.text, stream=True)
        ]
    assert whole.choices[0].text == sentence.text
    assert "".join(pieces) == sentence.text
    assert unseen(sentence, upstream)


@each_sentence
def test_responses(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client:
        answer = client.responses.create(model="m", input=sentence.text)
        called = client.responses.create(model="m", input=sentence.text, tools=[tool("responses")])
    assert answer.output_text == sentence.text
    assert orjson.loads(called.output[0].arguments) == {"query": sentence.text}
    assert unseen(sentence, upstream)


@each_sentence
def test_responses_streamed(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    """Deltas, the closing events and the final response all tell the same restored text."""
    with openai_client(default_gateway.url) as client:
        events = list(client.responses.create(model="m", input=sentence.text, stream=True))
    by_type = {event.type: event for event in events}
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert deltas == sentence.text
    assert by_type["response.output_text.done"].text == sentence.text
    assert by_type["response.completed"].response.output_text == sentence.text
    assert unseen(sentence, upstream)


@each_sentence
def test_embeddings_and_moderations(sentence: Sentence, default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client:
        one = client.embeddings.create(model="m", input=sentence.text, encoding_format="float")
        many = client.embeddings.create(model="m", input=[sentence.text, "plain"], encoding_format="float")
        checked = client.moderations.create(input=sentence.text)
    assert len(one.data) == 1
    assert len(many.data) == 2
    assert not checked.results[0].flagged
    assert unseen(sentence, upstream)


def test_models(default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client:
        assert [model.id for model in client.models.list()] == ["m"]


@pytest.mark.parametrize("text", HARMLESS, ids=["zh", "en"])
def test_harmless_text_arrives_unchanged(text: str, default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    assert upstream.last.json["messages"][0]["content"] == text


def test_the_same_value_has_the_same_token_in_every_turn(default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client:
        for text in (f"Write to {EMAIL.value}.", f"Again: {EMAIL.value}!"):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    first, second = (request.json["messages"][0]["content"] for request in upstream.requests())
    assert first.removeprefix("Write to ").removesuffix(".") == second.removeprefix("Again: ").removesuffix("!")


def test_a_refusal_is_the_clients_own_exception(strict_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(strict_gateway.url) as client, pytest.raises(openai.PermissionDeniedError) as refused:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": f"Mail {EMAIL.value}"}])
    assert refused.value.code == "policy_block"
    assert EMAIL.value not in str(refused.value)
    assert refused.value.response.headers["x-redline-exchange"]
    assert upstream.requests() == []


def test_a_streamed_refusal_is_the_clients_own_exception(strict_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(strict_gateway.url) as client, pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": f"Mail {EMAIL.value}"}], stream=True
        )
    assert upstream.requests() == []


def test_an_upstream_error_passes_through_as_itself(default_gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(default_gateway.url) as client, pytest.raises(openai.NotFoundError):
        client.models.retrieve("absent")
