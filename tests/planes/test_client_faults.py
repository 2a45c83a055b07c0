"""Clients that go away, dawdle, shout or lie about their framing."""

from __future__ import annotations

import asyncio

import pytest

from gateway.errors import REASONS
from gateway.types import CloseReason, Limits

from .conftest import Enter
from .gate import Gate, block, hang
from .upstream import INCOMPLETE, NOTHING, Arrival, Upstream


async def never(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def first_then_nothing(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
    await asyncio.Event().wait()


class Watched(Upstream):
    """Notices that its peer goes away while it is busy answering."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.ensure_future(super()._serve(reader, writer))
        while not reader.at_eof() and not reader.exception():
            if self.arrivals and self.arrivals[-1].complete and await self._eof(reader):
                break
            async with self.changed:
                await self.changed.wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    async def _eof(self, reader: asyncio.StreamReader) -> bool:
        try:
            return await reader.read(1) == b""
        except ConnectionError:
            return True


async def test_gone_while_the_upstream_thinks(enter: Enter) -> None:
    door = await enter(Gate(), upstream=Watched(never))
    wire = await door.wire()
    await wire.send(door.request("POST", body=b"x"))
    await door.upstream.until(lambda up: bool(up.arrivals) and up.arrivals[0].complete)
    wire.close()
    await door.upstream.until(lambda up: up.open == 0)
    await door.gate.until(lambda gate: gate.last.closed == [CloseReason.CLIENT_GONE])


async def test_gone_while_the_answer_streams(enter: Enter) -> None:
    door = await enter(Gate(), upstream=Watched(first_then_nothing))
    wire = await door.wire()
    await wire.send(door.request("POST", body=b"x"))
    assert (await wire.head()).status == 200
    assert await wire.chunk() == b"first"
    wire.close()
    await door.upstream.until(lambda up: up.open == 0)
    await door.gate.until(lambda gate: gate.last.closed == [CloseReason.CLIENT_GONE])


@pytest.mark.parametrize("stream", [False, True])
async def test_gone_in_the_middle_of_a_body(enter: Enter, stream: bool) -> None:
    door = await enter(Gate(stream=stream))
    wire = await door.wire()
    await wire.send(door.chunked([b"one"], end=b""))
    await door.gate.until(lambda gate: bool(gate.exchanges) and gate.last.seen == b"one")
    if stream:
        await door.upstream.until(lambda up: bool(up.arrivals) and up.arrivals[0].size == 3)
    wire.close()
    await door.gate.until(lambda gate: gate.last.closed == [CloseReason.CLIENT_GONE])
    if stream:
        await door.upstream.until(lambda up: up.open == 0)
    assert door.upstream.got == (INCOMPLETE if stream else NOTHING)


async def test_gone_while_the_gate_thinks(enter: Enter) -> None:
    door = await enter(Gate(script={"request:end": hang}))
    wire = await door.wire()
    await wire.send(door.request("POST", body=b"x"))
    await door.gate.until(lambda gate: bool(gate.exchanges) and gate.last.seen == b"x")
    wire.close()
    await door.gate.until(lambda gate: gate.last.closed == [CloseReason.CLIENT_GONE])
    assert door.upstream.connections == 0


async def test_a_head_that_drips(enter: Enter) -> None:
    door = await enter(Gate(), times={"header": 0.3})
    wire = await door.wire()
    await wire.send(b"POST / HTTP/1.1\r\nHost: ")
    answer = await wire.answer()
    assert answer.status == 408
    assert answer.clean
    assert await wire.ended()
    assert not door.gate.exchanges


async def test_a_connection_that_says_nothing(enter: Enter) -> None:
    door = await enter(Gate(), times={"header": 0.2})
    wire = await door.wire()
    assert await wire.ended()


async def test_the_second_head_has_a_limit_too(enter: Enter) -> None:
    door = await enter(Gate(), times={"header": 0.3, "linger": 0.2})
    wire = await door.wire()
    await wire.send(door.request("POST", body=b"x"))
    assert (await wire.answer()).status == 200
    await wire.send(b"POST / HTTP/1.1\r\nHo")
    assert (await wire.answer()).status == 408
    assert await wire.ended()


async def test_an_idle_connection_is_closed(enter: Enter) -> None:
    door = await enter(Gate(), times={"keep_alive": 0.2, "header": 0.2})
    wire = await door.wire()
    await wire.send(door.request("GET"))
    assert (await wire.answer()).status == 200
    assert await wire.ended()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_a_body_that_stops(enter: Enter, framing: str, stream: bool) -> None:
    door = await enter(Gate(stream=stream), times={"body_idle": 0.2, "linger": 0.1})
    wire = await door.wire()
    whole = door.chunked([b"one"], end=b"") if framing == "chunked" else door.request("POST", body=b"one--")[:-2]
    await wire.send(whole)
    answer = await wire.answer()
    assert answer.status == 408
    assert b"client_timeout" in answer.body
    assert await wire.ended()
    await door.gate.until(lambda gate: gate.last.closed == [CloseReason.REFUSED])
    if stream:
        await door.upstream.until(lambda up: up.open == 0)
    assert door.upstream.got == (INCOMPLETE if stream else NOTHING)


@pytest.mark.parametrize("shape", ["one", "many", "endless", "url"])
async def test_a_head_that_is_too_large(enter: Enter, shape: str) -> None:
    door = await enter(Gate(), limits=Limits(headers=4096))
    wire = await door.wire()
    head = {
        "one": door.request("GET", "/", None, "X-A: " + "a" * 5000),
        "many": door.request("GET", "/", None, *[f"X-{n}: a" for n in range(1000)]),
        "endless": b"GET / HTTP/1.1\r\nX-A: " + b"a" * 5000,
        "url": door.request("GET", "/" + "a" * 5000),
    }[shape]
    await wire.send(head)
    answer = await wire.answer()
    assert answer.status == 431
    assert answer.clean
    assert await wire.ended()
    assert not door.gate.exchanges


async def test_a_refusal_reaches_a_client_that_is_still_sending(enter: Enter) -> None:
    door = await enter(Gate(script={"begin": block}))
    wire = await door.wire()
    body = b"x" * 3_000_000
    sending = asyncio.ensure_future(wire.send(door.request("POST", body=body)))
    answer = await wire.answer()
    assert answer.status == 403
    assert answer.clean
    await asyncio.gather(sending, return_exceptions=True)
    assert door.upstream.got == NOTHING


async def test_a_refused_client_that_never_stops_is_cut(enter: Enter) -> None:
    door = await enter(Gate(script={"begin": block}), times={"linger": 0.2})
    wire = await door.wire()
    await wire.send(door.chunked([b"x"], end=b""))
    assert (await wire.answer()).status == 403
    assert await wire.ended()


async def test_a_client_that_does_not_read_slows_the_upstream_down(enter: Enter) -> None:
    sent = 0

    async def flood(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        while sent < 100_000_000:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)

    door = await enter(Gate(), flood, times={"client_idle": 0.4})
    wire = await door.wire()
    wire.writer.transport.pause_reading()
    await wire.send(door.request("POST", body=b"x"))
    await door.gate.until(lambda gate: bool(gate.exchanges) and gate.last.closed != [])
    assert door.gate.last.closed == [CloseReason.CLIENT_GONE]
    assert sent < 70_000_000  # what the sockets in between hold; all of it is 100 MB


async def test_an_upload_waits_for_the_gate(enter: Enter) -> None:
    """While one piece is judged no more than a bounded amount is read from the client."""
    door = await enter(Gate(script={"request:1": hang}), times={"hook": 0.6, "linger": 0.1})
    wire = await door.wire()
    await wire.send(door.request("POST", body=b"").replace(b"Content-Length: 0", b"Content-Length: 100000000"))
    sent = 0

    async def push() -> None:
        nonlocal sent
        while True:
            wire.writer.write(b"x" * 65536)
            await wire.writer.drain()
            sent += 65536

    pushing = asyncio.ensure_future(push())
    assert (await wire.answer()).status == 503
    held = sent
    pushing.cancel()
    await asyncio.gather(pushing, return_exceptions=True)
    assert held < 70_000_000


AMBIGUOUS = {
    "both-framings": ("Content-Length: 3", "Transfer-Encoding: chunked"),
    "two-lengths": ("Content-Length: 3", "Content-Length: 4"),
    "equal-lengths": ("Content-Length: 3", "Content-Length: 3"),
    "signed-length": ("Content-Length: +3",),
    "listed-length": ("Content-Length: 3, 3",),
    "unknown-coding": ("Transfer-Encoding: gzip, chunked",),
    "spaced-coding": ("Transfer-Encoding: \x0bchunked",),
    "two-codings": ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "space-before-colon": ("Content-Length : 3",),
    "folded": ("X-A: b\r\n Transfer-Encoding: chunked", "Content-Length: 3"),
    "bare-cr": ("X-A: b\rX-B: c", "Content-Length: 3"),
    "bare-lf": ("X-A: b\nX-B: c", "Content-Length: 3"),
    "nul": ("X-A: b\x00c", "Content-Length: 3"),
    "empty-name": (": b", "Content-Length: 3"),
    "odd-name": ("X(A): b", "Content-Length: 3"),
    "two-hosts": ("Host: other.example", "Content-Length: 3"),
    "latin-1": ("X-A: \xe9\xff", "Content-Length: 3"),
    "odd-expectation": ("Expect: 200-ok", "Content-Length: 3"),
    "two-types": ("Content-Type: application/json", "Content-Type: text/plain", "Content-Length: 3"),
}


async def test_an_ambiguous_head_is_refused(enter: Enter, subtests: pytest.Subtests) -> None:
    door = await enter(Gate(), times={"linger": 0.02})
    for case, fields in AMBIGUOUS.items():
        with subtests.test(case):
            wire = await door.wire()
            head = door.request("POST", "/", None, *fields).decode().encode("latin-1")
            await wire.send(head + b"abcGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
            answer = await wire.answer()
            assert answer.status == 400
            assert b"invalid_headers" in answer.body
            assert await wire.ended()
            assert door.upstream.connections == 0
            assert not door.gate.exchanges


REFUSED = {
    "h2c": ("POST / HTTP/1.1", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "H2C": ("POST / HTTP/1.1", "Connection: upgrade", "Upgrade: H2C"),
    "websocket": ("GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
    "unknown": ("GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: raw"),
    "alone": ("GET / HTTP/1.1", "Upgrade: raw"),
    "trace": ("TRACE / HTTP/1.1",),
    "http-1.0": ("GET / HTTP/1.0",),
    "absolute": ("GET http://other.example/ HTTP/1.1",),
    "fragment": ("GET /#a HTTP/1.1",),
    "star": ("OPTIONS * HTTP/1.1",),
    "h2-preface": ("PRI * HTTP/2.0",),
    "no-slash": ("GET x HTTP/1.1",),
    "lower-case": ("get / HTTP/1.1",),
    "control": ("GET /\x01 HTTP/1.1",),
}


async def test_what_cannot_be_inspected_is_refused(enter: Enter, subtests: pytest.Subtests) -> None:
    door = await enter(Gate())
    for case, (start, *fields) in REFUSED.items():
        with subtests.test(case):
            wire = await door.wire()
            await wire.send("\r\n".join([start, f"Host: {door.host}", *fields]).encode() + b"\r\n\r\n")
            answer = await wire.answer("GET")
            assert answer.status in (REASONS["protocol_not_allowed"][0], 400)
            assert b"redline_refusal" in answer.body
            assert door.upstream.connections == 0
            assert not door.gate.exchanges


BROKEN_CHUNKS = {
    "trailers": b"3\r\none\r\n0\r\nx-secret: 1\r\n\r\n",
    "size": b"3\r\none\r\nZZ\r\n",
    "terminator": b"3\r\noneXX0\r\n\r\n",
    "negative": b"-3\r\none\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("stream", [False, True])
async def test_broken_chunks_and_trailers_never_complete(enter: Enter, stream: bool, subtests: pytest.Subtests) -> None:
    door = await enter(Gate(stream=stream))
    for case, chunks in BROKEN_CHUNKS.items():
        with subtests.test(case):
            wire = await door.wire()
            await wire.send(door.chunked([], end=b"") + chunks)
            answer = await wire.answer()
            assert answer is None or answer.status == 400
            await door.gate.until(lambda gate: all(exchange.closed for exchange in gate.exchanges))
            assert not any(arrival.complete for arrival in door.upstream.arrivals)


async def test_a_chunk_header_without_an_end(enter: Enter) -> None:
    door = await enter(Gate(), limits=Limits(headers=4096), times={"linger": 0.1, "body_idle": 0.3})
    wire = await door.wire()
    await wire.send(door.chunked([b"one"], end=b"") + b"3;" + b"x" * 20_000)
    answer = await wire.answer()
    assert answer is None or answer.status in (400, 408)
    assert door.upstream.got == NOTHING


async def test_above_the_connection_limit(enter: Enter) -> None:
    door = await enter(Gate(), max_connections=1)
    wire = await door.wire()
    await wire.send(door.request("GET"))
    assert (await wire.answer()).status == 200
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    assert (await reader.readline()).startswith(b"HTTP/1.1 503")
    writer.close()
