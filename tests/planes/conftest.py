from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.planes.settings import PlaneSettings, Timeouts
from gateway.types import Limits

from .certs import TestCA
from .doors import PLANES, Door, opened
from .gate import Gate
from .upstream import Responder, Upstream, answer_ok

QUICK = Timeouts(
    header=5, body_idle=5, request=20, keep_alive=5, hook=5, connect=5, first_byte=5, upstream_idle=5, client_idle=5,
    linger=0.1, drain=1,
)  # fmt: skip


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> TestCA:
    return TestCA(tmp_path_factory.mktemp("ca"), "Test Root")


@pytest.fixture(scope="session")
def other_ca(tmp_path_factory: pytest.TempPathFactory) -> TestCA:
    return TestCA(tmp_path_factory.mktemp("other"), "Unknown Root")


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(params=PLANES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


type Enter = Callable[..., Any]


@pytest.fixture
async def enter(kind: str, ca: TestCA, state: Path) -> AsyncIterator[Enter]:
    """`await enter(gate, responder, times=…, limits=…)` → a `Door`; everything is taken down afterwards."""
    async with AsyncExitStack() as stack:

        async def go(
            gate: Gate, responder: Responder = answer_ok, times: dict[str, float] | None = None,
            limits: Limits | None = None, upstream: Upstream | None = None, **settings: Any,
        ) -> Door:  # fmt: skip
            upstream = upstream or Upstream(responder)
            tls = ca.server() if kind == "mitm-forward" else None
            port = await upstream.start(tls)
            stack.push_async_callback(upstream.stop)
            plane = PlaneSettings(
                ca_bundle=ca.bundle, timeouts=replace(QUICK, **(times or {})), limits=limits or Limits(), **settings
            )
            return await stack.enter_async_context(opened(kind, gate, upstream, port, plane, state))

        yield go
