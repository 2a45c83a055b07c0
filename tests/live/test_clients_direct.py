"""The clients understand the recording upstream itself: what fails through the gateway is the gateway's doing."""

from __future__ import annotations

import pytest

from .bodies import tool
from .clients import anthropic_client, openai_async, openai_client
from .sentences import SENTENCES
from .upstream import Upstream

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-harness")]

TEXT = SENTENCES[0].text


def test_openai_direct(upstream: Upstream) -> None:
    with openai_client(upstream.url) as client:
        said: list = [{"role": "user", "content": TEXT}]
        assert client.chat.completions.create(model="m", messages=said).choices[0].message.content == TEXT
        stream = client.chat.completions.create(model="m", messages=said, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == TEXT
        called = client.chat.completions.create(model="m", messages=said, tools=[tool("chat")])
        assert called.choices[0].finish_reason == "tool_calls"
        assert client.responses.create(model="m", input=TEXT).output_text == TEXT
        events = list(client.responses.create(model="m", input=TEXT, stream=True))
        assert events[-1].response.output_text == TEXT
        assert client.completions.create(model="m", prompt=TEXT).choices[0].text == TEXT
        assert client.embeddings.create(model="m", input=TEXT, encoding_format="float").data[0].embedding
        assert not client.moderations.create(input=TEXT).results[0].flagged
        assert [model.id for model in client.models.list()] == ["m"]
    assert upstream.saw(TEXT)


async def test_openai_async_direct(upstream: Upstream) -> None:
    async with openai_async(upstream.url) as client:
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": TEXT}], tools=[tool("chat")], stream=True
        )
        deltas = [chunk.choices[0].delta async for chunk in stream]
    assert TEXT in "".join(delta.tool_calls[0].function.arguments for delta in deltas if delta.tool_calls)


def test_anthropic_direct(upstream: Upstream) -> None:
    asked: dict = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": TEXT}]}
    with anthropic_client(upstream.url) as client:
        assert client.messages.create(**asked).content[0].text == TEXT
        with client.messages.stream(**asked) as stream:
            assert "".join(stream.text_stream) == TEXT
        with client.messages.stream(**asked, tools=[tool("anthropic")]) as stream:
            assert stream.get_final_message().content[0].input == {"query": TEXT}
