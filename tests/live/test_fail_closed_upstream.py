"""An upstream that is down, hangs, breaks off or talks nonsense; and one that does so in the middle of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from . import replies
from .bodies import PROTOCOLS, body
from .exchange import ABORT, HANG, Recorded, Reply, streamed
from .gateway import Gateway
from .ports import eventually, free_port
from .positions import said, send
from .refusals import bare_problems
from .search import found_in
from .upstream import Upstream
from .values import EMAIL
from .wire import Answer, Plane

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-upstream")]

QUICK = {"REDLINE_UPSTREAM_TIMEOUT": "1s", "REDLINE_CONNECT_TIMEOUT": "1s", "REDLINE_IDLE_TIMEOUT": "1s"}

both_planes = pytest.mark.parametrize("plane", ["asgi", "mitm"])


@pytest.fixture(scope="module")
def hasty(recording: Upstream) -> Iterator[Gateway]:
    """A gateway with short deadlines towards its upstream."""
    gateway = Gateway(recording.url, environment=QUICK)
    try:
        yield gateway.start()
        assert gateway.stop() == 0
        assert gateway.leftovers() == []
    finally:
        gateway.discard()


def cut(reply: bytes) -> Reply:
    return Reply((reply, ABORT), chunked=False)


WHOLE_FAULTS: dict[str, Callable[[Recorded], Reply]] = {
    "hangs": lambda _: Reply((b'{"id":', HANG)),
    "hangs_before_the_body": lambda _: Reply((HANG,)),
    "breaks_off": lambda _: cut(b'{"id": "x", "choices": [{"message": {"content": "half'),
    "breaks_off_chunked": lambda _: Reply((b'{"id": "x"', ABORT), chunked=True),
    "is_not_json": lambda _: Reply((b"<html>oops</html>",)),
    "lies_about_its_coding": lambda _: Reply((b"{}",), headers=(("content-encoding", "gzip"),)),
    "uses_an_unknown_coding": lambda _: Reply((b"{}",), headers=(("content-encoding", "snappy"),)),
    "is_binary": lambda _: Reply((b"\x00\x01\x02",), content_type="application/octet-stream"),
}


def asked(plane: Plane, protocol: str = "chat", stream: bool = False) -> Answer:
    return plane.call(send(protocol, body(protocol, f"Mail {EMAIL.value}", stream=stream)))


@both_planes
@pytest.mark.parametrize("fault", WHOLE_FAULTS)
def test_a_broken_answer_is_a_clear_error(fault: str, plane: str, hasty: Gateway, upstream: Upstream) -> None:
    with upstream.behave(WHOLE_FAULTS[fault]):
        answer = asked(hasty.plane(plane))
    assert bare_problems(answer, [EMAIL.value]) == []
    assert answer.status in {502, 503, 504, 403}
    assert not upstream.saw(EMAIL.value)


@both_planes
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_an_upstreams_own_error_passes_with_its_status(
    status: int, plane: str, hasty: Gateway, upstream: Upstream
) -> None:
    def behave(request: Recorded) -> Reply:
        error = {"error": {"message": f"bad: {request.text}", "type": "t", "code": None, "param": None}}
        return replies.whole(error, status=status)

    with upstream.behave(behave):
        answer = asked(hasty.plane(plane))
    assert answer.status == status
    assert not upstream.saw(EMAIL.value)


def test_nobody_listens(fresh: Callable[..., Gateway]) -> None:
    gateway = fresh(f"http://127.0.0.1:{free_port()}", environment=QUICK).start()
    for plane in (gateway.asgi, gateway.mitm):
        answer = asked(plane)
        assert answer.status == 502
        assert bare_problems(answer, [EMAIL.value]) == []


@both_planes
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("step", [HANG, ABORT], ids=["hangs", "breaks_off"])
def test_a_stream_that_breaks_never_ends_as_if_it_were_whole(
    step: object, protocol: str, plane: str, hasty: Gateway, upstream: Upstream
) -> None:
    """Either an error event or a cut connection: a client must be able to tell."""
    make = {"chat": lambda t: replies.chat_events([t]), "responses": replies.response_events}
    events = make.get(protocol, replies.anthropic_events)(["Hel", "lo"])[:3]
    door = hasty.plane(plane)
    with upstream.behave(lambda _: streamed([*events, step])), door.connect() as wire:  # type: ignore[list-item]
        sent = send(protocol, body(protocol, f"Mail {EMAIL.value}", stream=True))
        wire.send(sent.bytes_for(door.host, door.prefix))
        got = b""
        try:
            for data in wire.lines():
                got += data
                if b"\r\n0\r\n\r\n" in got:
                    break
        except ConnectionError:
            pass
    assert b"200" in got.split(b"\r\n")[0]
    told = b'"error"' in got
    silent_end = got.endswith(b"0\r\n\r\n") or b"[DONE]" in got or b"message_stop" in got
    assert told or not silent_end
    assert not found_in(EMAIL.value, got)


@both_planes
def test_a_client_that_leaves_cancels_the_upstream(plane: str, hasty: Gateway, upstream: Upstream) -> None:
    events = replies.chat_events([["Hel", "lo"]])[:2]
    door = hasty.plane(plane)
    with upstream.behave(lambda _: streamed([*events, HANG])):  # type: ignore[list-item]
        with door.connect() as wire:
            sent = send("chat", body("chat", f"Mail {EMAIL.value}", stream=True))
            wire.send(sent.bytes_for(door.host, door.prefix))
            next(iter(wire.lines()))
        assert upstream.last.gone.wait(10)


@both_planes
def test_a_client_that_never_finishes_is_let_go(plane: str, hasty: Gateway, upstream: Upstream) -> None:
    door = hasty.plane(plane)
    with door.connect() as wire:
        wire.send(said("chat", f"Mail {EMAIL.value}").bytes_for(door.host, door.prefix)[:-10])
        got = b"".join(wire.lines())
    assert not got or b" 408 " in got.split(b"\r\n")[0]
    assert eventually(lambda: upstream.requests() == [], 1)
