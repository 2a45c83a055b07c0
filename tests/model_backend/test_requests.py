"""What reaches the model server is rebuilt field by field; everything else is refused without quoting it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_backend import messages_api, requests
from model_backend.failures import RequestError
from model_backend.requests import Settings

TEXT = Settings(max_new_tokens=100, greedy=False, images=False)
VISION = Settings(max_new_tokens=100, greedy=False, images=True)
SECRET = "zhang@example.com"
USER = [{"role": "user", "content": "hi"}]
PNG = "data:image/png;base64,iVBORw0KGgo="


def test_a_chat_request_is_rebuilt() -> None:
    body = {
        "model": "any", "user": "u", "stream": True, "max_completion_tokens": 5000, "temperature": 0, "top_p": 0.5,
        "frequency_penalty": 0.5, "seed": 7, "stop": "END", "n": 1, "logprobs": False,
        "response_format": {"type": "text"},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}],
        "messages": [
            {"role": "developer", "content": "be kind", "name": "n"},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}]},
            {"role": "tool", "tool_call_id": "1", "content": "done"},
        ],
    }  # fmt: skip
    assert requests.chat(body, TEXT) == {
        "stream": True, "max_tokens": 100, "temperature": 0.0, "top_p": 0.5, "frequency_penalty": 0.5, "seed": 7,
        "stop": ["END"],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "messages": [
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": "a\nb"},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}]},
            {"role": "tool", "tool_call_id": "1", "content": "done"},
        ],
    }  # fmt: skip


def test_a_greedy_model_gets_no_sampling_fields() -> None:
    clean = requests.chat({"messages": USER, "temperature": 1.5, "top_p": 0.1}, Settings(9, greedy=True, images=False))
    assert clean == {"stream": False, "messages": USER, "max_tokens": 9}


@pytest.mark.parametrize(
    "field",
    [
        {"chat_template_kwargs": {"chat_template": "{{7*7}}"}},
        {"chat_template": "{{7*7}}"},
        {"generation_config": "{}"},
        {"tools": [{"type": "web_search"}]},
        {"tools": "x"},
        {"n": 2},
        {"logprobs": True},
        {"response_format": {"type": "json_object"}},
        {"tool_choice": "required"},
        {"temperature": 3},
        {"temperature": "hot"},
        {"temperature": float("nan")},
        {"top_p": -1},
        {"max_tokens": 0},
        {"max_tokens": True},
        {"seed": -1},
        {"seed": 2**64},
        {"frequency_penalty": -1},
        {"stop": [""]},
        {"stop": 5},
        {"stream": "yes"},
        {"stream_options": 1},
        {"messages": []},
        {"messages": "hi"},
        {"messages": [{"role": "root", "content": SECRET}]},
        {"messages": [{"role": ["user"], "content": SECRET}]},
        {"messages": [SECRET]},
        {"messages": [{"role": "user", "content": 5}]},
        {"messages": [{"role": "user", "content": [SECRET]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": SECRET}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": SECRET}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": SECRET}}]}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "[1]"}}]}]},
        {"messages": [{"role": "assistant", "tool_calls": SECRET}]},
        {SECRET: 1},
    ],
)
def test_a_chat_request_is_refused_without_quoting_it(field: dict[str, Any]) -> None:
    body = {"messages": USER, **field}
    with pytest.raises(RequestError) as caught:
        _ = (requests.wanted(body), requests.chat(body, TEXT))
    assert caught.value.status == 400
    assert SECRET.encode() not in caught.value.body()


@pytest.mark.parametrize(
    "url",
    ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1/x.png", "https://example.com/x.png",
     "data:text/html;base64,PGI+",
     "data:image/svg+xml;base64,PHN2Zz4=", "data:image/png;base64,%%%", "data:image/png,raw", "", None, 5],
)  # fmt: skip
def test_images_are_inline_or_refused(url: object) -> None:
    content = [{"type": "image_url", "image_url": {"url": url}}]
    with pytest.raises(RequestError):
        requests.chat({"messages": [{"role": "user", "content": content}]}, VISION)


def test_a_model_that_sees_gets_inline_images() -> None:
    content = [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}}]
    clean = requests.chat({"messages": [{"role": "user", "content": content}]}, VISION)
    assert clean["messages"][0]["content"][1] == {"type": "image_url", "image_url": {"url": PNG}}


def test_a_completion_takes_one_prompt() -> None:
    assert requests.completion({"prompt": ["hi"], "max_tokens": 5}, TEXT) == {
        "stream": False,
        "prompt": "hi",
        "max_tokens": 5,
    }
    for bad in (["a", "b"], [1, 2], None, 5):
        with pytest.raises(RequestError):
            requests.completion({"prompt": bad}, TEXT)
    with pytest.raises(RequestError):
        requests.completion({"prompt": "hi", "echo": True}, TEXT)


def test_a_response_request_is_rebuilt() -> None:
    clean = requests.response(
        {
            "input": [
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
                {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}", "status": "completed"},
                {"type": "function_call_output", "call_id": "1", "output": [{"type": "input_text", "text": "ok"}]},
                {"type": "reasoning", "id": "r", "summary": []},
            ],
            "instructions": "be kind", "store": False, "text": {"format": {"type": "text"}},
            "tools": [{"type": "function", "name": "f", "parameters": {}, "strict": True}],
        },
        TEXT,
    )  # fmt: skip
    assert clean["stream"] is False
    assert clean["max_output_tokens"] == 100
    assert clean["tools"] == [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    assert clean["input"] == [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "hi"},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "ok"},
        {"type": "reasoning", "content": []},
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"input": "hi", "previous_response_id": "resp_1"},
        {"input": "hi", "background": True},
        {"input": "hi", "text": {"format": {"type": "json_schema"}}},
        {"input": []},
        {"input": 5},
        {"input": [{"type": "item_reference", "id": SECRET}]},
        {"input": [{"type": "function_call_output", "call_id": "1", "output": 5}]},
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "/etc/passwd"}]}]},
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_url": "http://x"}]}]},
    ],
)
def test_a_response_request_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        requests.response(body, TEXT)


def test_a_messages_request_says_the_same_as_chat() -> None:
    chat = messages_api.to_chat({
        "model": "claude", "max_tokens": 50, "system": [{"type": "text", "text": "be kind"}], "stop_sequences": ["END"],
        "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "auto"},
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [
                {"type": "text", "text": "so"}, {"type": "tool_use", "id": "t1", "name": "f", "input": {"x": 1}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "ok"}]},
                {"type": "text", "text": "and?"}]},
        ],
    })  # fmt: skip
    clean = requests.chat(chat, TEXT)
    assert [message["role"] for message in clean["messages"]] == ["system", "user", "assistant", "tool", "user"]
    assert clean["messages"][2]["tool_calls"][0]["function"] == {"name": "f", "arguments": json.dumps({"x": 1})}
    assert clean["messages"][3] == {"role": "tool", "tool_call_id": "t1", "content": "ok"}
    assert (clean["max_tokens"], clean["stop"]) == (50, ["END"])
    assert clean["tools"][0]["function"]["parameters"] == {"type": "object"}


@pytest.mark.parametrize(
    "field",
    [
        {"max_tokens": None},
        {"messages": None},
        {"messages": [{"role": "user", "content": [{"type": "document", "source": {}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "http://x"}}]}]},
        {"messages": [{"role": "root", "content": SECRET}]},
        {"messages": [{"role": "user", "content": 5}]},
        {"system": [{"type": "image"}]},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tool_choice": {"type": "any"}},
        {"mcp_servers": [{"url": "http://x"}]},
    ],
)
def test_a_messages_request_is_refused(field: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        requests.chat(messages_api.to_chat({"max_tokens": 5, "messages": USER, **field}), TEXT)
    error = caught.value.document(anthropic=True)
    assert (error["type"], error["error"]["type"]) == ("error", "invalid_request_error")
    assert SECRET not in json.dumps(error)
