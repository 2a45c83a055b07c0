"""Batches of commands on one connection: answers in order, and what becomes of them when it breaks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import hiredis
import pytest
from redis.asyncio import UnixDomainSocketConnection
from redis.exceptions import ConnectionError as Lost
from redis.exceptions import NoScriptError, ResponseError

from gateway.stores.embedded import EmbeddedValkey
from gateway.stores.wire import Wire


def packed(*commands: tuple[Any, ...]) -> bytes:
    return b"".join(hiredis.pack_command(command) for command in commands)


@contextlib.asynccontextmanager
async def wire_to(path: Path, **options: str) -> AsyncIterator[Wire]:
    wire = Wire(lambda: UnixDomainSocketConnection(path=str(path), protocol=2, driver_info=None, **options))
    try:
        yield wire
    finally:
        await wire.aclose()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def answering(path: Path, *answers: bytes) -> AsyncIterator[list[asyncio.StreamWriter]]:
    """A server that says these bytes, one after each piece that it receives, then only listens. Gives its clients,
    each once it has said something."""
    clients: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = iter(answers)
        while await reader.read(65536):
            if writer not in clients:
                clients.append(writer)
            writer.write(next(said, b""))
        writer.close()

    async with await asyncio.start_unix_server(serve, path):
        yield clients


async def test_a_real_server_answers_in_order_and_errors_stay_one_commands_own(vault_server: EmbeddedValkey) -> None:
    user, _, rest = vault_server.url().removeprefix("unix://").partition(":")
    password, _, path = rest.partition("@")
    async with wire_to(Path(path), username=user, password=password) as wire:
        answers = await asyncio.gather(
            wire.exchange(packed(("EVAL", "return ARGV[1]", 0, "one"), ("EVALSHA", "f" * 40, 0)), 2),
            wire.exchange(packed(("EVAL", "return redis.error_reply('MINE 13800138000')", 0)), 1),
            wire.exchange(packed(("EVAL", "return {1, 'two', false}", 0)), 1),
        )
    assert answers[0][0] == b"one"
    assert isinstance(answers[0][1], NoScriptError)
    assert type(answers[1][0]) is ResponseError
    assert "138" not in str(answers[1][0])
    assert answers[2] == [[1, b"two", None]]


async def test_answers_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with answering(path, b"$5\r\nhel", b"lo\r\n:7\r\n") as clients, wire_to(path) as wire:
        first = asyncio.create_task(wire.exchange(b"a", 1))
        await until(lambda: len(clients) == 1)
        assert await wire.exchange(b"b", 1) == [7]
        assert await first == [b"hello"]


async def test_who_stops_waiting_takes_the_connection_along(tmp_path: Path) -> None:
    """Else the next caller would take the late answer for its own."""
    path = tmp_path / "s"
    async with answering(path, b"", b"+late\r\n+mine\r\n") as clients, wire_to(path) as wire:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await wire.exchange(b"a", 1)
        neighbour = asyncio.create_task(wire.exchange(b"b", 1))
        await until(lambda: len(clients) == 2)
        clients[1].write(b"+fresh\r\n")
        assert await neighbour == [b"fresh"]


@pytest.mark.parametrize("nonsense", [b"?what\r\n", b"+one\r\n+one too many\r\n"])
async def test_what_is_no_answer_ends_the_connection(tmp_path: Path, nonsense: bytes) -> None:
    path = tmp_path / "s"
    async with answering(path, nonsense, b"+never read\r\n") as clients, wire_to(path) as wire:
        with contextlib.suppress(Lost):
            await wire.exchange(b"a", 1)
        with contextlib.suppress(Lost):
            async with asyncio.timeout(0.05):
                await wire.exchange(b"b", 1)
        assert len(clients) == 2


async def test_a_server_that_leaves_fails_those_who_wait_and_the_next_connects_anew(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with answering(path) as clients, wire_to(path) as wire:
        waiting = [asyncio.create_task(wire.exchange(b"a", 1)) for _ in range(3)]
        await until(lambda: len(clients) == 1)
        clients[0].close()
        assert all(isinstance(one, Lost) for one in await asyncio.gather(*waiting, return_exceptions=True))
        again = asyncio.create_task(wire.exchange(b"b", 1))
        await until(lambda: len(clients) == 2)
        clients[1].write(b":1\r\n")
        assert await again == [1]
        assert len(clients) == 2


async def test_nobody_there(tmp_path: Path) -> None:
    async with wire_to(tmp_path / "s") as wire:
        for _ in range(2):
            with pytest.raises(Lost):
                await wire.exchange(b"a", 1)
