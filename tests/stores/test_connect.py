"""URLs and the mapping of every error that redis-py can raise."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import pytest
import redis.exceptions

from gateway.errors import ConfigError, StoreError
from gateway.stores.connect import Link, describe

ERRORS = [
    value
    for _, value in inspect.getmembers(redis.exceptions, inspect.isclass)
    if issubclass(value, Exception) and value.__module__ == "redis.exceptions"
]


@pytest.mark.parametrize("kind", [*ERRORS, OSError, ConnectionResetError, TimeoutError, asyncio.IncompleteReadError])
async def test_every_error_becomes_a_code_without_its_text(kind: type[Exception]) -> None:
    async def fail() -> None:
        error = kind.__new__(kind)
        error.args = ("13800138000",)
        raise error

    async with Link("redis://localhost:1/0", "vault_failed") as link:
        with pytest.raises(StoreError) as failure:
            await link.call(fail())
    assert failure.value.code == "vault_failed"
    assert "138" not in repr(failure.value.__dict__)
    assert failure.value.__cause__ is None


async def test_a_slow_call_is_cut_off() -> None:
    async with Link("redis://localhost:1/0", "record_failed", call_seconds=0.01) as link:
        with pytest.raises(StoreError, match="record_failed"):
            await link.call(asyncio.Event().wait())


async def test_cancellation_is_not_an_error_of_the_store() -> None:
    async with Link("redis://localhost:1/0", "record_failed") as link:
        task = asyncio.create_task(link.call(asyncio.Event().wait()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_nobody_listening(tmp_path: Path) -> None:
    for url in (f"unix://{tmp_path}/s", "redis://127.0.0.1:1/0"):
        async with Link(url, "vault_failed") as link:
            with pytest.raises(StoreError, match="vault_failed"):
                await link.ping()


@pytest.mark.parametrize("url", ["", "localhost:6379", "http://localhost", "rediss://u:p@host:port/0"])
def test_an_unusable_url_is_told_with_the_mend_and_without_the_password(url: str) -> None:
    with pytest.raises(ConfigError, match="redis://") as failure:
        Link(url, "vault_failed")
    assert "u:p" not in str(failure.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://user:secret@host:6379/0", "redis://host:6379/0"),
        ("unix://gateway:secret@/run/x/s", "unix:///run/x/s"),
        ("rediss://host:6380", "rediss://host:6380"),
    ],
)
def test_a_described_url_has_no_credentials(url: str, shown: str) -> None:
    assert describe(url) == shown
