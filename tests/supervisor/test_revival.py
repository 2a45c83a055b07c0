"""A dead embedded store comes back empty, at the same address, counted and told; until then nothing is ready."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import ConfigError, StoreError
from gateway.stores.embedded import EmbeddedValkey
from gateway.stores.keys import KeyRing
from gateway.stores.vault import RedisTokenVault
from gateway.supervisor import revival as revival_module
from gateway.supervisor.readiness import probe_of
from gateway.supervisor.revival import Revival
from gateway.types import Scope

from .test_readiness import GOOD, Said

ALICE = Scope("bank", "alice", "")


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedValkey]:
    made = EmbeddedValkey("vault")
    made.start()
    yield made
    await asyncio.to_thread(made.stop)


async def until(condition: object, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_a_store_that_dies_comes_back_empty(server: EmbeddedValkey, tmp_path: Path) -> None:
    said: list[str] = []
    revival = Revival([server], said.append)
    probe = probe_of(Said(GOOD), None, None, revival)
    url, first = server.url(), server.pid
    vault = RedisTokenVault(url, KeyRing.resolve(tmp_path))
    (token,) = await vault.tokenize(ALICE, [("PERSON", "张伟")])
    assert (revival.note, (await probe()).checks["stores"].detail) == ("", "vault and decision log answer")
    os.kill(first, signal.SIGKILL)
    await until(lambda: not server.alive)
    assert (await probe()).checks["stores"].ok is False
    with pytest.raises(StoreError):
        await vault.detokenize(ALICE, [token])

    watch = asyncio.create_task(revival.watch())
    await until(lambda: "started anew once" in revival.note)
    assert (revival.whole, server.url(), server.pid == first) == (True, url, False)
    check = (await probe()).checks["stores"]
    assert (check.ok, check.detail) == (True, f"vault and decision log answer; {revival.note}")
    assert b'redline_store_restarts_total{store="vault"} 1.0' in revival.exposition()
    assert [line for line in said if "no longer restored" in line]
    assert list(await vault.detokenize(ALICE, [token])) == [None], "like any token that nobody knows"
    assert list(await vault.tokenize(ALICE, [("PERSON", "张伟")])) == [token]
    assert list(await vault.detokenize(ALICE, [token])) == ["张伟"]
    watch.cancel()
    await vault.aclose()


async def test_one_that_cannot_come_back_is_told_and_tried_again(
    server: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revival_module, "SHORTEST_SECONDS", 0.02)
    monkeypatch.setattr(revival_module, "LOOK_SECONDS", 0.01)
    revive, failures = server.revive, iter([ConfigError("no memory."), OSError(12, "no memory")])

    def fails_twice() -> None:
        for error in failures:
            raise error
        revive()

    monkeypatch.setattr(server, "revive", fails_twice)
    said: list[str] = []
    revival = Revival([server], said.append)
    os.kill(server.pid, signal.SIGKILL)
    await until(lambda: not server.alive)
    assert revival.note == "the vault store is down"
    watch = asyncio.create_task(revival.watch())
    await until(lambda: any("is back" in line for line in said))
    assert sum("no memory" in line for line in said) == 2
    assert b'redline_store_restarts_total{store="vault"} 1.0' in revival.exposition()
    watch.cancel()


def test_one_that_lives_or_was_stopped_is_left_alone() -> None:
    made = EmbeddedValkey("log")
    made.revive()
    assert not made.alive
    made.start()
    pid = made.pid
    made.revive()
    assert made.pid == pid
    made.stop()
    made.revive()
    assert not made.alive
