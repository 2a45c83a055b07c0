from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.planes.asgi import create_app, serve
from gateway.planes.mitm import serve as serve_mitm
from gateway.planes.settings import PlaneSettings, Timeouts, bind, is_loopback, upstream_tls
from gateway.types import Limits

from .certs import TestCA
from .doors import to_port
from .gate import Gate


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_other_machines_need_permission(host: str) -> None:
    with pytest.raises(ConfigError, match="allow_non_loopback"):
        bind(host, 0, PlaneSettings())


def test_permission_is_given_by_name() -> None:
    bind("0.0.0.0", 0, PlaneSettings(allow_non_loopback=True)).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


def test_workers_share_a_port() -> None:
    first = bind("127.0.0.1", 0, PlaneSettings())
    second = bind("127.0.0.1", first.getsockname()[1], PlaneSettings())
    first.close()
    second.close()


def test_a_port_of_somebody_else_is_an_error() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError, match=r"Cannot listen on 127\.0\.0\.1:"):
            bind("127.0.0.1", other.getsockname()[1], PlaneSettings())


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_bundle_that_verifies_nothing_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="bundle"):
        PlaneSettings(ca_bundle=path)


def test_only_the_bundle_is_trusted(ca: TestCA) -> None:
    context = upstream_tls(PlaneSettings(ca_bundle=ca.bundle))
    assert context.cert_store_stats()["x509_ca"] == 1
    assert context.check_hostname


@pytest.mark.parametrize("seconds", [0, -1, 1e9, float("inf"), float("nan")])
def test_no_wait_without_an_end(seconds: float) -> None:
    with pytest.raises(ConfigError, match=r"timeouts\.hook"):
        Timeouts(hook=seconds)


def test_sizes_that_make_no_sense() -> None:
    with pytest.raises(ConfigError):
        PlaneSettings(limits=Limits(headers=10))
    with pytest.raises(ConfigError):
        PlaneSettings(max_connections=0)


@pytest.mark.parametrize("plane", ["asgi", "mitm"])
async def test_serve_until_cancelled(plane: str, tmp_path: Path) -> None:
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    settings = PlaneSettings()
    if plane == "asgi":
        running = serve(create_app(Gate(), to_port(1), settings), "127.0.0.1", 0, settings, port.set_result)
    else:
        running = serve_mitm(
            Gate(), "127.0.0.1", 0, settings, mode="forward", state_dir=tmp_path, started=port.set_result
        )
    task = asyncio.ensure_future(running)
    _, writer = await asyncio.open_connection("127.0.0.1", await port)
    writer.close()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection("127.0.0.1", port.result())
