"""Each stage of the main road broken in turn, through both planes: a clear refusal in time, nothing forwarded."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from . import canary
from .bodies import PATHS, PROTOCOLS, body
from .gateway import Gateway
from .positions import said, send
from .refusals import problems
from .upstream import Upstream
from .values import EMAIL

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-faults")]

QUICK = {"REDLINE_INSPECT_TIMEOUT": "1s"}
BOUND_SECONDS = 10.0
"""Ten times the deadline: a loaded machine is not a hung gateway."""

FAULTS = ("detector:raise", "detector:hang", "policy:raise", "vault:raise", "record:raise")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_stage_forwards_nothing(fault: str, fresh: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = fresh(upstream.url, environment={"REDLINE_TEST_FAULTS": fault, **QUICK}).start()
    protocols = PROTOCOLS[:1] if fault.endswith("hang") else PROTOCOLS  # each of these takes the whole deadline
    for plane in (gateway.asgi, gateway.mitm):
        for protocol in protocols:
            for stream in (False, True):
                began = time.monotonic()
                sent = send(protocol, body(protocol, f"Mail {EMAIL.value}", stream=stream))
                answer = plane.call(sent)
                assert problems(answer, protocol, [EMAIL.value]) == []
                assert answer.status == 503
                assert time.monotonic() - began < BOUND_SECONDS
    assert upstream.requests() == []
    assert gateway.stop() == 0
    assert canary.files(gateway) == []
    assert "Traceback" not in gateway.stderr + gateway.stdout


def test_a_slow_detector_is_waited_for(fresh: Callable[..., Gateway], upstream: Upstream) -> None:
    """Slow, yet within the deadline: the answer is late, and right."""
    gateway = fresh(upstream.url, environment={"REDLINE_TEST_FAULTS": "detector:slow"}).start()
    for plane in (gateway.asgi, gateway.mitm):
        answer = plane.call(said("chat", f"Mail {EMAIL.value}"))
        assert answer.status == 200
        assert EMAIL.value in answer.body.decode()
    assert upstream.last.path == PATHS["chat"]
    assert not upstream.saw(EMAIL.value)
