"""Answers come back restored whatever the upstream does to them: compresses them, or the model to the tokens."""

from __future__ import annotations

import re
from collections.abc import Callable

import orjson
import pytest

from . import replies
from .bodies import PATHS, body
from .exchange import Recorded, Reply
from .gateway import Gateway
from .positions import JSON
from .search import CODINGS, decode
from .upstream import Upstream
from .values import EMAIL
from .wire import Answer, Sent

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-main")]

TOKEN = re.compile(r"EMAIL_ADDRESS_[A-Z0-9]{12}")

HABITS: dict[str, Callable[[str], str]] = {
    "as_it_is": lambda t: t,
    "lower_case": str.lower,
    "title_case": str.title,
    "bold": lambda t: f"**{t}**",
    "code": lambda t: f"`{t}`",
    "square_brackets": lambda t: f"[{t}]",
    "angle_brackets": lambda t: f"<{t}>",
    "full_width_brackets": lambda t: f"【{t}】",
    "between_han": lambda t: f"请联系{t}谢谢",
    "in_a_url": lambda t: f"https://example.org/?to={t}&x=1",
    "in_a_table": lambda t: f"|{t}|{t}|",
    "escaped_underscores": lambda t: t.replace("_", "\\_"),
    "end_of_sentence": lambda t: f"Write to {t}.",
    "twice": lambda t: f"{t}{t}",
}


def asked(gateway: Gateway, plane: str, stream: bool, *headers: tuple[str, str]) -> Answer:
    payload = orjson.dumps(body("chat", f"Mail {EMAIL.value}", stream=stream))
    return gateway.plane(plane).call(Sent(PATHS["chat"], payload, (*JSON, *headers)))


def spoken(data: bytes, stream: bool) -> str:
    if not stream:
        return str(orjson.loads(data)["choices"][0]["message"]["content"])
    rows = [orjson.loads(line[6:]) for line in data.splitlines() if line.startswith(b"data: {")]
    return "".join(row["choices"][0]["delta"].get("content") or "" for row in rows)


def saying(habit: Callable[[str], str], stream: bool) -> Callable[[Recorded], Reply]:
    def behave(request: Recorded) -> Reply:
        match = TOKEN.search(request.text)
        assert match
        text = habit(match[0])
        if stream:
            return replies.streamed(replies.chat_events([replies.pieces_of(text, 4)]))
        return replies.whole(replies.chat_message(request.json, {"role": "assistant", "content": text}))

    return behave


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("habit", HABITS)
def test_a_token_survives_what_models_do_to_it(
    habit: str, stream: bool, default_gateway: Gateway, upstream: Upstream
) -> None:
    with upstream.behave(saying(HABITS[habit], stream)):
        answer = asked(default_gateway, "asgi", stream)
    text = spoken(answer.body, stream)
    assert EMAIL.value in text
    assert not TOKEN.search(text)
    assert not upstream.saw(EMAIL.value)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("plane", ["asgi", "mitm"])
def test_a_compressed_answer_is_restored(
    plane: str, coding: str, stream: bool, default_gateway: Gateway, upstream: Upstream
) -> None:
    """Whether the gateway asks the upstream for plain answers or unpacks them: the client can read what it gets."""

    def behave(request: Recorded) -> Reply:
        plain = saying(HABITS["between_han"], stream)(request)
        packed = CODINGS[coding](b"".join(step for step in plain.steps if isinstance(step, bytes)))
        headers = (("content-encoding", coding),)
        return Reply((packed[:40], packed[40:]), content_type=plain.content_type, headers=headers, chunked=True)

    with upstream.behave(behave):
        answer = asked(default_gateway, plane, stream, ("accept-encoding", "gzip, deflate, br, zstd"))
    assert answer.status == 200
    data = decode(answer.body, answer.headers.get("content-encoding", ""))
    assert EMAIL.value in spoken(data, stream)


@pytest.mark.parametrize("plane", ["asgi", "mitm"])
def test_a_harmless_exchange_keeps_its_bytes(plane: str, default_gateway: Gateway, upstream: Upstream) -> None:
    """Odd but legal: white space, escapes, number forms and key order arrive as they were sent, both ways."""
    odd = (
        b'{ "model":"m",\n\t"messages":[{"content":"\\u4f60\\u597d \\/ ok","role":"user"}],"temperature":1.0e0, "n":1 }'
    )
    back = b'{"id" : "x",  "choices":[{"index":0,"message":{"role":"assistant","content":"\\u597d\\/ 1.50"}}], "z":1E2}'
    with upstream.behave(lambda _: Reply((back,))):
        answer = default_gateway.plane(plane).call(Sent(PATHS["chat"], odd, JSON))
    assert bytes(upstream.last.body) == odd
    assert answer.body == back
