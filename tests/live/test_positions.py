"""One planted value in every position, under every policy, in every protocol, through both planes.

Under `strict-block` the request must be refused, well-formed. Under `default` it is refused or forwarded with a
token; positions that hold text for the model must be forwarded. The upstream sees the value in no case.
"""

from __future__ import annotations

import re

import pytest

from .bodies import PROTOCOLS
from .gateway import Gateway
from .positions import POSITIONS, Position
from .refusals import bare_problems, problems
from .upstream import Upstream
from .wire import Answer

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-main")]

TOKEN = re.compile(rb"[A-Z][A-Z_]*_[A-Z0-9]{12}")

both_planes = pytest.mark.parametrize("plane", ["asgi", "mitm"])
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


def cases() -> list[object]:
    return [
        pytest.param(position, protocol, id=f"{position.name}-{protocol}")
        for position in POSITIONS
        for protocol in PROTOCOLS
        if position.plant(protocol, position.planted.value) is not None
    ]


def wrong_with(answer: Answer, position: Position, protocol: str) -> list[str]:
    if position.bare:
        return bare_problems(answer, [position.planted.value])
    return problems(answer, protocol, [position.planted.value], policy=position.forwards)


@both_planes
@pytest.mark.parametrize(("position", "protocol"), cases())
def test_blocked(position: Position, protocol: str, plane: str, strict_gateway: Gateway, upstream: Upstream) -> None:
    value = position.planted.value
    sent = position.plant(protocol, value)
    assert sent is not None
    answer = strict_gateway.plane(plane).call(sent)
    assert upstream.requests() == []
    assert wrong_with(answer, position, protocol) == []


@both_planes
@pytest.mark.parametrize(("position", "protocol"), cases())
def test_tokenized(position: Position, protocol: str, plane: str, default_gateway: Gateway, upstream: Upstream) -> None:
    value = position.planted.value
    sent = position.plant(protocol, value)
    assert sent is not None
    answer = default_gateway.plane(plane).call(sent)
    assert not upstream.saw(value)
    if upstream.requests():
        assert answer.status < 500
        assert not position.forwards or TOKEN.search(upstream.last.plain)
    else:
        assert not position.forwards
        assert wrong_with(answer, position, protocol) == []


def test_there_are_enough_positions() -> None:
    assert len({position.name for position in POSITIONS}) == len(POSITIONS) >= 25
    assert sum(position.forwards for position in POSITIONS) >= 20
