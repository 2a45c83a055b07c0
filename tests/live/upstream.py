"""A recording upstream: a real HTTP/1.1 server that keeps the exact bytes of everything that reaches it.

Rule for the next editor: bytes are recorded as they are read, before they are understood. A request that
breaks off in the middle is a request: its bytes count, and it is marked INCOMPLETE.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from . import replies
from .exchange import ABORT, HANG, Pause, Recorded, Reply, Until, whole
from .search import found_in

type Behaviour = Callable[[Recorded], Reply]

_READ = 1 << 16


class Upstream:
    """Runs in a thread of its own; every method may be called from the test."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._requests: list[Recorded] = []
        self._bytes: list[bytearray] = []
        self._behaviour: Behaviour = replies.echo
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="upstream", daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def start(self) -> Upstream:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def requests(self) -> list[Recorded]:
        with self._changed:
            return list(self._requests)

    @property
    def last(self) -> Recorded:
        return self.requests()[-1]

    @property
    def connections(self) -> int:
        with self._changed:
            return len(self._bytes)

    def saw(self, value: str) -> bool:
        """Did `value` arrive, in any form, on any connection, complete or not?"""
        with self._changed:
            wires = [bytes(wire) for wire in self._bytes]
            bodies = [bytes(request.body) for request in self._requests]
        return any(found_in(value, data) for data in (*wires, *bodies))

    def clear(self) -> None:
        """Forget what has arrived so far; open connections stay open."""
        with self._changed:
            self._requests.clear()
            for wire in self._bytes:
                wire.clear()

    @contextlib.contextmanager
    def behave(self, behaviour: Behaviour) -> Iterator[Upstream]:
        """Answer in another way for a while."""
        before, self._behaviour = self._behaviour, behaviour
        try:
            yield self
        finally:
            self._behaviour = before

    def wait_for(self, condition: Callable[[list[Recorded]], bool], seconds: float = 10) -> bool:
        """Wait until what has arrived satisfies `condition`; False at the deadline."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self._requests), seconds)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        wire = bytearray()
        with self._changed:
            self._bytes.append(wire)
        try:
            await _Connection(self, reader, writer, wire).run()
        except (OSError, ValueError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    def _note(self, change: Callable[[], None]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()


@dataclass
class _Connection:
    upstream: Upstream
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    wire: bytearray
    buffer: bytearray = field(default_factory=bytearray)

    async def run(self) -> None:
        while (head := await self._until(b"\r\n\r\n")) is not None:
            recorded = Recorded.of(head)
            self.upstream._note(lambda r=recorded: self.upstream._requests.append(r))
            if not await self._body(recorded):
                return
            self.upstream._note(recorded.complete.set)
            if not await self._answer(recorded):
                return

    async def _fill(self) -> bool:
        data = await self.reader.read(_READ)
        with self.upstream._changed:
            self.wire += data
        self.buffer += data
        return bool(data)

    async def _until(self, mark: bytes) -> bytes | None:
        while (at := self.buffer.find(mark)) < 0:
            if not await self._fill():
                return None
        return self._take(at + len(mark))

    async def _exactly(self, size: int, into: bytearray) -> bool:
        while size:
            if not self.buffer and not await self._fill():
                return False
            piece = self._take(min(size, len(self.buffer)))
            into += piece
            size -= len(piece)
        return True

    def _take(self, size: int) -> bytes:
        piece = bytes(self.buffer[:size])
        del self.buffer[:size]
        return piece

    async def _body(self, recorded: Recorded) -> bool:
        if "chunked" in recorded.header("transfer-encoding").lower():
            return await self._chunked(recorded)
        return await self._exactly(int(recorded.header("content-length") or 0), recorded.body)

    async def _chunked(self, recorded: Recorded) -> bool:
        while (line := await self._until(b"\r\n")) is not None:
            size = int(line.split(b";")[0], 16)
            if not size:
                return await self._trailers()
            if not await self._exactly(size, recorded.body) or await self._until(b"\r\n") is None:
                return False
        return False

    async def _trailers(self) -> bool:
        while (line := await self._until(b"\r\n")) is not None:
            if line == b"\r\n":
                return True
        return False

    async def _answer(self, recorded: Recorded) -> bool:
        """False where the connection is not to be used again."""
        try:
            reply = self.upstream._behaviour(recorded)
        except (ValueError, LookupError, TypeError):
            reply = whole({"error": {"message": "cannot be understood", "type": "invalid_request_error"}}, status=400)
        gone = asyncio.create_task(self._watch(recorded))
        try:
            return await self._send(reply, recorded)
        except OSError:
            self.upstream._note(recorded.gone.set)
            return False
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone

    async def _watch(self, recorded: Recorded) -> None:
        """Nothing is pipelined behind a request, so a readable socket means that the other side has left."""
        try:
            here = await self._fill()
        except OSError:
            here = False
        if not here:
            self.upstream._note(recorded.gone.set)

    async def _send(self, reply: Reply, recorded: Recorded) -> bool:
        self.writer.write(reply.head())
        for step in reply.steps:
            match step:
                case bytes():
                    self.writer.write(reply.frame(step))
                    await self.writer.drain()
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case Until(event, seconds):
                    await _either(event, recorded.gone, seconds)
                case _ if step is HANG:
                    await _either(recorded.gone, recorded.gone, 60)
                    return False
                case _ if step is ABORT:
                    return False
        self.writer.write(reply.tail())
        await self.writer.drain()
        return not reply.closes


async def _either(event: threading.Event, other: threading.Event, seconds: float) -> None:
    """Polls, so that stopping the upstream never waits for a thread."""
    deadline = time.monotonic() + seconds
    while not (event.is_set() or other.is_set()) and time.monotonic() < deadline:
        await asyncio.sleep(0.005)
