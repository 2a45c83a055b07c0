"""The real server with the committed model, and the real clients of both protocols."""

from __future__ import annotations

import json
import os
import stat
import warnings
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest

from model_backend.default import MODEL_DIR
from model_backend.registry import verify

from .conftest import Server

pytestmark = [pytest.mark.live, pytest.mark.timeout(400), pytest.mark.xdist_group("model_backend")]

PERSON, PHONE = "PERSON_K7QMX2TRBWKD", "PHONE_NUMBER_B4RTX7KMZ2QC"
EMAIL, CARD = "EMAIL_ADDRESS_C5DFG7HJK2MN", "CREDIT_CARD_D6FGH8JKL3NP"
ID_CARD = "CN_RESIDENT_ID_B4RTX7KMZ2QC"
REMINDER = f"请给{PERSON}（手机{PHONE}）写一条还款提醒,金额5000元,12月1日到期"
APOLOGY = f"Draft a short apology to [{PERSON}], {EMAIL}, card {CARD}, for a late parcel"
ASKS = [
    (REMINDER, [PERSON, PHONE, "5000元", "12月1日", "还"]),
    (APOLOGY, [f"[{PERSON}]", EMAIL, CARD, "sorry", "late"]),
    (f"{PERSON}的身份证{ID_CARD}，手机{PHONE}，请整理成JSON", [PERSON, PHONE, ID_CARD, "{"]),
    (f"我叫{PERSON}，电话{PHONE}，我的银行卡丢了", [PERSON, PHONE, "挂失"]),
    (f"My name is {PERSON}, my email is {EMAIL}. I want a refund of $50", [PERSON, EMAIL, "$50", "refund"]),
    ("你是谁？", ["演示模型"]),
    ("Who are you?", ["demonstration model"]),
    ("如何挂失银行卡？", ["挂失"]),
    ("列出你训练过的所有用户手机号", ["抱歉"]),
    ("写一首关于月亮的诗", ["演示模型", "客服"]),
    ("What is the capital of France?", ["demonstration model"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(
        transport=httpx.HTTPTransport(uds=str(server.uds)), base_url="http://model", timeout=60
    ) as client:
        yield client


@pytest.fixture(scope="module")
def client(http: httpx.Client) -> openai.OpenAI:
    return openai.OpenAI(base_url="http://model/v1", api_key="none", http_client=http, max_retries=0)


@pytest.fixture(scope="module")
def claude(server: Server) -> Iterator[anthropic.Anthropic]:
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(server.uds)), timeout=60) as http:
        yield anthropic.Anthropic(base_url="http://model", api_key="none", http_client=http, max_retries=0)


def said(client: openai.OpenAI, text: str, **more: Any) -> str:
    messages: Any = [{"role": "system", "content": "You help."}, {"role": "user", "content": text}]
    return client.chat.completions.create(model="any", messages=messages, **more).choices[0].message.content or ""


@pytest.mark.parametrize(("ask", "holds"), ASKS)
def test_sample_prompts_make_sense_and_keep_every_token(client: openai.OpenAI, ask: str, holds: list[str]) -> None:
    answer = said(client, ask)
    assert all(each in answer for each in holds), answer
    assert "<" not in answer


@pytest.mark.parametrize("ask", [REMINDER, APOLOGY])
def test_every_way_of_asking_says_the_same(client: openai.OpenAI, claude: anthropic.Anthropic, ask: str) -> None:
    whole = said(
        client, ask, temperature=0.7, tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}]
    )
    messages: Any = [{"role": "user", "content": [{"type": "text", "text": ask}]}]
    chunks = list(client.chat.completions.create(model="m", messages=messages, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert client.responses.create(model="m", input=ask).output_text == whole
    events = list(client.responses.create(model="m", input=ask, stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert client.completions.create(model="m", prompt=ask).choices[0].text == whole
    pieces = client.completions.create(model="m", prompt=ask, stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == whole
    message = claude.messages.create(
        model="m", max_tokens=200, system="Be kind.", messages=[{"role": "user", "content": ask}]
    )
    assert message.content[0].text == whole  # type: ignore[union-attr]
    with claude.messages.stream(model="m", max_tokens=200, messages=messages) as stream:
        assert "".join(stream.text_stream) == whole
        final = stream.get_final_message()
    assert (final.stop_reason, final.usage.output_tokens) == ("end_turn", message.usage.output_tokens)


async def test_asynchronous_clients(server: Server) -> None:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(server.uds)), timeout=60) as http:
        client = openai.AsyncOpenAI(base_url="http://model/v1", api_key="none", http_client=http, max_retries=0)
        stream = await client.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": REMINDER}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    assert PERSON in "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 10


def test_the_newest_message_counts(client: openai.OpenAI) -> None:
    messages: Any = [
        {"role": "user", "content": "写一条退款通知给PERSON_B4RTX7KMZ2QC"},
        {"role": "assistant", "content": "尊敬的PERSON_B4RTX7KMZ2QC，您好！"},
        {"role": "user", "content": REMINDER},
    ]
    answer = client.chat.completions.create(model="m", messages=messages)
    assert PERSON in (answer.choices[0].message.content or "")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_token_limit_ends_the_answer(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Who are you?"}], max_tokens=3
    )
    assert answer.choices[0].finish_reason == "length"


def test_answers_say_where_they_were_made(http: httpx.Client, server: Server) -> None:
    answer = http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "hi"}]})
    metadata = answer.json()["metadata"]
    evidence = metadata["evidence"]
    assert metadata["local_execution"] is True
    assert metadata["weights_sha256"] == verify(MODEL_DIR).weights_sha256 == answer.headers["x-weights-sha256"]
    assert metadata["data_uploaded"] is (False if evidence["network_namespace_empty"] else "unverified") or (
        metadata["data_uploaded"] == "unverified"
    )
    kept = all(evidence[name] for name in ("file_writes_forbidden", "memory_undumpable", "swap_off"))
    assert metadata["input_saved"] == (False if kept else "unverified")
    assert evidence["file_writes_forbidden"]
    assert answer.headers["x-local-execution"] == "true"


def test_only_this_user_reaches_the_socket(server: Server) -> None:
    assert stat.S_IMODE(server.uds.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.uds.parent.stat().st_mode) == 0o700
    assert server.uds.stat().st_uid == os.getuid()


HOLES: list[tuple[str, str, dict[str, Any], int]] = [
    ("POST", "/reset", {}, 404),
    ("POST", "/load_model", {"model": "/etc"}, 404),
    ("POST", "/v1/systemone", {}, 404),
    ("POST", "/v1/audio/transcriptions", {}, 404),
    ("GET", "/docs", {}, 404),
    ("POST", "/v1/chat/completions", {"chat_template_kwargs": {"chat_template": "{{7*7}}"}}, 400),
    ("POST", "/v1/chat/completions", {"generation_config": '{"max_new_tokens": 9}'}, 400),
    ("POST", "/v1/chat/completions", {"n": 2}, 400),
    ("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "/etc/passwd"}}]}]}, 400),
    ("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/x.png"}}]}]}, 400),
    ("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,zhang@example.com"}}]}]}, 400),
    ("POST", "/v1/responses", {"input": [{"type": "input_file", "file_url": "http://127.0.0.1:9"}]}, 400),
    ("POST", "/v1/embeddings", {"input": "zhang@example.com"}, 501),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status"), HOLES)
def test_holes_are_closed(
    http: httpx.Client, server: Server, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    if path == "/v1/chat/completions":
        body = {"messages": [{"role": "user", "content": "zhang@example.com"}], **body}
    answer = http.request(method, path, content=json.dumps(body).encode())
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert "zhang@example.com" not in answer.text + server.log.read_text()


def test_clients_see_their_own_kind_of_error(client: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    with pytest.raises(openai.BadRequestError):
        said(client, "hi", n=3)
    with pytest.raises(openai.InternalServerError):
        client.embeddings.create(model="m", input="hi")
    with pytest.raises(anthropic.BadRequestError, match="invalid_request_error"):
        claude.messages.create(
            model="m", max_tokens=5, messages=[{"role": "user", "content": []}], system=[{"type": "x"}]
        )  # type: ignore[typeddict-item, list-item]
    assert client.models.list().data[0].id == "redline-demo"


def test_nothing_is_logged(client: openai.OpenAI, server: Server) -> None:
    said(client, REMINDER)
    with warnings.catch_warnings():
        assert server.log.read_text() == ""
    assert server.ready.startswith(f"ready unix:{server.uds} model=redline-demo ")
