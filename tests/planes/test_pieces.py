"""The parts that both planes are made of."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import REASONS, Refusal
from gateway.planes.framing import FramedBody
from gateway.planes.guard import Guard
from gateway.planes.heads import check_request, host_field, split_authority, upstream_head
from gateway.planes.refusals import plane_refusal, raw_answer
from gateway.types import CloseReason, RequestHead, RequestMeta, ResponseHead, Target

from .gate import ACTIONS, Gate

META = RequestMeta(RequestHead("POST", Target("http", "h", 80, "/"), ()), "127.0.0.1", "asgi")


@settings(max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=5), max_size=8), st.booleans())
def test_a_body_of_known_length_never_completes_before_its_end(pieces: list[bytes], known: bool) -> None:
    total = sum(map(len, pieces))
    body = FramedBody(total if known else None, plane_refusal)
    sent = b""
    for piece in pieces:
        sent += b"".join(body.admit([piece], end=False))
        assert not known or len(sent) < total
    assert sent + b"".join(body.admit([], end=True)) == b"".join(pieces)


@pytest.mark.parametrize(("length", "pieces"), [(3, [b"abcd"]), (3, [b"ab"]), (0, [b"a"])])
def test_a_body_of_another_length_is_refused(length: int, pieces: list[bytes]) -> None:
    with pytest.raises(Refusal):
        FramedBody(length, plane_refusal).admit(pieces, end=True)


@settings(max_examples=200)
@given(st.binary(max_size=8), st.binary(max_size=12), st.lists(st.tuples(st.binary(max_size=6), st.binary(max_size=6))))
def test_heads_are_judged_and_never_crash(method: bytes, target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    try:
        check_request(method, target, tuple(headers))
    except Refusal:
        return
    lines = b"".join(name + b": " + value for name, value in headers)
    assert b"\r" not in lines
    assert b"\n" not in lines


@pytest.mark.parametrize(
    ("authority", "place"),
    [
        (b"a.example", ("a.example", 80)),
        (b"A.Example.:8080", ("a.example", 8080)),
        (b"[::1]:9", ("::1", 9)),
        (b"a:0", None),
        (b"a:99999", None),
        (b"a b", None),
        (b"u@a", None),
        (b"", None),
    ],
)
def test_authorities(authority: bytes, place: tuple[str, int] | None) -> None:
    assert split_authority(authority, 80) == place


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (Target("https", "a", 443, "/"), b"a"),
        (Target("http", "a", 443, "/"), b"a:443"),
        (Target("http", "::1", 80, "/"), b"[::1]"),
    ],
)
def test_the_host_that_belongs_to_a_target(target: Target, host: bytes) -> None:
    assert host_field(target) == host


def test_the_whole_body_decides_its_length() -> None:
    head = RequestHead("POST", Target("http", "a", 80, "/"), ((b"content-length", b"9"), (b"te", b"x")))
    assert upstream_head(head, 3) == (((b"host", b"a"), (b"content-length", b"3")), 3)
    assert upstream_head(head, None) == (((b"host", b"a"), (b"content-length", b"9")), 9)


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_has_an_answer(code: str) -> None:
    head, _, body = raw_answer(code).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % REASONS[code][0])
    assert json.loads(body)["error"]["code"] == code
    assert b"content-length: %d" % len(body) in head


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_guard_raises_refusals_only(action: str) -> None:
    gate = Gate(script={"request:1": ACTIONS[action]})
    guard = await Guard.begin(gate, META, 0.05)
    with pytest.raises(Refusal):
        await guard.request(b"x", end=True)
    assert guard.request_head is None
    gate.script.clear()
    with pytest.raises(Refusal):  # what failed once stays failed
        await guard.request(b"x", end=True)


@pytest.mark.parametrize("answer", [None, b"bytes", ["text"], [1], "text"])
async def test_a_guard_trusts_no_shape(answer: object) -> None:
    gate = Gate(stream=True)
    guard = await Guard.begin(gate, META, 1)

    async def request(chunk: bytes, end: bool) -> object:
        return answer

    gate.last.request = request  # type: ignore[method-assign,assignment]
    with pytest.raises(Refusal):
        await guard.request(b"x", end=True)


async def test_a_guard_drops_empty_pieces_and_closes_once() -> None:
    gate = Gate(stream=True)
    guard = await Guard.begin(gate, META, 1)

    async def request(chunk: bytes, end: bool) -> list[bytes]:
        return [b"", b"a", b""]

    gate.last.request = request  # type: ignore[method-assign,assignment]
    assert await guard.request(b"x", end=True) == [b"a"]
    await guard.close(CloseReason.DONE)
    await guard.close(CloseReason.REFUSED)
    assert gate.last.closed == [CloseReason.DONE]
    assert guard.request_head is None
    with pytest.raises(Refusal):
        await guard.response(b"", end=True)


async def test_a_guard_lets_cancellation_pass() -> None:
    gate = Gate(script={"request:1": ACTIONS["hang"]})
    guard = await Guard.begin(gate, META, 5)
    task = asyncio.ensure_future(guard.request(b"x", end=True))
    await gate.until(lambda gate: gate.last.chunks == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "head",
    [ResponseHead(101, ()), ResponseHead(200, ((b"x y", b""),)), ResponseHead(200, ((b"x", b"a\r\nb: c"),))],
)
async def test_a_guard_checks_the_head_that_the_gate_made(head: ResponseHead) -> None:
    gate = Gate(stream=True)
    guard = await Guard.begin(gate, META, 1)

    async def begin(_: ResponseHead) -> ResponseHead:
        return head

    gate.last.response_begin = begin  # type: ignore[method-assign,assignment]
    with pytest.raises(Refusal):
        await guard.response_begin(ResponseHead(200, ()))
