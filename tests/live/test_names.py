"""The default gateway and the model that ships: names and addresses of both languages leave as tokens and come back."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
from collections.abc import Iterator
from urllib.request import urlopen

import orjson
import psutil
import pytest

from detectors.ner.models.choice import EMBEDDED
from detectors.ner.models.folder import model_hash

from .clients import anthropic_client, openai_client
from .gateway import Gateway
from .upstream import Upstream
from .valkey import Valkey

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-names"), pytest.mark.timeout(240)]

ASKED = {
    "请通知张伟下午三点来开会。": ("张伟",),
    "李娜女士要求更改她的预留信息。": ("李娜",),
    "客户欧阳修远昨天来柜台投诉了。": ("欧阳修远",),
    "Our customer John Smith asked for a new card.": ("John Smith",),
    "Please tell Mr. O'Brien that his loan was approved.": ("O'Brien",),
    "我的收货地址是北京市朝阳区建国路88号3单元502室。": ("朝阳区建国路88号3单元502室",),
    "Ship it to 742 Evergreen Terrace, Springfield, IL 62704, please.": ("742 Evergreen Terrace",),
}
HIDDEN = {
    "请转告张\u200b伟明天上午来公司开会。": "张\u200b伟",
    "Please call 😀Ｊｏｈｎ Ｓｍｉｔｈ tomorrow about the contract.": "Ｊｏｈｎ Ｓｍｉｔｈ",
    "患者&#24352;&#20255;于周一入院治疗。": "&#24352;&#20255;",
    "The patient J o h n   S m i t h was admitted on Monday.": "S m i t h",
    "log: done\\nMary Miller called\\n": "Mary",
}
FILLING = "会议讨论了本季度的预算和下一步的工作安排，大家一致同意按计划推进。"
LONG = 200 * 1024


@pytest.fixture(scope="module")
def gateway(recording: Upstream, shared_valkey: Valkey) -> Iterator[Gateway]:
    patience = ["--ner-timeout", "60s", "--inspect-timeout", "60s"]  # the machine may be busy
    yield from Gateway(recording.url, redis_url=shared_valkey.url, model="auto", options=patience).running()


def unseen(upstream: Upstream) -> None:
    for values in ASKED.values():
        for value in values:
            assert not upstream.saw(value), value


def test_it_runs_the_model_that_ships_says_so_and_needs_no_network(gateway: Gateway) -> None:
    assert "redline-embedded" in gateway.stdout + gateway.stderr
    for process in gateway.family():
        with contextlib.suppress(psutil.NoSuchProcess):
            assert {c.raddr.ip for c in process.net_connections("inet") if c.raddr} <= {"127.0.0.1", "::1"}
    with urlopen(f"{gateway.dashboard_url}/metrics") as answer:
        told = answer.read().decode()
    (line,) = re.findall(r"redline_ner_model_info\{.*", told)
    assert f'revision="{model_hash(EMBEDDED)[:12]}' in line
    assert re.search(r'device="(cpu|cuda:\d)"', line)


def test_openai_client(gateway: Gateway, upstream: Upstream) -> None:
    with openai_client(gateway.url) as client:
        for text in ASKED:
            messages: list = [{"role": "user", "content": text}]
            answer = client.chat.completions.create(model="m", messages=messages)
            assert answer.choices[0].message.content == text
            stream = client.chat.completions.create(model="m", messages=messages, stream=True)
            assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == text
    unseen(upstream)


def test_anthropic_client(gateway: Gateway, upstream: Upstream) -> None:
    text = "\n".join(ASKED)
    messages: list = [{"role": "user", "content": text}]
    with anthropic_client(gateway.url) as client:
        answer = client.messages.create(model="m", max_tokens=999, messages=messages)
        assert answer.content[0].text == text
        with client.messages.stream(model="m", max_tokens=999, messages=messages) as stream:
            assert stream.get_final_text() == text
    unseen(upstream)


def post(gateway: Gateway, path: str, payload: object, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    connection.request("POST", path, body, {"content-type": "application/json", **headers})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer, data


def test_every_place_of_a_request_is_read(gateway: Gateway, upstream: Upstream) -> None:
    """System prompt, earlier turns, tool arguments and results, keys of objects, `\\u` escapes, query, headers."""
    arguments = json.dumps({"customer": "张伟", "John Smith": {"note": "call him"}})
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": arguments}}
    messages = [
        {"role": "system", "content": "You help our customer John Smith."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps({"name": "李娜", "欧阳修远": 1})},
        {"role": "user", "content": [{"type": "text", "text": "Tell John Smith and 张伟."}]},
    ]
    escaped = json.dumps({"model": "m", "messages": messages}).encode()
    assert b"\\u5f20" in escaped
    answer, data = post(
        gateway,
        "/v1/chat/completions?user=John+Smith",
        escaped,
        **{"x-customer": "John Smith", "x-name": "%E5%BC%A0%E4%BC%9F"},
    )
    assert answer.status == 200, data
    unseen(upstream)


def test_a_hidden_name_is_replaced_where_it_stands(gateway: Gateway, upstream: Upstream) -> None:
    for text, hidden in HIDDEN.items():
        answer, data = post(
            gateway, "/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": text}]}
        )
        assert answer.status == 200, data
        assert hidden not in upstream.last.text, text
        assert orjson.loads(data)["choices"][0]["message"]["content"] == text


def test_the_end_of_a_long_text_is_read_and_on_record_with_the_models_hash(
    gateway: Gateway, upstream: Upstream
) -> None:
    end = "请通知张伟和John Smith。"
    text = FILLING * (LONG // len(FILLING.encode())) + end
    assert len(text.encode()) > LONG - 200
    answer, data = post(
        gateway, "/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": text}]}
    )
    assert answer.status == 200, data[:200]
    assert orjson.loads(data)["choices"][0]["message"]["content"] == text
    seen = upstream.last.json["messages"][0]["content"]
    assert seen.startswith(FILLING * 20)
    assert not upstream.saw("张伟")
    assert not upstream.saw("John Smith")
    exchange = answer.headers["x-redline-exchange"]
    with urlopen(f"{gateway.dashboard_url}/api/records/{exchange}") as found:
        record = next(r for r in json.load(found)["records"] if r["direction"] == "request")
    assert record["model"] == f"redline-embedded@{model_hash(EMBEDDED)}"
    assert record["coverage"] == "full"
    assert record["entities"]["PERSON"] >= 2
