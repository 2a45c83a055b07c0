"""The harness itself: a gateway that does nothing would fail every test that uses it."""

from __future__ import annotations

import base64
import threading

import orjson
import pytest

from . import replies
from .bodies import PATHS, PROTOCOLS, body
from .exchange import ABORT, HANG, Until, split_at, streamed
from .ports import eventually
from .positions import JSON, POSITIONS, Position
from .search import CODINGS, found_in
from .upstream import Upstream
from .valkey import Valkey
from .values import EMAIL, PLANTED, RESIDENT_ID
from .wire import Plane, Sent

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-harness")]


@pytest.fixture
def direct(upstream: Upstream) -> Plane:
    return Plane.of(upstream.url)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("position", POSITIONS, ids=lambda p: p.name)
def test_every_position_is_seen_where_nothing_guards_it(
    position: Position, protocol: str, direct: Plane, upstream: Upstream
) -> None:
    sent = position.plant(protocol, position.planted.value)
    if sent is None:
        assert protocol != "chat"
        return
    with direct.connect() as wire:
        wire.send(sent.bytes_for(direct.host))
        assert upstream.wait_for(lambda requests: bool(requests) and requests[-1].complete.is_set())
    assert upstream.saw(position.planted.value)


def test_saw_is_not_blind_to_bytes_of_an_incomplete_request(direct: Plane, upstream: Upstream) -> None:
    whole = Sent(PATHS["chat"], orjson.dumps(body("chat", EMAIL.value)), JSON).bytes_for(direct.host)
    with direct.connect() as wire:
        wire.send(whole[:-2])
        assert upstream.wait_for(lambda requests: bool(requests) and upstream.saw(EMAIL.value))
    assert not upstream.last.complete.is_set()


@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: p.entity_type)
def test_found_in_sees_a_value_through_every_disguise(planted: object) -> None:
    value = planted.value  # type: ignore[attr-defined]
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)
    json_in_base64 = base64.b64encode(orjson.dumps({"a": value}))
    disguises = [value.encode(), wide.encode(), b"[" + json_in_base64 + b"]", " ".join(value).encode()]
    disguises += [
        "".join(f"\\u{ord(c):04x}" for c in value).encode(),
        "".join(f"%{ord(c):02X}" for c in value).encode(),
    ]
    disguises += [compress(b"x" * 50 + value.encode()) for compress in CODINGS.values()]
    assert all(found_in(value, disguise) for disguise in disguises)
    assert not found_in(value, b"nothing of the kind: " + base64.b64encode(b"other text, no value"))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_echo_answers_in_each_protocol(protocol: str, direct: Plane) -> None:
    answer = direct.call(Sent(PATHS[protocol], orjson.dumps(body(protocol, "你好 there")), JSON))
    assert answer.status == 200
    assert "你好 there" in answer.body.decode()


def test_a_stream_can_be_cut_anywhere(direct: Plane, upstream: Upstream) -> None:
    stream = b"".join(replies.chat_events([["一", "二"]]))
    for offset in range(1, len(stream), 37):
        with upstream.behave(lambda _, at=offset: split_at(stream, [at], 0)):
            assert direct.call(Sent(PATHS["chat"], b"{}", JSON)).body == stream


def test_a_scripted_reply_waits_for_the_test(direct: Plane, upstream: Upstream) -> None:
    go = threading.Event()
    with upstream.behave(lambda _: streamed([b"data: 1\n\n", b"data: 2\n\n"], Until(go))), direct.connect() as wire:
        wire.send(Sent(PATHS["chat"], b"{}", JSON).bytes_for(direct.host))
        got = b""
        for data in wire.lines():
            got += data
            if b"data: 1" in got:
                go.set()
            if b"data: 2" in got:
                break
    assert go.is_set()


@pytest.mark.parametrize("step", [HANG, ABORT], ids=["hang", "abort"])
def test_hang_and_abort_end_when_the_client_leaves(step: object, direct: Plane, upstream: Upstream) -> None:
    with upstream.behave(lambda _: streamed([b"data: 1\n\n", step])):  # type: ignore[list-item]
        with direct.connect() as wire:
            wire.send(Sent(PATHS["chat"], b"{}", JSON).bytes_for(direct.host))
            assert eventually(lambda: bool(upstream.requests()) and upstream.last.complete.is_set())
        assert step is ABORT or upstream.last.gone.wait(10)


def test_valkey_is_real_and_read_in_full(own_valkey: Valkey) -> None:
    with own_valkey.client() as client:
        client.set("a", RESIDENT_ID.value, ex=100)
        client.hset("b", mapping={"f": EMAIL.value})
        client.zadd("c", {"member-c": 1})
    assert found_in(RESIDENT_ID.value, own_valkey.dump())
    assert found_in(EMAIL.value, own_valkey.dump())
    assert own_valkey.lifetimes()[b"b"] == -1
    assert 0 < own_valkey.lifetimes()[b"a"] <= 100_000
