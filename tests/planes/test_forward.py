"""What passes, passes whole and unchanged, in both directions."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.types import CloseReason, RequestHead

from .conftest import Enter
from .gate import Gate
from .upstream import COMPLETE, Arrival, Upstream

BODY = b'{"a":"\xe4\xbd\xa0\xe5\xa5\xbd"}'


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_arrives_whole(enter: Enter, stream: bool, chunked: bool) -> None:
    door = await enter(Gate(stream=stream))
    wire = await door.wire()
    await wire.send(door.chunked([BODY, BODY]) if chunked else door.request("POST", "/v1/x", BODY + BODY))
    answer = await wire.answer()
    assert answer.status == 200
    assert answer.body == b'{"ok":true}'
    assert answer.clean
    assert door.upstream.got == COMPLETE
    assert door.upstream.arrivals[0].body == BODY + BODY
    await door.gate.last.closing.wait()
    assert door.gate.last.closed == [CloseReason.DONE]


async def test_a_request_without_a_body(enter: Enter) -> None:
    door = await enter(Gate())
    wire = await door.wire()
    for method in ("GET", "DELETE", "OPTIONS", "POST"):
        await wire.send(door.request(method))
        assert (await wire.answer()).status == 200
        arrival = door.upstream.arrivals[-1]
        assert arrival.start.split(b" ")[0] == method.encode()
        assert arrival.body == b""
        assert not arrival.get(b"transfer-encoding")
        assert door.gate.last.meta.head.method == method


PATHS = ["/v1/x?q=%41%2e&b=+", "/a/../b", "/%2e%2e/%2F//x", "/v1/%E4%BD%A0", "/?", "/x;y=1?a=b?c", "/a%20b?u=http://h/"]


async def test_the_target_is_sent_as_it_came(enter: Enter) -> None:
    door = await enter(Gate())
    wire = await door.wire()
    for path in PATHS:
        await wire.send(door.request("GET", path))
        assert (await wire.answer()).status == 200
        assert door.upstream.arrivals[-1].target == path.encode().removesuffix(b"?")


async def test_heads_cross_without_what_is_for_one_hop(enter: Enter) -> None:
    door = await enter(Gate())
    wire = await door.wire()
    fields = (
        "Connection: keep-alive, X-Hop", "X-Hop: 1", "Keep-Alive: 5", "TE: trailers", "Proxy-Authorization: Basic eA==",
        "Authorization: Bearer k", "X-Twice: 1", "X-Twice: 2", "X-Utf: \u4f60",
    )  # fmt: skip
    await wire.send(door.request("GET", "/", None, *fields))
    assert (await wire.answer()).status == 200
    arrival = door.upstream.arrivals[0]
    names = [name.lower() for name, _ in arrival.headers]
    assert sorted(set(names)) == [b"authorization", b"host", b"x-twice", b"x-utf"]
    assert arrival.get(b"host") == [f"localhost:{door.upstream_port}".encode()]
    assert arrival.get(b"x-twice") == [b"1", b"2"]
    assert arrival.get(b"x-utf") == ["\u4f60".encode()]


async def test_the_gate_may_rewrite_everything(enter: Enter) -> None:
    def rewrite(head: RequestHead, body: bytes) -> tuple[RequestHead, bytes]:
        target = replace(head.target, path="/new", query="t=PERSON_1")
        return replace(head, target=target, headers=((b"x-new", b"1"), (b"content-length", b"999"))), body * 3

    door = await enter(
        Gate(rewrite_request=rewrite, rewrite_response=lambda chunk: chunk.replace(b"true", b"restored"))
    )
    wire = await door.wire()
    await wire.send(door.request("POST", "/old?t=zhang", BODY))
    answer = await wire.answer()
    assert answer.body == b'{"ok":restored}'
    assert answer.clean
    arrival = door.upstream.arrivals[0]
    assert arrival.target == b"/new?t=PERSON_1"
    assert arrival.body == BODY * 3
    assert arrival.get(b"content-length") == [str(len(BODY * 3)).encode()]
    assert arrival.get(b"x-new") == [b"1"]


async def test_one_connection_serves_many_requests(enter: Enter) -> None:
    door = await enter(Gate())
    wire = await door.wire()
    for count in range(3):
        await wire.send(door.request("POST", f"/{count}", BODY))
        assert (await wire.answer()).clean
    assert door.upstream.connections == 1
    assert [arrival.target for arrival in door.upstream.arrivals] == [b"/0", b"/1", b"/2"]
    await door.gate.until(lambda gate: all(exchange.closed for exchange in gate.exchanges))
    assert [exchange.closed for exchange in door.gate.exchanges] == [[CloseReason.DONE]] * 3


async def test_pipelined_requests_are_judged_one_by_one(enter: Enter) -> None:
    door = await enter(Gate())
    wire = await door.wire()
    await wire.send(b"".join(door.request("POST", f"/{count}", b"%d" % count) for count in range(3)))
    for _ in range(3):
        assert (await wire.answer()).status == 200
    assert [exchange.seen for exchange in door.gate.exchanges] == [b"0", b"1", b"2"]
    assert [arrival.body for arrival in door.upstream.arrivals] == [b"0", b"1", b"2"]


async def test_100_continue_only_after_begin(enter: Enter) -> None:
    began = asyncio.Event()
    door = await enter(Gate(script={"begin": began.wait}))
    wire = await door.wire()
    request = door.request("POST", "/", b"late", "Expect: 100-continue")
    await wire.send(request.removesuffix(b"late"))
    answer = asyncio.ensure_future(wire.head())
    await asyncio.sleep(0)
    assert not answer.done()
    began.set()
    assert (await answer).status == 100
    await wire.send(b"late")
    assert (await wire.answer()).status == 200
    assert door.upstream.arrivals[0].body == b"late"
    assert not door.upstream.arrivals[0].get(b"expect")


BODILESS = {
    "HEAD": b"HTTP/1.1 200 OK\r\ncontent-length: 42\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n",
    "empty": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "after-103": b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
}


@pytest.mark.parametrize("case", BODILESS)
async def test_answers_without_a_body(enter: Enter, case: str) -> None:
    async def respond(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        writer.write(BODILESS[case])

    door = await enter(Gate(), respond)
    wire = await door.wire()
    method = "HEAD" if case == "HEAD" else "GET"
    for _ in range(2):
        await wire.send(door.request(method))
        answer = await wire.answer(method)
        assert answer.status == (int(case) if case.isdigit() else 200)
        assert answer.body == b""
        assert answer.clean
    assert answer.get(b"content-length") == (b"42" if case == "HEAD" else answer.get(b"content-length"))
    await door.gate.until(lambda gate: gate.last.closed == [CloseReason.DONE])


FRAMINGS = {
    "chunked": b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n",
    "trailers": b"transfer-encoding: chunked\r\n\r\n6\r\nonetwo\r\n0\r\nx-sum: 1\r\n\r\n",
    "length": b"content-length: 6\r\n\r\nonetwo",
    "until-close": b"\r\nonetwo",
}


@pytest.mark.parametrize("case", FRAMINGS)
async def test_answers_in_every_framing(enter: Enter, case: str) -> None:
    async def respond(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + FRAMINGS[case])
        if case == "until-close":
            await writer.drain()
            writer.close()

    door = await enter(Gate(), respond)
    wire = await door.wire()
    for _ in range(2):
        await wire.send(door.request("POST", body=BODY))
        answer = await wire.answer()
        assert answer.body == b"onetwo"
        assert answer.clean
        assert not answer.get(b"x-sum")


async def test_server_sent_events_flow_one_by_one(enter: Enter) -> None:
    turn = asyncio.Queue[bytes]()

    async def respond(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        while event := await turn.get():
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    door = await enter(Gate(), respond)
    wire = await door.wire()
    await wire.send(door.request("POST", body=BODY))
    for count in range(5):
        event = b"data: %d\n\n" % count
        turn.put_nowait(event)
        if not count:
            assert (await wire.head()).get(b"content-type") == b"text/event-stream"
        assert await wire.chunk() == event
    turn.put_nowait(b"")
    assert await wire.chunk() == b""


async def test_redirects_and_cookies_are_the_clients_affair(enter: Enter) -> None:
    async def respond(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        fields = b"location: /elsewhere\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 0\r\n\r\n"
        writer.write(b"HTTP/1.1 302 Found\r\n" + fields)

    door = await enter(Gate(), respond)
    wire = await door.wire()
    for _ in range(2):
        await wire.send(door.request("GET"))
        answer = await wire.answer()
        assert answer.status == 302
        assert [value for name, value in answer.headers if name == b"set-cookie"] == [b"a=1", b"b=2"]
    assert [arrival.target for arrival in door.upstream.arrivals] == [b"/v1/x"] * 2
    assert not door.upstream.arrivals[1].get(b"cookie")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_thousand_chunks(enter: Enter, stream: bool) -> None:
    door = await enter(Gate(stream=stream))
    wire = await door.wire()
    pieces = [b"%07d" % count * 100 for count in range(1000)]
    sending = asyncio.ensure_future(wire.send(door.chunked(pieces)))
    answer = await wire.answer()
    await sending
    assert answer.status == 200
    assert door.upstream.arrivals[0].body == b"".join(pieces)


async def test_nothing_tells_who_we_are(enter: Enter) -> None:
    door = await enter(Gate())
    wire = await door.wire()
    await wire.send(door.request("GET"))
    answer = await wire.answer()
    assert sorted(name for name, _ in answer.headers) == [b"content-length", b"content-type"]
