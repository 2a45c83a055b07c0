"""One upstream, one Valkey and one gateway a policy for each test process; their end is a test of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from . import canary
from .gateway import Gateway
from .upstream import Upstream
from .valkey import Valkey


@pytest.fixture(scope="session")
def recording() -> Iterator[Upstream]:
    upstream = Upstream().start()
    yield upstream
    upstream.stop()


@pytest.fixture
def upstream(recording: Upstream) -> Upstream:
    """The recording upstream, with nothing seen yet."""
    recording.clear()
    return recording


@pytest.fixture(scope="session")
def shared_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("valkey")).start()
    yield server
    server.stop()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server that the test may break."""
    server = Valkey(tmp_path).start()
    yield server
    server.stop()


PATIENCE = {"REDLINE_HEADER_TIMEOUT": "4s"}
"""Some tests send what never becomes a request."""


def _running(gateway: Gateway, valkey: Valkey) -> Iterator[Gateway]:
    gateway.start()
    try:
        yield gateway
        assert canary.places(gateway, valkey) == []
        assert gateway.stop() == 0
        assert gateway.leftovers() == []
        assert canary.files(gateway) == []
    finally:
        gateway.discard()


@pytest.fixture(scope="session")
def default_gateway(recording: Upstream, shared_valkey: Valkey) -> Iterator[Gateway]:
    """Policy `default`: personal data becomes tokens."""
    yield from _running(
        Gateway(recording.url, "default", redis_url=shared_valkey.url, environment=PATIENCE), shared_valkey
    )


@pytest.fixture(scope="session")
def strict_gateway(recording: Upstream, shared_valkey: Valkey) -> Iterator[Gateway]:
    """Policy `strict-block`: personal data is refused."""
    yield from _running(
        Gateway(recording.url, "strict-block", redis_url=shared_valkey.url, environment=PATIENCE), shared_valkey
    )


@pytest.fixture
def policy_gateway(request: pytest.FixtureRequest) -> Gateway:
    """The shared gateway of the policy that the test is parametrised with."""
    policy: str = request.getfixturevalue("policy")
    return request.getfixturevalue({"default": "default_gateway", "strict-block": "strict_gateway"}[policy])


@pytest.fixture
def fresh() -> Iterator[Callable[..., Gateway]]:
    """Make gateways that the test may break; what is left of them at the end is removed."""
    made: list[Gateway] = []

    def make(*args: object, **kwargs: object) -> Gateway:
        made.append(Gateway(*args, **kwargs))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for gateway in made:
        gateway.discard()
