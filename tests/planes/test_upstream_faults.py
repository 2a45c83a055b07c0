"""An upstream that is down, slow, untrusted or broken: the client is told, or sees a broken answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.errors import REASONS
from gateway.planes.settings import PlaneSettings
from gateway.types import CloseReason

from .certs import TestCA
from .conftest import QUICK, Enter
from .doors import opened
from .gate import Gate
from .upstream import NOTHING, Arrival, Upstream


async def refused(door, code: str) -> None:
    wire = await door.wire()
    await wire.send(door.request("POST", body=b"x"))
    answer = await wire.answer()
    assert answer is not None
    assert answer.status == REASONS[code][0]
    assert code.encode() in answer.body
    assert answer.clean
    await door.gate.until(lambda gate: gate.last.closed == [CloseReason.UPSTREAM_FAILED])


async def test_down(kind: str, ca: TestCA, state: Path) -> None:
    upstream = Upstream()
    port = await upstream.start()
    await upstream.stop()
    async with opened(kind, Gate(), upstream, port, PlaneSettings(ca_bundle=ca.bundle, timeouts=QUICK), state) as door:
        await refused(door, "upstream_unreachable")


@pytest.mark.parametrize("case", ["root", "name"])
async def test_a_certificate_that_cannot_be_verified(
    kind: str, case: str, ca: TestCA, other_ca: TestCA, state: Path
) -> None:
    upstream = Upstream()
    port = await upstream.start(other_ca.server() if case == "root" else ca.server("example.com"))
    settings = PlaneSettings(ca_bundle=ca.bundle, timeouts=QUICK)
    async with opened(kind, Gate(), upstream, port, settings, state, scheme="https") as door:
        await refused(door, "upstream_untrusted")
    await upstream.stop()
    assert upstream.got == NOTHING


async def test_verified_tls(kind: str, ca: TestCA, state: Path) -> None:
    upstream = Upstream()
    port = await upstream.start(ca.server())
    settings = PlaneSettings(ca_bundle=ca.bundle, timeouts=QUICK)
    async with opened(kind, Gate(), upstream, port, settings, state, scheme="https") as door:
        wire = await door.wire()
        await wire.send(door.request("POST", body=b"x"))
        assert (await wire.answer()).status == 200
    await upstream.stop()


BROKEN = {
    "garbage": b"\x16\x03\x01 not http\r\n\r\n",
    "closes": b"",
    "half-head": b"HTTP/1.1 200 OK\r\ncontent-le",
    "101": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\nraw bytes",
    "nul": b"HTTP/1.1 200 OK\r\nx-a: a\x00b\r\ncontent-length: 0\r\n\r\n",
    "two-lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "huge-head": b"HTTP/1.1 200 OK\r\nx-a: " + b"a" * 70_000 + b"\r\ncontent-length: 0\r\n\r\n",
}


async def test_a_head_that_breaks_the_protocol(enter: Enter, subtests: pytest.Subtests) -> None:
    reply = b""

    async def respond(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()
        writer.close()

    door = await enter(Gate(), respond)
    for case, reply in BROKEN.items():  # noqa: B007
        with subtests.test(case):
            await refused(door, "upstream_protocol")


BROKEN_BODIES = {
    "length": b"content-length: 100\r\n\r\nfirst",
    "chunked": b"transfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n",
    "bad-chunk": b"transfer-encoding: chunked\r\n\r\n5\r\nfirst\r\nZZ\r\n",
}


@pytest.mark.parametrize("case", BROKEN_BODIES)
async def test_a_body_that_breaks_off_never_ends_cleanly(enter: Enter, case: str) -> None:
    go = asyncio.Event()
    head, body = BROKEN_BODIES[case].split(b"first")

    async def respond(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"first" + body[:2])
        await writer.drain()
        await go.wait()
        writer.write(body[2:])
        await writer.drain()
        writer.close()

    door = await enter(Gate(), respond)
    wire = await door.wire()
    await wire.send(door.request("POST", body=b"x"))
    reading = asyncio.ensure_future(wire.answer())
    await door.gate.until(lambda gate: bool(gate.exchanges) and gate.last.answer == b"first")
    go.set()
    async with asyncio.timeout(3):  # at once, not when the idle time is over
        answer = await reading
    assert answer is None or not answer.clean or answer.status == 502
    await door.gate.until(lambda gate: gate.last.closed == [CloseReason.UPSTREAM_FAILED])


async def never(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def test_silent_before_the_head(enter: Enter) -> None:
    door = await enter(Gate(), never, times={"first_byte": 0.2, "connect": 0.2})
    await refused(door, "upstream_timeout")


@pytest.mark.parametrize("framing", [b"content-length: 9\r\n", b"transfer-encoding: chunked\r\n", b""])
async def test_silent_in_the_body(enter: Enter, framing: bytes) -> None:
    async def respond(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        piece = b"5\r\nfirst\r\n" if b"chunked" in framing else b"first"
        writer.write(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n" + piece)
        await asyncio.Event().wait()

    door = await enter(Gate(), respond, times={"upstream_idle": 0.2})
    wire = await door.wire()
    await wire.send(door.request("POST", body=b"x"))
    answer = await wire.answer()
    assert answer.body == b"first"
    assert not answer.clean
    await door.gate.until(lambda gate: gate.last.closed == [CloseReason.UPSTREAM_FAILED])


async def test_a_server_that_never_finishes_its_handshake(kind: str, ca: TestCA, state: Path) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    times = QUICK.__class__(connect=0.2, linger=0.2, drain=0.2)
    settings = PlaneSettings(ca_bundle=ca.bundle, timeouts=times)
    async with opened(kind, Gate(), Upstream(), port, settings, state, scheme="https") as door:
        await refused(door, "upstream_timeout")
    server.close()


async def test_an_answer_that_comes_before_the_request_ended(enter: Enter) -> None:
    """A streamed request: what comes early waits until the gate has seen all of it."""

    class Early(Upstream):
        async def _read_body(self, arrival: Arrival, reader: asyncio.StreamReader) -> None:
            if not arrival.body:
                self.writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nearly")
            await super()._read_body(arrival, reader)

        async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.writer = writer
            await super()._serve(reader, writer)

    door = await enter(Gate(stream=True), never, upstream=Early(never))
    wire = await door.wire()
    await wire.send(door.chunked([b"one"], end=b""))
    await door.upstream.until(lambda up: bool(up.arrivals) and up.arrivals[0].size >= 3)
    assert door.gate.last.response_head is None
    await wire.send(b"3\r\ntwo\r\n0\r\n\r\n")
    answer = await wire.answer()
    assert answer.body == b"early"
    assert door.gate.last.seen == b"onetwo"
