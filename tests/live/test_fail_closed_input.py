"""What cannot be read is refused: in bounded time, with a clear error, and the upstream never sees the value."""

from __future__ import annotations

import http.client
import socket

import pytest

from . import replies
from .attacks import ATTACKS, VALUE, Attack
from .bodies import PATHS, body
from .exchange import whole
from .gateway import Gateway
from .positions import said, send
from .refusals import bare_problems
from .search import found_in
from .upstream import Upstream
from .values import EMAIL, PLANTED
from .wire import Answer, Plane, Sent

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-main")]

both_planes = pytest.mark.parametrize("plane", ["asgi", "mitm"])
SECRETS = [planted.value for planted in PLANTED]


def outcome(plane: Plane, data: bytes) -> Answer | None:
    """The answer, or None where the connection was closed instead. A hung connection raises TimeoutError."""
    with plane.connect() as wire:
        wire.send(data)
        try:
            return wire.answer()
        except (http.client.HTTPException, ConnectionError):
            return None


@both_planes
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.name)
def test_unreadable_input_is_refused(attack: Attack, plane: str, default_gateway: Gateway, upstream: Upstream) -> None:
    door = default_gateway.plane(plane)
    answer = outcome(door, attack.make(door.host, door.prefix))
    assert not any(upstream.saw(value) for value in SECRETS)
    if answer is None or not attack.status:
        assert not attack.status, "closed without an answer"
        assert answer is None or answer.status < 400 or not found_in(VALUE, answer.everything)
        return
    assert answer.status in attack.status
    assert bare_problems(answer, SECRETS) == []


@both_planes
def test_the_gateway_still_serves_after_all_that(plane: str, default_gateway: Gateway, upstream: Upstream) -> None:
    answer = default_gateway.plane(plane).call(said("chat", f"Mail {EMAIL.value}"))
    assert answer.status == 200
    assert EMAIL.value in answer.body.decode()
    assert not upstream.saw(EMAIL.value)


@both_planes
def test_a_websocket_is_refused(plane: str, default_gateway: Gateway, upstream: Upstream) -> None:
    rows = (
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("x-note", VALUE),
    )
    answer = default_gateway.plane(plane).call(Sent("/v1/realtime", headers=rows, method="GET"))
    assert 400 <= answer.status <= 599
    assert upstream.requests() == []


def test_connect_to_raw_tcp_is_refused(default_gateway: Gateway, upstream: Upstream) -> None:
    """Inside the tunnel comes neither TLS nor HTTP: nothing of it may pass."""
    with socket.create_connection(("127.0.0.1", default_gateway.proxy_port), timeout=20) as tunnel:
        authority = f"127.0.0.1:{upstream.port}".encode()
        tunnel.sendall(b"CONNECT " + authority + b" HTTP/1.1\r\nhost: " + authority + b"\r\n\r\n")
        tunnel.recv(1 << 16)
        try:
            tunnel.sendall(b"\x00\x01raw " + VALUE.encode() + b"\r\n\r\n")
            while tunnel.recv(1 << 16):
                pass
        except ConnectionError:
            pass
    assert not upstream.saw(VALUE)


def test_http_inside_connect_is_inspected(default_gateway: Gateway, upstream: Upstream) -> None:
    with socket.create_connection(("127.0.0.1", default_gateway.proxy_port), timeout=20) as tunnel:
        authority = f"127.0.0.1:{upstream.port}"
        tunnel.sendall(f"CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n".encode())
        tunnel.recv(1 << 16)
        try:
            tunnel.sendall(said("chat", f"Mail {VALUE}").bytes_for(authority))
            tunnel.recv(1 << 16)
        except ConnectionError:
            pass
    assert not upstream.saw(VALUE)


@both_planes
def test_half_a_request_reaches_nobody(plane: str, default_gateway: Gateway, upstream: Upstream) -> None:
    """The client leaves in the middle of the body: there was no verdict, so nothing was sent on."""
    door = default_gateway.plane(plane)
    before = upstream.connections
    with door.connect() as wire:
        wire.send(said("chat", f"Mail {VALUE}").bytes_for(door.host, door.prefix)[:-20])
    assert default_gateway.plane(plane).call(said("chat", "Hello")).status == 200
    assert len(upstream.requests()) == 1
    assert upstream.connections <= before + 1
    assert not upstream.saw(VALUE)


@both_planes
def test_an_answer_with_a_value_is_blocked_where_policy_says_so(
    plane: str, strict_gateway: Gateway, upstream: Upstream
) -> None:
    """The upstream itself says something personal; `strict-block` covers both directions."""
    message = {"role": "assistant", "content": f"Try {EMAIL.value}."}
    with upstream.behave(lambda request: whole(replies.chat_message(request.json, message))):
        answer = strict_gateway.plane(plane).call(send("chat", body("chat", "Whom do I ask?")))
    assert answer.status in {403, 502}
    assert not found_in(EMAIL.value, answer.everything)
    assert PATHS["chat"] == upstream.last.path
