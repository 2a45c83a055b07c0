"""A recording upstream on a raw socket: it knows whether a request arrived whole, in part, or not at all."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

COMPLETE, INCOMPLETE, NOTHING = "complete", "incomplete", "nothing"

OK = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}'


@dataclass
class Arrival:
    start: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    size: int = 0
    complete: bool = False

    @property
    def target(self) -> bytes:
        return self.start.split(b" ")[1]

    def get(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name]


type Responder = Callable[[Upstream, Arrival, asyncio.StreamWriter], Awaitable[None]]


async def answer_ok(up: Upstream, arrival: Arrival, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)


class Upstream:
    def __init__(self, responder: Responder = answer_ok, keep: int = 1 << 20) -> None:
        self.responder = responder
        self.keep = keep
        self.arrivals: list[Arrival] = []
        self.connections = 0
        self.open = 0
        self.changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, tls: ssl.SSLContext | None = None) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def got(self) -> str:
        if not self.arrivals:
            return NOTHING
        return COMPLETE if all(arrival.complete for arrival in self.arrivals) else INCOMPLETE

    async def until(self, what: Callable[[Upstream], bool]) -> None:
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: what(self))

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        try:
            while True:
                arrival = await self._read_head(reader)
                if arrival is None:
                    break
                await self._read_body(arrival, reader)
                await self._notify()
                if not arrival.complete:
                    break
                await self.responder(self, arrival, writer)
                await writer.drain()
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            self._tasks.discard(task)
            self.open -= 1
            writer.transport.abort()
            await self._notify()

    async def _read_head(self, reader: asyncio.StreamReader) -> Arrival | None:
        try:
            raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                self.arrivals.append(Arrival(start=error.partial))
            return None
        start, *lines = raw[:-4].split(b"\r\n")
        fields = [line.split(b": ", 1) for line in lines]
        arrival = Arrival(start, [(name, value) for name, value in fields])
        self.arrivals.append(arrival)
        await self._notify()
        return arrival

    async def _read_body(self, arrival: Arrival, reader: asyncio.StreamReader) -> None:
        def take(data: bytes) -> None:
            arrival.size += len(data)
            if len(arrival.body) < self.keep:
                arrival.body += data

        try:
            if arrival.get(b"transfer-encoding"):
                while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
                    take((await reader.readexactly(size + 2))[:-2])
                    await self._notify()
                await reader.readexactly(2)
            else:
                left = int((arrival.get(b"content-length") or [b"0"])[0])
                while left:
                    data = await reader.read(min(left, 65536))
                    if not data:
                        return
                    left -= len(data)
                    take(data)
                    await self._notify()
        except asyncio.IncompleteReadError:
            return
        arrival.complete = True
