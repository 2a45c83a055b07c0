"""Several processes on one port, killed in the middle of an exchange; the policy file read anew, or not."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from gateway.commands.vault import vault

from .exchange import HANG, Reply
from .gateway import REPO, Gateway
from .ports import eventually
from .positions import said
from .upstream import Upstream
from .values import EMAIL
from .wire import Plane

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-workers")]

POLICIES = REPO / "rules" / "policies"


def status(plane: Plane) -> int:
    """0 where there is no answer at all."""
    try:
        return plane.call(said("chat", f"Mail {EMAIL.value}"), seconds=10).status
    except (OSError, http.client.HTTPException):
        return 0


@pytest.fixture(scope="module")
def gateway(recording: Upstream) -> Iterator[Gateway]:
    """Each test leaves it serving again."""
    yield from Gateway(recording.url, workers=2).running()


def test_a_worker_killed_in_the_middle(gateway: Gateway, upstream: Upstream) -> None:
    for plane in (gateway.asgi, gateway.mitm):
        with upstream.behave(lambda _: Reply((HANG,))), plane.connect() as wire:
            wire.send(said("chat", f"Mail {EMAIL.value}").bytes_for(plane.host, plane.prefix))
            assert upstream.wait_for(bool)
            victim = gateway.worker_connected_to(wire.sock.getsockname()[1])
            assert victim is not None
            assert victim.pid != gateway.process.pid  # type: ignore[union-attr]
            victim.kill()
            assert b" 200 " not in b"".join(_until_closed(wire))[:20]
        assert eventually(lambda p=plane: status(p) == 200, 30)
        assert not upstream.saw(EMAIL.value)
        upstream.clear()


def test_a_worker_killed_before_the_verdict(gateway: Gateway, upstream: Upstream) -> None:
    for plane in (gateway.asgi, gateway.mitm):
        data = said("chat", f"Mail {EMAIL.value}").bytes_for(plane.host, plane.prefix)
        with plane.connect() as wire:
            wire.send(data[:-9])
            port = wire.sock.getsockname()[1]
            assert eventually(lambda p=port: gateway.worker_connected_to(p) is not None)
            victim = gateway.worker_connected_to(port)
            assert victim is not None
            victim.kill()
            assert list(_until_closed(wire)) == []
        assert upstream.requests() == []
        assert eventually(lambda p=plane: status(p) == 200, 30)
        upstream.clear()


def test_all_workers_killed_come_back(gateway: Gateway, upstream: Upstream) -> None:
    assert status(gateway.asgi) == 200
    assert eventually(lambda: len(gateway.workers()) == 2, 30)
    for worker in gateway.workers():
        worker.kill()
    assert eventually(lambda: status(gateway.asgi) == 200, 30)
    assert eventually(lambda: status(gateway.mitm) == 200, 30)
    assert not upstream.saw(EMAIL.value)


def test_workers_share_tokens(gateway: Gateway, upstream: Upstream) -> None:
    """Each call is a new connection, so either process may serve it: one token for all of them."""
    for _ in range(12):
        assert status(gateway.asgi) == 200
    assert len({request.json["messages"][0]["content"] for request in upstream.requests()}) == 1


def test_a_scope_is_erased_from_the_embedded_vault(gateway: Gateway, upstream: Upstream) -> None:
    """By another process, through the running gateway, and in every worker."""
    assert status(gateway.asgi) == 200
    (token,) = {message["content"].removeprefix("Mail ") for message in upstream.last.json["messages"]}
    restored = [gateway.asgi.call(said("chat", token)).body.decode() for _ in range(6)]
    assert all(EMAIL.value in body for body in restored)
    with urlopen(f"{gateway.dashboard_url}/api/records?limit=1") as answer:
        client = json.load(answer)["records"][0]["client"]
    erase = ["erase", "default", client, "--state-dir", str(gateway.state_dir)]
    assert CliRunner().invoke(vault, erase).output == "erased\n"
    kept = [gateway.asgi.call(said("chat", token)).body.decode() for _ in range(6)]
    assert all(token in body and EMAIL.value not in body for body in kept)
    assert CliRunner().invoke(vault, erase).output == "nothing was stored for this scope\n"


def test_a_broken_policy_file_keeps_the_old_policy(
    fresh: Callable[..., Gateway], upstream: Upstream, tmp_path: Path
) -> None:
    policy = tmp_path / "live.yaml"
    shutil.copy(POLICIES / "default.yaml", policy)
    gateway = fresh(upstream.url, str(policy)).start()
    assert status(gateway.asgi) == 200
    said_before = len(gateway.stderr) + len(gateway.stdout)

    policy.write_text("policy: live\nversion: 1\nrules: [ {entities: {EMAIL_ADDRESS: allow\n")
    gateway.signal(signal.SIGHUP)
    assert eventually(lambda: len(gateway.stderr) + len(gateway.stdout) > said_before), "a broken policy is reported"
    for plane in (gateway.asgi, gateway.mitm):
        assert status(plane) == 200
    assert not upstream.saw(EMAIL.value)

    policy.unlink()
    gateway.signal(signal.SIGHUP)
    for plane in (gateway.asgi, gateway.mitm):
        assert status(plane) == 200
    assert not upstream.saw(EMAIL.value)

    shutil.copy(POLICIES / "strict-block.yaml", policy)
    gateway.signal(signal.SIGHUP)
    for plane in (gateway.asgi, gateway.mitm):
        assert eventually(lambda p=plane: status(p) == 403)
    assert not upstream.saw(EMAIL.value)
    assert "Traceback" not in gateway.stderr


def _until_closed(wire: object) -> list[bytes]:
    try:
        return list(wire.lines())  # type: ignore[attr-defined]
    except ConnectionError:
        return []
