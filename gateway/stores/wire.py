"""One connection on which batches of packed commands travel, answers in order.

redis-py makes the connection (URL, TLS, credentials, handshake); from then on its stream reader is not in the way:
a timer and a task switch for every command and every answer cost more than what they carry.

Rules for the next editor
1. Answers belong to commands by their order alone: whoever stops waiting half way takes the connection down with it.
2. No retry and no bound in time here: `Link` cuts off what takes too long, and tells its caller.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import hiredis
from redis.exceptions import ConnectionError as Lost
from redis.exceptions import InvalidResponse, NoScriptError, ResponseError

_UNFINISHED: Final = object()


class _Expected:
    """What one caller waits for."""

    __slots__ = ("answers", "count", "done")

    def __init__(self, count: int, done: asyncio.Future[list[Any]]) -> None:
        self.count = count
        self.answers: list[Any] = []
        self.done = done


class _Protocol(asyncio.Protocol):
    """Takes over a transport after its handshake."""

    def __init__(self) -> None:
        self.expected: deque[_Expected] = deque()
        self.lost = False
        self.closed = asyncio.Event()
        self._reader = hiredis.Reader(protocolError=InvalidResponse, replyError=_reply_error, notEnoughData=_UNFINISHED)

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (answer := self._reader.gets()) is not _UNFINISHED:
                self._deliver(answer)
        except InvalidResponse:
            self.fail()

    def _deliver(self, answer: Any) -> None:
        if not self.expected:
            raise InvalidResponse
        head = self.expected[0]
        head.answers.append(answer)
        if len(head.answers) == head.count:
            self.expected.popleft()
            if not head.done.done():
                head.done.set_result(head.answers)

    def connection_lost(self, _error: Exception | None) -> None:
        self.fail()
        self.closed.set()

    def fail(self) -> None:
        """Nothing more will be answered."""
        self.lost = True
        while self.expected:
            done = self.expected.popleft().done
            if not done.done():
                done.set_exception(Lost())


class Wire:
    """Connects when first used, and anew after a loss. `make_connection` answers redis-py's, not yet connected."""

    def __init__(self, make_connection: Callable[[], Any]) -> None:
        self._make = make_connection
        self._connection: Any = None
        self._protocol = _Protocol()
        self._protocol.lost = True
        self._connecting = asyncio.Lock()

    async def exchange(self, packed: bytes, count: int) -> list[Any]:
        """Send `count` packed commands; one answer or `ResponseError` for each. Other failures are raised."""
        if self._protocol.lost:
            await self._connect()
        protocol = self._protocol
        done: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        protocol.expected.append(_Expected(count, done))
        self._connection._writer.transport.write(packed)
        try:
            return await done
        except asyncio.CancelledError:
            protocol.fail()
            raise

    async def _connect(self) -> None:
        async with self._connecting:
            if not self._protocol.lost:
                return
            await self._disconnect()
            connection = self._make()
            try:
                await connection.connect()
            except BaseException:
                await connection.disconnect(nowait=True)
                raise
            self._connection, self._protocol = connection, _Protocol()
            connection._writer.transport.set_protocol(self._protocol)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        connection._writer.transport.abort()
        await connection.disconnect(nowait=True)  # nor could it wait: its own protocol is detached
        await self._protocol.closed.wait()

    async def aclose(self) -> None:
        self._protocol.fail()
        await self._disconnect()


def _reply_error(message: str) -> ResponseError:
    """Without its text, which may quote arguments."""
    return NoScriptError() if message.startswith("NOSCRIPT") else ResponseError()
