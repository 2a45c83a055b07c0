"""`redline up` alone: the embedded demo model behind the gateway, asked with real clients in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from . import canary
from .clients import anthropic_client, openai_async, openai_client
from .gateway import Gateway
from .ports import eventually
from .values import CARD, EMAIL, MOBILE, RESIDENT_ID

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-model"), pytest.mark.timeout(240)]

TOKEN = re.compile(r"[A-Z][A-Z_]+_[A-Z0-9]{12}")

QUESTIONS = {
    "zh": f"我的银行卡{CARD.value}丢了，手机{MOBILE.value}，请帮我挂失。",
    "en": f"I lost my card {CARD.value}. Please block it and write to {EMAIL.value}.",
    "zh-id": f"我的身份证号是{RESIDENT_ID.value}，我想查余额。",
}
each_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    made = Gateway(None, sample=True)
    try:
        yield made.start()
        assert made.stop() == 0
        assert made.leftovers() == []
        assert canary.files(made) == []
    finally:
        made.discard()


def sensible(text: str) -> bool:
    """It says something, and what tokens it repeated have been restored."""
    return bool(text.strip()) and TOKEN.search(text) is None


def test_the_sample_is_shown_three_ways_in_both_languages(gateway: Gateway) -> None:
    """And with it the scrubbed record, which expires."""
    assert eventually(lambda: "Ctrl-C" in gateway.stdout, 60), gateway.stdout
    for view in ("the client sent", "the model saw", "the client got back"):
        assert gateway.stdout.count(view) == 2
    sent, seen, back = (views(gateway.stdout, name) for name in ("client sent", "model saw", "client got back"))
    assert all(TOKEN.search(text) for text in seen)
    assert not any(TOKEN.search(text) for text in (*sent, *back))
    assert any("\u4e00" <= character <= "\u9fff" for character in sent[0])
    assert "expires in" in gateway.stdout
    assert gateway.dashboard_url in gateway.stdout + gateway.stderr
    assert f"{gateway.url}/v1" in gateway.stdout + gateway.stderr


def views(stdout: str, name: str) -> list[str]:
    return [line.partition(name)[2].strip() for line in stdout.splitlines() if f"the {name}" in line]


@each_question
def test_chat(question: str, gateway: Gateway) -> None:
    with openai_client(gateway.url) as client:
        model = client.models.list().data[0].id
        answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    assert sensible(answer.choices[0].message.content or "")


@each_question
def test_chat_streamed(question: str, gateway: Gateway) -> None:
    with openai_client(gateway.url) as client:
        model = client.models.list().data[0].id
        messages: list = [{"role": "user", "content": question}]
        whole = client.chat.completions.create(model=model, messages=messages, temperature=0)
        stream = client.chat.completions.create(model=model, messages=messages, temperature=0, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert sensible(text)
    assert text == whole.choices[0].message.content


async def test_chat_async(gateway: Gateway) -> None:
    async with openai_async(gateway.url) as client:
        model = (await client.models.list()).data[0].id
        answer = await client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": QUESTIONS["zh"]}]
        )
    assert sensible(answer.choices[0].message.content or "")


def test_the_answer_repeats_the_customers_own_value(gateway: Gateway) -> None:
    """The demo model copies tokens exactly, so at least one answer gives a value back."""
    with openai_client(gateway.url) as client:
        model = client.models.list().data[0].id
        answers = [
            client.chat.completions.create(model=model, messages=[{"role": "user", "content": q}], temperature=0)
            for q in QUESTIONS.values()
        ]
    text = " ".join(answer.choices[0].message.content or "" for answer in answers)
    assert any(value in text for value in (CARD.value, MOBILE.value, EMAIL.value, RESIDENT_ID.value))


@each_question
def test_anthropic_messages(question: str, gateway: Gateway) -> None:
    with anthropic_client(gateway.url) as client:
        answer = client.messages.create(model="m", max_tokens=99, messages=[{"role": "user", "content": question}])
        with client.messages.stream(
            model="m", max_tokens=99, messages=[{"role": "user", "content": question}]
        ) as stream:
            streamed = stream.get_final_text()
    assert sensible("".join(block.text for block in answer.content if block.type == "text"))
    assert sensible(streamed)
