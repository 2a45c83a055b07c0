"""`redline records` over a real dashboard, `redline vault` over a real server and a real key file."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.commands.records import lifetime
from gateway.config import Address
from gateway.dashboard import Check, Readiness, create_app, serve
from gateway.stores.embedded import EmbeddedValkey
from gateway.stores.keys import FILE_NAME, KeyRing
from gateway.stores.vault import RedisTokenVault
from gateway.types import Scope

from .conftest import Redline


@dataclass(frozen=True)
class Stored:
    id: str
    fields: Mapping[str, Any]
    ttl_seconds: float


@dataclass
class Log:
    asked: dict[str, Any] = field(default_factory=dict)

    async def latest(self, limit: int = 50, **filters: Any) -> Sequence[Stored]:
        self.asked = {"limit": limit, **filters}
        return [self._stored("01kaaaaaaaaa"), self._stored("01kbbbbbbbbb")][:limit]

    async def exchange(self, exchange_id: str) -> Sequence[Stored]:
        return [self._stored(exchange_id)] if exchange_id.startswith("01k") else []

    @staticmethod
    def _stored(exchange: str) -> Stored:
        fields = {
            "exchange_id": exchange,
            "time": time.time(),
            "direction": "request",
            "route": "openai/chat.completions",
            "effect": "block",
            "entities": {"API_KEY": 2},
            "reasons": ["policy_block"],
        }
        return Stored(f"{exchange}.request", fields, 604_700.0)


@pytest.fixture
def dashboard() -> Iterator[tuple[str, Log]]:
    """Address of a dashboard in a thread of its own, and what it reads."""
    log, heard, loop, stop = Log(), threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    where: list[Address] = []

    async def probe() -> Readiness:
        return Readiness({"workers": Check(True)})

    def started(address: Address) -> None:
        where.append(address)
        heard.set()

    app = create_app(log, probe, lambda: b"")  # type: ignore[arg-type]
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve(app, Address("127.0.0.1", 0), stop, started))
    )
    thread.start()
    assert heard.wait(20)
    yield str(where[0]), log
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    loop.close()


def test_records(redline: Redline, dashboard: tuple[str, Log]) -> None:
    address, log = dashboard
    said = redline("records", "--dashboard-listen", address, "-n", "2", "--effect", "block")
    assert said.code == 0, said.err
    for word in ("01kaaaaaaaaa", "01kbbbbbbbbb", "API_KEY=2", "policy_block", "6d 23h"):
        assert word in said.out
    assert (log.asked["limit"], log.asked["effect"], log.asked["entity"]) == (2, "block", None)
    lines = redline("records", "--dashboard-listen", address, "--json").out.splitlines()
    assert [json.loads(line)["exchange_id"] for line in lines] == ["01kaaaaaaaaa", "01kbbbbbbbbb"]
    assert "01kccccccccc" in redline("records", "01kccccccccc", "--dashboard-listen", address).out
    missing = redline("records", "nothing", "--dashboard-listen", address)
    assert (missing.code, missing.err) == (2, "redline: There is no record of this exchange, or it has expired.\n")


def test_lifetime() -> None:
    assert [lifetime(seconds) for seconds in (5, 65, 3700, 90_000)] == ["5s", "1m 5s", "1h 1m", "1d 1h"]


def test_rotate_key(redline: Redline, tmp_path: Path) -> None:
    KeyRing.create(tmp_path / FILE_NAME)
    said = redline("vault", "rotate-key", "--state-dir", str(tmp_path))
    assert said.code == 0, said.err
    assert "2 keys in the ring" in said.out
    assert len(KeyRing.load(tmp_path / FILE_NAME).ids) == 2


def test_keys_from_the_environment_are_not_ours_to_rotate(redline: Redline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDLINE_MASTER_KEYS", "x")
    said = redline("vault", "rotate-key")
    assert (said.code, "Append a new key there" in said.err) == (2, True)


def test_erase(redline: Redline, tmp_path: Path) -> None:
    keys, scope = KeyRing.create(tmp_path / FILE_NAME), Scope("default", "c_1", "talk")
    with EmbeddedValkey("vault") as server:
        url = server.url("gateway")

        async def mint() -> Sequence[str]:
            vault = RedisTokenVault(url, keys)
            try:
                return await vault.tokenize(scope, [("EMAIL_ADDRESS", "zhang@example.com")])
            finally:
                await vault.aclose()

        (token,) = asyncio.run(mint())
        assert token.startswith("EMAIL_ADDRESS_")
        place = ("--redis-url", url, "--state-dir", str(tmp_path))
        assert redline("vault", "erase", "default", "c_1", "talk", *place).out == "erased\n"
        assert redline("vault", "erase", "default", "c_1", "talk", *place).out == "nothing was stored for this scope\n"
