"""Every way of cutting a recorded stream gives the same bytes, restored; and no event waits for the next one.

The first request mints the tokens; the upstream then answers with a stream that holds them, cut at each byte in turn.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson
import pytest

from . import replies
from .bodies import PATHS, PROTOCOLS, body, tool
from .exchange import Recorded, Reply, Until, split_at, streamed
from .gateway import Gateway
from .ports import eventually
from .positions import JSON
from .upstream import Upstream
from .values import EMAIL, MOBILE, RESIDENT_ID
from .wire import Sent, Wire

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-streams")]

SPOKEN = f"您好：{RESIDENT_ID.value}，《{MOBILE.value}》 and {EMAIL.value}。完"

STRIDE = 61
"""Bytes between two cuts of one reply: with each phase in turn, every byte of the stream is a cut once."""


@dataclass(frozen=True)
class Recording:
    """`make(text)` is a stream that says `text`; `say` reads it back out of the bytes."""

    name: str
    protocol: str
    make: Callable[[str], list[bytes]] = field(repr=False)
    say: Callable[[bytes], str] = field(repr=False)
    tools: bool = False


def payloads(stream: bytes) -> list[dict]:
    rows = [line[6:] for line in stream.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(row) for row in rows if row != "[DONE]"]


def chat_text(stream: bytes, index: int = 0) -> str:
    choices = [payload["choices"][0] for payload in payloads(stream)]
    return "".join(c["delta"].get("content") or "" for c in choices if c["index"] == index)


def chat_arguments(stream: bytes) -> str:
    calls = [payload["choices"][0]["delta"].get("tool_calls") for payload in payloads(stream)]
    return json.loads("".join(call[0]["function"]["arguments"] for call in calls if call))["query"]


def responses_text(stream: bytes) -> str:
    return "".join(p["delta"] for p in payloads(stream) if p["type"] == "response.output_text.delta")


def anthropic_text(stream: bytes) -> str:
    return "".join(p["delta"]["text"] for p in payloads(stream) if p["type"] == "content_block_delta")


def anthropic_input(stream: bytes) -> str:
    deltas = [p["delta"]["partial_json"] for p in payloads(stream) if p["type"] == "content_block_delta"]
    return json.loads("".join(deltas))["query"]


def escaped(events: list[bytes]) -> list[bytes]:
    """The same events, every character beyond ASCII written as an escape, so that a cut can fall inside one."""
    return [event.decode().encode("ascii", "backslashreplace") for event in events]


def two_choices(text: str) -> list[bytes]:
    return replies.chat_events([replies.pieces_of(text, 7), replies.pieces_of(text, 5)])


def arguments(text: str, ascii_only: bool = False) -> list[str]:
    return replies.pieces_of(json.dumps({"query": text}, ensure_ascii=ascii_only), 5)


RECORDINGS = (
    Recording("chat", "chat", lambda t: replies.chat_events([replies.pieces_of(t, 6)]), chat_text),
    Recording("chat-escaped", "chat", lambda t: escaped(replies.chat_events([replies.pieces_of(t, 9)])), chat_text),
    Recording("chat-second-choice", "chat", two_choices, lambda stream: chat_text(stream, 1)),
    Recording("chat-tools", "chat", lambda t: replies.chat_tool_events(arguments(t)), chat_arguments, tools=True),
    Recording("responses", "responses", lambda t: replies.response_events(replies.pieces_of(t, 8)), responses_text),
    Recording("anthropic", "anthropic", lambda t: replies.anthropic_events(replies.pieces_of(t, 5)), anthropic_text),
    Recording(
        "anthropic-tools",
        "anthropic",
        lambda t: replies.anthropic_events(arguments(t, ascii_only=True), tool=True),
        anthropic_input,
        tools=True,
    ),
)

each_recording = pytest.mark.parametrize("recording_of", RECORDINGS, ids=lambda r: r.name)


def asking(recording: Recording) -> Sent:
    extra = {"tools": [tool(recording.protocol)]} if recording.tools else {}
    return Sent(PATHS[recording.protocol], orjson.dumps(body(recording.protocol, SPOKEN, stream=True, **extra)), JSON)


@pytest.fixture
def wire(default_gateway: Gateway) -> Iterator[Wire]:
    with default_gateway.asgi.connect() as connected:
        yield connected


def answered(wire: Wire, sent: Sent, upstream: Upstream, behave: Callable[[Recorded], Reply]) -> bytes:
    with upstream.behave(behave):
        answer = wire.call(sent)
    assert answer.status == 200
    return answer.body


def tokens_said(wire: Wire, recording: Recording, upstream: Upstream) -> str:
    """What the model sees of SPOKEN: the same sentence in tokens."""
    answered(wire, asking(recording), upstream, replies.echo)
    text = replies.user_text(upstream.last.json)
    assert text != SPOKEN
    return text


@each_recording
def test_every_cut_gives_the_same_bytes(
    recording_of: Recording, wire: Wire, default_gateway: Gateway, upstream: Upstream
) -> None:
    sent = asking(recording_of)
    stream = b"".join(recording_of.make(tokens_said(wire, recording_of, upstream)))
    whole = answered(wire, sent, upstream, lambda _: split_at(stream, [], 0))
    assert recording_of.say(whole) == SPOKEN
    for phase in range(1, STRIDE + 1):
        cuts = range(phase, len(stream), STRIDE)
        got = answered(wire, sent, upstream, lambda _, at=cuts: split_at(stream, at, 0.0005))
        assert got == whole, f"cut at bytes {phase} + n * {STRIDE}"
    assert not any(upstream.saw(value.value) for value in (RESIDENT_ID, MOBILE, EMAIL))


@each_recording
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_many_small_pieces_give_the_same_bytes(
    size: int, recording_of: Recording, wire: Wire, default_gateway: Gateway, upstream: Upstream
) -> None:
    sent = asking(recording_of)
    stream = b"".join(recording_of.make(tokens_said(wire, recording_of, upstream)))
    whole = answered(wire, sent, upstream, lambda _: split_at(stream, [], 0))
    got = answered(wire, sent, upstream, lambda _: split_at(stream, range(size, len(stream), size), 0))
    assert got == whole


@each_recording
def test_through_the_intercepting_plane(recording_of: Recording, default_gateway: Gateway, upstream: Upstream) -> None:
    sent = asking(recording_of)
    with default_gateway.mitm.connect() as wire:
        stream = b"".join(recording_of.make(tokens_said(wire, recording_of, upstream)))
        whole = answered(wire, sent, upstream, lambda _: split_at(stream, [], 0))
        assert recording_of.say(whole) == SPOKEN
        for offset in range(1, len(stream), 23):
            assert answered(wire, sent, upstream, lambda _, at=offset: split_at(stream, [at], 0)) == whole


@pytest.mark.parametrize("newline", [b"\r\n", b"\r"], ids=["crlf", "cr"])
def test_other_line_ends(newline: bytes, wire: Wire, upstream: Upstream) -> None:
    sent = asking(RECORDINGS[0])
    events = replies.chat_events([replies.pieces_of(tokens_said(wire, RECORDINGS[0], upstream), 6)])
    stream = b"".join(events).replace(b"\n", newline)
    whole = answered(wire, sent, upstream, lambda _: split_at(stream, [], 0))
    assert chat_text(whole.replace(newline, b"\n")) == SPOKEN
    small = answered(wire, sent, upstream, lambda _: split_at(stream, range(1, len(stream)), 0))
    assert small == whole


@pytest.mark.parametrize("plane", ["asgi", "mitm"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_event_waits_for_the_next(protocol: str, plane: str, default_gateway: Gateway, upstream: Upstream) -> None:
    """The upstream sends each event only when the client has the one before: a gateway that buffers never ends."""
    words = ["Alpha ", "beta ", "gamma. ", "Delta "]
    makers = {"chat": lambda t: replies.chat_events([t]), "responses": replies.response_events}
    events = makers.get(protocol, replies.anthropic_events)(words)
    first = next(at for at, event in enumerate(events) if b"Alpha" in event)
    seen = [threading.Event() for _ in words]
    steps: list = [*events[: first + 1]]
    for word_seen, event in zip(seen, events[first + 1 : first + len(words)], strict=False):
        steps += [Until(word_seen), event]
    steps += [Until(seen[-1]), *events[first + len(words) :]]
    door = default_gateway.plane(plane)
    reply = Reply(steps, content_type="text/event-stream", chunked=True)
    with upstream.behave(lambda _: reply), door.connect() as wire:
        sent = Sent(PATHS[protocol], orjson.dumps(body(protocol, "Hello", stream=True)), JSON)
        wire.send(sent.bytes_for(door.host, door.prefix))
        got = b""
        for data in wire.lines():
            got += data
            for word, word_seen in zip(words, seen, strict=True):
                if word.strip().encode() in got:
                    word_seen.set()
            if b"\r\n0\r\n\r\n" in got:
                break
    assert all(word_seen.is_set() for word_seen in seen)


def test_a_token_waits_for_its_end_only(default_gateway: Gateway, wire: Wire, upstream: Upstream) -> None:
    """Text before a token is not held back with it."""
    text = tokens_said(wire, RECORDINGS[0], upstream)
    token = text.split("：")[1].split("，")[0]
    go = threading.Event()
    pieces = ["您好", "：", token[:6], token[6:], "，"]
    events = replies.chat_events([pieces])
    half = next(at for at, event in enumerate(events) if token[:6].encode() in event)
    reply = Reply([*events[: half + 1], Until(go), *events[half + 1 :]], content_type="text/event-stream", chunked=True)
    with upstream.behave(lambda _: reply), default_gateway.asgi.connect() as fresh_wire:
        fresh_wire.send(asking(RECORDINGS[0]).bytes_for(default_gateway.asgi.host))
        got = b""
        for data in fresh_wire.lines():
            got += data
            if "：".encode() in got:
                go.set()
            if b"[DONE]" in got:
                break
    assert go.is_set()
    assert RESIDENT_ID.value in chat_text(
        b"".join(line + b"\n" for line in got.split(b"\n") if line.startswith(b"data"))
    )


def test_a_client_that_leaves_cancels_the_upstream(default_gateway: Gateway, upstream: Upstream) -> None:
    go = threading.Event()
    events = replies.chat_events([["a", "b"]])
    with upstream.behave(lambda _: streamed([*events[:2], *events[2:]], Until(go))):
        with default_gateway.asgi.connect() as wire:
            wire.send(asking(RECORDINGS[0]).bytes_for("gateway"))
            next(iter(wire.lines()))
        assert eventually(upstream.last.gone.is_set, 10)
    go.set()
