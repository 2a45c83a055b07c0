"""What the official clients make of a stream whose texts were all held back and released in events of ours."""

from __future__ import annotations

import json

import anthropic
import httpx2
import openai
import pytest

from . import streams
from .filters import Filters
from .streams import ARGUMENTS, NAME
from .test_streaming import run

HOLDS = pytest.mark.parametrize("hold", [0, 5, 1000])


def served(body: bytes) -> httpx2.Client:
    headers = {"content-type": "text/event-stream"}
    return httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, content=body, headers=headers)))


@HOLDS
async def test_openai_chat(hold: int) -> None:
    body = await run(("openai", "chat.completions"), [streams.chat()], Filters(hold))
    with openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=served(body)) as client:
        messages = [{"role": "user", "content": "x"}]
        with client.chat.completions.stream(model="m", messages=messages) as stream:
            stream.until_done()
            first, second = stream.get_final_completion().choices
    assert first.message.content == NAME + "."
    assert second.message.content == NAME[::-1]
    assert first.message.tool_calls is not None
    call, other = first.message.tool_calls
    assert (call.id, call.function.name, call.function.arguments) == ("call_a", "find", ARGUMENTS)
    assert (other.id, other.function.name) == ("call_b", "dial")
    assert (first.finish_reason, second.finish_reason) == ("tool_calls", "stop")


@HOLDS
async def test_openai_responses(hold: int) -> None:
    body = await run(("openai", "responses"), [streams.responses()], Filters(hold))
    said: dict[str, str] = {}
    numbers = []
    with openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=served(body)) as client:
        for event in client.responses.create(model="m", input="x", stream=True):
            numbers.append(event.sequence_number)
            if event.type.endswith(".delta"):
                said[event.type] = said.get(event.type, "") + event.delta
    assert said["response.output_text.delta"] == NAME
    assert said["response.function_call_arguments.delta"] == ARGUMENTS
    assert numbers == list(range(len(numbers)))


@HOLDS
async def test_anthropic_messages(hold: int) -> None:
    body = await run(("anthropic", "messages"), [streams.anthropic()], Filters(hold))
    client = anthropic.Anthropic(api_key="k", base_url="http://gateway", http_client=served(body))
    messages = [{"role": "user", "content": "x"}]
    with client, client.messages.stream(model="m", max_tokens=9, messages=messages) as stream:
        thought, text, call = stream.get_final_message().content
    assert (thought.type, text.type, call.type) == ("thinking", "text", "tool_use")
    assert thought.thinking == text.text == NAME
    assert call.input == json.loads(ARGUMENTS)
