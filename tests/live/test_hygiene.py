"""What stays of a gateway that has ended: nothing. And what it says when it cannot start: one sentence."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import pytest

from . import canary
from .gateway import Gateway
from .ports import listening
from .positions import said
from .upstream import Upstream
from .values import PLANTED

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-hygiene")]

EVERYTHING = " ".join(planted.value for planted in PLANTED)


@pytest.mark.parametrize("ending", ["SIGTERM", "Ctrl-C"])
def test_an_ended_gateway_leaves_nothing(ending: str, fresh: Callable[..., Gateway], upstream: Upstream) -> None:
    """With the embedded stores and two workers: the largest family."""
    gateway = fresh(upstream.url, workers=2).start()
    for plane in (gateway.asgi, gateway.mitm):
        assert plane.call(said("chat", EVERYTHING)).status == 200
    gateway.family()
    if ending == "SIGTERM":
        gateway.signal(signal.SIGTERM)
    else:
        gateway.interrupt()
    assert gateway.wait() == 0
    assert gateway.leftovers() == []
    assert canary.files(gateway) == []
    assert "Traceback" not in gateway.stdout + gateway.stderr
    assert not any(listening(port) for port in (gateway.port, gateway.dashboard_port, gateway.proxy_port))
    sockets = [path for path in gateway.root.rglob("*") if path.is_socket()]
    assert sockets == []
    assert list(gateway.temp_dir.iterdir()) == []


def test_the_supervisor_killed_takes_its_children_along(fresh: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = fresh(upstream.url, workers=2).start()
    gateway.family()
    gateway.signal(signal.SIGKILL)
    gateway.wait()
    assert gateway.leftovers(15) == []


def test_the_same_state_folder_can_be_used_again(fresh: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = fresh(upstream.url).start()
    assert gateway.stop() == 0
    gateway.start()
    assert gateway.asgi.call(said("chat", EVERYTHING)).status == 200
    assert gateway.stop() == 0


@pytest.mark.parametrize("which", ["port", "dashboard_port", "proxy_port"])
def test_a_port_in_use_is_one_clear_sentence(which: str, fresh: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = fresh(upstream.url)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", getattr(gateway, which)))
        taken.listen()
        gateway.launch()
        assert gateway.wait(60) == 2
    lines = [line for line in gateway.stderr.splitlines() if line.strip()]
    assert len(lines) == 1
    assert str(getattr(gateway, which)) in lines[0]
    assert "Traceback" not in gateway.stderr
    assert "ready" not in gateway.stdout
    assert gateway.leftovers() == []


@pytest.mark.parametrize(
    ("options", "mention"),
    [
        (("--policy", "no-such-policy"), "no-such-policy"),
        (("--upstream", "ftp://example.org"), "--upstream"),
        (("--listen", "0.0.0.0:0"), "loopback"),
        (("--upstream", "http://api.example.com"), "http"),
    ],
    ids=["policy", "scheme", "public", "plain"],
)
def test_a_start_that_cannot_be_is_one_clear_sentence(
    options: tuple[str, str], mention: str, fresh: Callable[..., Gateway], upstream: Upstream
) -> None:
    gateway = fresh(upstream.url, options=options).launch()
    assert gateway.wait(60) == 2
    said = [line for line in gateway.stderr.splitlines() if line.startswith("redline: ")]
    assert len(said) == 1
    assert mention in said[0]
    assert "Traceback" not in gateway.stderr
    assert "ready" not in gateway.stdout
    assert gateway.leftovers() == []
