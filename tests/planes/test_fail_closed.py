"""Whatever the gate does at whatever step: the upstream never has a message that was not let through, the client
gets a clear refusal or a broken answer, and the exchange is closed once."""

from __future__ import annotations

import asyncio
from itertools import product

import pytest

from gateway.errors import REASONS
from gateway.types import CloseReason

from .client import Wire
from .conftest import Enter
from .doors import Door
from .gate import ACTIONS, Gate, block_with_event
from .upstream import COMPLETE, INCOMPLETE, NOTHING, Arrival, Upstream, answer_ok

CODES = {"block": "policy_block", "hang": "deadline_exceeded"}
QUICK = {"hook": 0.15}
CHUNKS = [b"one", b"two", b"three", b"four"]


async def chunks_back(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    """An answer whose pieces come one by one."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n")
    for piece in CHUNKS:
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    writer.write(b"0\r\n\r\n")


def reason_for(action: str) -> CloseReason:
    return CloseReason.REFUSED if action == "block" else CloseReason.PLANE_FAILED


async def closed_with(door: Door, reason: CloseReason) -> None:
    await door.gate.until(lambda gate: gate.last.closed == [reason])


async def expect_refusal(door: Door, wire: Wire, action: str, method: str = "POST") -> None:
    code = CODES.get(action, "inspection_failed")
    answer = await wire.answer(method)
    assert answer is not None
    assert answer.status == REASONS[code][0]
    assert code.encode() in answer.body
    assert answer.clean
    assert b"13800138000" not in answer.body
    assert b"mitm" not in repr(answer.headers).encode().lower()


def split_body(door: Door, framing: str) -> tuple[bytes, list[bytes]]:
    """A request whose body comes in three pieces."""
    if framing == "length":
        return door.request("POST", body=b"aaabbbccc").removesuffix(b"aaabbbccc"), [b"aaa", b"bbb", b"ccc"]
    return door.chunked([], end=b""), [b"3\r\naaa\r\n", b"3\r\nbbb\r\n", b"3\r\nccc\r\n0\r\n\r\n"]


async def test_begin(enter: Enter, subtests: pytest.Subtests) -> None:
    door = await enter(Gate(), times=QUICK)
    for action in ACTIONS:
        with subtests.test(action):
            door.gate.script = {"begin": ACTIONS[action]}
            wire = await door.wire()
            await wire.send(door.request("POST", body=b"secret"))
            await expect_refusal(door, wire, action)
            assert door.upstream.got == NOTHING
            assert door.upstream.connections == 0


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_request_held_to_its_end(enter: Enter, framing: str, subtests: pytest.Subtests) -> None:
    door = await enter(Gate(), times=QUICK)
    for step, action in product(["request:1", "request:2", "request:end"], ["block", "crash", "hang"]):
        with subtests.test(f"{step} {action}"):
            door.gate.script = {step: ACTIONS[action]}
            door.gate.exchanges.clear()
            wire = await door.wire()
            head, pieces = split_body(door, framing)
            await wire.send(head)
            for count, piece in enumerate(pieces, 1):
                await wire.send(piece)
                if step == f"request:{count}":
                    break
                await door.gate.until(lambda gate, n=count: bool(gate.exchanges) and gate.last.chunks >= n)
            await expect_refusal(door, wire, action)
            assert door.upstream.got == NOTHING
            assert door.upstream.connections == 0
            await closed_with(door, reason_for(action))


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_request_under_way(enter: Enter, framing: str, subtests: pytest.Subtests) -> None:
    """The verdict fell early and bytes have left: the upstream must see that the message never ended."""
    door = await enter(Gate(stream=True), times=QUICK)
    for step, action in product(["request:3", "request:end"], ["block", "crash", "hang"]):
        with subtests.test(f"{step} {action}"):
            door.gate.script = {step: ACTIONS[action]}
            door.upstream.arrivals.clear()
            wire = await door.wire()
            head, (*pieces, last) = split_body(door, framing)
            await wire.send(head)
            for count, piece in enumerate(pieces, 1):
                await wire.send(piece)
                await door.upstream.until(lambda up, n=count: bool(up.arrivals) and up.arrivals[0].size >= 3 * n)
            await wire.send(last)
            await expect_refusal(door, wire, action)
            await door.upstream.until(lambda up: up.open == 0)
            assert door.upstream.got == INCOMPLETE
            await closed_with(door, reason_for(action))


@pytest.mark.parametrize("stream", [False, True])
async def test_no_verdict_no_connection(enter: Enter, stream: bool) -> None:
    door = await enter(Gate(stream=stream, verdict=False))
    for body in (None, b"secret"):
        wire = await door.wire()
        await wire.send(door.request("POST" if body else "GET", body=body))
        answer = await wire.answer()
        assert answer.status == 503
        assert b"no_verdict" in answer.body
        assert door.upstream.connections == 0
        await door.gate.until(lambda gate: gate.last.closed == [CloseReason.PLANE_FAILED])


async def test_answer_before_its_first_byte(enter: Enter, subtests: pytest.Subtests) -> None:
    door = await enter(Gate(), times=QUICK)
    for step, action in product(["response_begin", "response:1"], ACTIONS):
        with subtests.test(f"{step} {action}"):
            door.gate.script = {step: ACTIONS[action]}
            wire = await door.wire()
            await wire.send(door.request("POST", body=b"ok"))
            await expect_refusal(door, wire, action)
            assert door.upstream.got == COMPLETE
            await closed_with(door, reason_for(action))


async def test_held_answer_is_refused_whole(enter: Enter, subtests: pytest.Subtests) -> None:
    door = await enter(Gate(hold_response=True), chunks_back, times=QUICK)
    for action in ("block", "crash", "hang"):
        with subtests.test(action):
            door.gate.script = {"response:end": ACTIONS[action]}
            wire = await door.wire()
            await wire.send(door.request("POST", body=b"ok"))
            await expect_refusal(door, wire, action)


async def step_by_step(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ntransfer-encoding: chunked\r\n\r\n" % kind_of(arrival))
    writer.write(b"5\r\nfirst\r\n")
    await writer.drain()
    await up.gate.wait()  # type: ignore[attr-defined]
    writer.write(b"6\r\nsecond\r\n0\r\n\r\n")


def kind_of(arrival: Arrival) -> bytes:
    return b"text/event-stream" if b"sse" in arrival.target else b"text/plain"


async def test_answer_under_way_is_cut(enter: Enter, subtests: pytest.Subtests) -> None:
    door = await enter(Gate(), step_by_step, times=QUICK)
    for action in ("block", "crash", "hang", "cancel"):
        with subtests.test(action):
            door.gate.script = {"response:2": ACTIONS[action]}
            door.upstream.gate = asyncio.Event()
            wire = await door.wire()
            await wire.send(door.request("POST", body=b"ok"))
            assert (await wire.head()).status == 200
            assert await wire.chunk() == b"first"
            door.upstream.gate.set()
            assert await wire.ended()
            await closed_with(door, reason_for(action))


async def test_event_stream_under_way_ends_in_an_error_event(enter: Enter) -> None:
    door = await enter(Gate(script={"response:2": block_with_event}), step_by_step)
    door.upstream.gate = asyncio.Event()
    wire = await door.wire()
    await wire.send(door.request("POST", "/sse", body=b"ok"))
    answer = await wire.head()
    assert await wire.chunk() == b"first"
    door.upstream.gate.set()
    assert await wire.chunk() == b"event: error\ndata: blocked\n\n"
    assert await wire.chunk() == b""
    assert answer.status == 200


async def test_a_close_that_fails_hurts_nobody(enter: Enter) -> None:
    door = await enter(Gate(script={"close": ACTIONS["crash"]}))
    wire = await door.wire()
    for _ in range(2):
        await wire.send(door.request("POST", body=b"ok"))
        answer = await wire.answer()
        assert answer.status == 200
    assert [len(exchange.closed) for exchange in door.gate.exchanges] == [1, 1]


async def test_keep_alive_goes_on_after_a_refusal(enter: Enter) -> None:
    door = await enter(Gate(script={"request:end": ACTIONS["block"]}))
    wire = await door.wire()
    await wire.send(door.request("POST", body=b"secret"))
    await expect_refusal(door, wire, "block")
    door.gate.script.clear()
    await wire.send(door.request("POST", body=b"fine"))
    answer = await wire.answer()
    assert answer.status == 200
    assert [arrival.body for arrival in door.upstream.arrivals] == [b"fine"]
    assert door.upstream.responder is answer_ok
