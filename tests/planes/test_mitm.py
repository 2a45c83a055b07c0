"""What only an intercepting proxy can get wrong."""

from __future__ import annotations

import asyncio
import ssl
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mitmproxy import version
from mitmproxy.proxy import server_hooks

from gateway.errors import ConfigError
from gateway.planes.mitm import MitmServer, certificate_authority
from gateway.planes.mitm.handler import GateHandler
from gateway.planes.settings import PlaneSettings

from .certs import TestCA
from .client import Wire
from .conftest import QUICK
from .doors import Door, opened
from .gate import Gate
from .upstream import COMPLETE, Upstream


@pytest.fixture
async def door(ca: TestCA, state: Path) -> AsyncIterator[Door]:
    upstream = Upstream()
    port = await upstream.start()
    settings = PlaneSettings(ca_bundle=ca.bundle, timeouts=QUICK)
    async with opened("mitm-forward", Gate(), upstream, port, settings, state) as door:
        yield door
    await upstream.stop()


async def plain(door: Door) -> Wire:
    wire = Wire(*await asyncio.open_connection("127.0.0.1", door.port))
    door.wires.append(wire)
    return wire


async def connect(door: Door, authority: str, *fields: str) -> tuple[Wire, int]:
    wire = await plain(door)
    await wire.send("\r\n".join([f"CONNECT {authority} HTTP/1.1", *fields]).encode() + b"\r\n\r\n")
    answer = await wire.head()
    return wire, answer.status if answer else 0


async def test_plain_http_through_the_proxy(door: Door) -> None:
    wire = await plain(door)
    where = f"localhost:{door.upstream_port}"
    for path in ("/a?b=c", "/d"):
        await wire.send(f"GET http://{where}{path} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
        assert (await wire.answer("GET")).status == 200
        assert door.upstream.arrivals[-1].target == path.encode()
    assert door.gate.last.meta.head.target.scheme == "http"
    assert door.upstream.got == COMPLETE


async def test_plain_http_inside_a_tunnel(door: Door) -> None:
    where = f"localhost:{door.upstream_port}"
    wire, status = await connect(door, where, f"Host: {where}")
    assert status == 200
    await wire.send(f"GET /x HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
    assert (await wire.answer("GET")).status == 200
    assert door.gate.last.meta.head.target.host == "localhost"


@pytest.mark.parametrize(
    ("start", "host"),
    [
        ("GET http://localhost:{port}/ HTTP/1.1", "elsewhere.example"),
        ("GET http://localhost:{port}/ HTTP/1.1", "localhost"),
        ("GET https://localhost:{port}/ HTTP/1.1", "localhost:{port}"),
        ("GET ftp://localhost:{port}/ HTTP/1.1", "localhost:{port}"),
        ("GET / HTTP/1.1", "localhost:{port}"),
        ("GET http://user@localhost:{port}/ HTTP/1.1", "localhost:{port}"),
    ],
)
async def test_a_target_in_doubt_is_refused(door: Door, start: str, host: str) -> None:
    wire = await plain(door)
    await wire.send(f"{start}\r\nHost: {host}\r\n\r\n".format(port=door.upstream_port).encode())
    answer = await wire.answer("GET")
    assert answer.status == 400
    assert b"redline_refusal" in answer.body
    assert door.upstream.connections == 0
    assert not door.gate.exchanges


@pytest.mark.parametrize(
    "fields",
    [("Host: other.example:443",), ("Host: a:1", "Host: a:1"), ("Host: a:1", "Content-Length: 3"), ("Upgrade: x",)],
)
async def test_a_doubtful_connect_is_refused(door: Door, fields: tuple[str, ...]) -> None:
    _, status = await connect(door, "a:1", *fields)
    assert status == 400


@pytest.mark.parametrize("port", [53, 22, 5353, 443])
@pytest.mark.parametrize(
    "data", [b"SSH-2.0-OpenSSH_9\r\n", b"\x00\x1d\x01\x00\x00\x01\x00\x00", b"\x16\x02zz", b"EHLO x\r\n\r\n"]
)
async def test_no_other_protocol_gets_through_a_tunnel(door: Door, port: int, data: bytes) -> None:
    wire, status = await connect(door, f"localhost:{port}")
    assert status == 200
    await wire.send(data + b"\r\n\r\n")
    answer = await wire.answer()
    assert answer is None or answer.status == 400
    assert await wire.ended()
    assert not door.gate.exchanges


@pytest.mark.parametrize("case", ["sni", "host", "absolute", "connect"])
async def test_names_inside_a_tunnel_must_agree(door: Door, case: str) -> None:
    where = f"localhost:{door.upstream_port}"
    wire, _ = await connect(door, where)
    context = ssl.create_default_context(cafile=door.ca_file)
    context.check_hostname = False
    name = "elsewhere.example" if case == "sni" else "localhost"
    await wire.writer.start_tls(context, server_hostname=name)
    start = {
        "absolute": f"GET http://{where}/ HTTP/1.1",
        "connect": f"CONNECT {where} HTTP/1.1",
    }.get(case, "GET / HTTP/1.1")
    host = "elsewhere.example" if case == "host" else where
    await wire.send(f"{start}\r\nHost: {host}\r\n\r\n".encode())
    answer = await wire.answer("GET")
    assert answer.status in (400, 403)
    assert door.upstream.connections == 0
    assert not door.gate.exchanges


async def test_a_loop_ends(door: Door) -> None:
    """A request for the proxy itself reaches the gate like any other and then fails; it does not go round."""
    where = f"127.0.0.1:{door.port}"
    wire = await plain(door)
    await wire.send(f"GET http://{where}/ HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
    assert (await wire.answer("GET")).status == 400  # the second round is origin form, which a proxy refuses
    assert len(door.gate.exchanges) == 1


async def test_an_upstream_without_a_verdict_is_refused_by_the_handler_too(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second lock: a connection to an address that no verdict named is not opened."""
    refused: list[str] = []
    plain_hook = GateHandler._plain

    def spy(self: GateHandler, hook: object) -> None:
        if isinstance(hook, server_hooks.ServerConnectHook):
            self._link.permitted.clear()
        plain_hook(self, hook)  # type: ignore[arg-type]
        if isinstance(hook, server_hooks.ServerConnectHook):
            refused.append(hook.data.server.error or "")

    monkeypatch.setattr(GateHandler, "_plain", spy)
    where = f"localhost:{door.upstream_port}"
    wire = await plain(door)
    await wire.send(f"GET http://{where}/ HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
    assert (await wire.answer("GET")).status == 502
    assert refused == ["no verdict"]
    assert door.upstream.connections == 0


@pytest.mark.parametrize("hook", ["next_layer", "tls"])
async def test_a_hook_that_raises_ends_the_connection(door: Door, monkeypatch: pytest.MonkeyPatch, hook: str) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("planted")

    if hook == "next_layer":
        monkeypatch.setattr("gateway.planes.mitm.handler.choose_layer", crash)
    else:
        monkeypatch.setattr("gateway.planes.mitm.runtime.Runtime.start_client_tls", crash)
    where = f"localhost:{door.upstream_port}"
    wire, _ = await connect(door, where)
    with pytest.raises((ConnectionError, ssl.SSLError)):
        await wire.writer.start_tls(ssl.create_default_context(cafile=door.ca_file), server_hostname="localhost")
    assert door.upstream.connections == 0


async def test_a_layer_that_crashes_ends_the_connection(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("gateway.planes.mitm.http1.GateHttp1Server.take_head", crash)
    wire = await plain(door)
    await wire.send(b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert await wire.ended()
    assert not door.gate.exchanges


def test_the_authority_is_private_and_made_once(tmp_path: Path) -> None:
    first = certificate_authority(tmp_path / "state")
    content = first.read_bytes()
    assert certificate_authority(tmp_path / "state").read_bytes() == content
    assert b"PRIVATE KEY" not in content
    for path in first.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700


def test_an_authority_that_others_can_read_is_refused(tmp_path: Path) -> None:
    cert = certificate_authority(tmp_path)
    (cert.parent / "mitmproxy-ca.pem").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod"):
        certificate_authority(tmp_path)


@pytest.mark.parametrize("broken", ["missing", "garbage"])
async def test_a_broken_authority_is_refused(tmp_path: Path, broken: str) -> None:
    key = certificate_authority(tmp_path).parent / "mitmproxy-ca.pem"
    key.unlink() if broken == "missing" else key.write_bytes(b"no key")
    server = MitmServer(Gate(), "127.0.0.1", 0, PlaneSettings(), mode="forward", state_dir=tmp_path)
    with pytest.raises(ConfigError, match="remove"):
        await server.start()
    await server.stop()


async def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "VERSION", "12.3.0")
    server = MitmServer(Gate(), "127.0.0.1", 0, PlaneSettings(), mode="forward", state_dir=tmp_path)
    with pytest.raises(ConfigError, match=r"12\.2\.3"):
        await server.start()
    await server.stop()


def test_reverse_mode_wants_an_upstream(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="upstream"):
        MitmServer(Gate(), "127.0.0.1", 0, PlaneSettings(), mode="reverse", state_dir=tmp_path)
