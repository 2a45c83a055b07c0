"""Redis paused, full and killed under a running gateway: nothing is forwarded, and it recovers where Redis does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from . import replies
from .bodies import body
from .exchange import Recorded, Reply, Until
from .gateway import Gateway
from .ports import eventually, free_port
from .positions import said, send
from .refusals import problems
from .upstream import Upstream
from .valkey import Valkey
from .values import Planted, make
from .wire import SECONDS, Plane

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-stores")]

QUICK = {"REDLINE_INSPECT_TIMEOUT": "2s"}


@pytest.fixture(scope="module")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("breakable")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def gateway(recording: Upstream, breakable: Valkey) -> Iterator[Gateway]:
    """One gateway for all of this: each test leaves it serving again, which is half of what is shown."""
    yield from Gateway(recording.url, redis_url=breakable.url, environment=QUICK).running()


def new_value(name: str) -> Planted:
    """Never seen by this gateway, so that the vault must be written."""
    return make("EMAIL_ADDRESS", name)


def refused(plane: Plane, upstream: Upstream, name: str) -> None:
    planted = new_value(f"{plane.name}-{name}")
    seen = len(upstream.requests())
    began = time.monotonic()
    answer = plane.call(said("chat", f"Mail {planted.value}"))
    assert problems(answer, "chat", [planted.value]) == []
    assert answer.status == 503
    assert time.monotonic() - began < SECONDS
    assert len(upstream.requests()) == seen
    assert not upstream.saw(planted.value)


def served(plane: Plane, upstream: Upstream, name: str) -> bool:
    planted = new_value(f"{plane.name}-{name}")
    answer = plane.call(said("chat", f"Mail {planted.value}"))
    assert not upstream.saw(planted.value)
    return answer.status == 200 and planted.value in answer.body.decode()


def test_paused_then_resumed(gateway: Gateway, breakable: Valkey, upstream: Upstream) -> None:
    assert served(gateway.asgi, upstream, "before")
    breakable.pause()
    try:
        for plane in (gateway.asgi, gateway.mitm):
            refused(plane, upstream, "paused")
    finally:
        breakable.resume()
    for plane in (gateway.asgi, gateway.mitm):
        assert eventually(lambda p=plane: served(p, upstream, "after"), 20)


def test_full_then_freed(gateway: Gateway, breakable: Valkey, upstream: Upstream) -> None:
    assert served(gateway.asgi, upstream, "before")
    breakable.limit("1")
    for plane in (gateway.asgi, gateway.mitm):
        refused(plane, upstream, "full")
    breakable.limit("0")
    for plane in (gateway.asgi, gateway.mitm):
        assert eventually(lambda p=plane: served(p, upstream, "after"), 20)


def test_killed_then_replaced(gateway: Gateway, breakable: Valkey, upstream: Upstream) -> None:
    assert served(gateway.asgi, upstream, "before")
    breakable.kill()
    for plane in (gateway.asgi, gateway.mitm):
        refused(plane, upstream, "killed")
    breakable.start()
    for plane in (gateway.asgi, gateway.mitm):
        assert eventually(lambda p=plane: served(p, upstream, "after"), 20)


def test_killed_while_an_answer_streams(gateway: Gateway, breakable: Valkey, upstream: Upstream) -> None:
    """The stream ends, whole or with an error, in bounded time."""
    planted, go = new_value("stream"), threading.Event()

    def behave(request: Recorded) -> Reply:
        events = replies.chat_events([["A", " ", replies.user_text(request.json)]])
        return Reply([*events[:2], Until(go), *events[2:]], content_type="text/event-stream", chunked=True)

    with upstream.behave(behave), gateway.asgi.connect() as wire:
        wire.send(send("chat", body("chat", f"Mail {planted.value}", stream=True)).bytes_for("gateway"))
        got = next(iter(wire.lines()))
        breakable.kill()
        go.set()
        while b"\r\n0\r\n\r\n" not in got and (data := wire.sock.recv(1 << 16)):
            got += data
    assert b" 200 " in got[:20]
    assert not upstream.saw(planted.value)
    breakable.start()
    assert eventually(lambda: served(gateway.asgi, upstream, "after-stream"), 20)


def test_no_redis_at_start_is_one_clear_sentence(fresh: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = fresh(upstream.url, redis_url=f"redis://127.0.0.1:{free_port()}/0").launch()
    assert gateway.wait(60) not in {0, None}
    assert "Traceback" not in gateway.stderr
    assert "edis" in gateway.stderr
    assert gateway.leftovers() == []


def test_the_embedded_servers_killed(fresh: Callable[..., Gateway], upstream: Upstream) -> None:
    """Without --redis-url: our own Valkey children die. Refused until they are back; never forwarded."""
    gateway = fresh(upstream.url, environment=QUICK).start()
    assert served(gateway.asgi, upstream, "before")
    (old,) = {message["content"] for message in upstream.last.json["messages"]}
    servers = [process for process in gateway.family() if "valkey" in process.name() or "redis" in process.name()]
    assert servers
    for server in servers:
        server.kill()
    for plane in (gateway.asgi, gateway.mitm):
        assert eventually(lambda p=plane: served(p, upstream, "after"), 30)
    assert gateway.asgi.call(said("chat", old)).body.decode().count(old) == 1, "nobody knows the old token any more"
    assert eventually(lambda: gateway.stderr.count("store is back") == 2)
    assert gateway.stop() == 0
    assert gateway.leftovers() == []
