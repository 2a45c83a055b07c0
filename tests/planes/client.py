"""A raw HTTP/1.1 client: it sends the bytes it is told to, and knows a clean end from a broken one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass
class Answer:
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    clean: bool = False

    def get(self, name: bytes) -> bytes:
        return next((value for key, value in self.headers if key.lower() == name), b"")


class Wire:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        async with asyncio.timeout(10):
            await self.writer.drain()

    async def head(self) -> Answer | None:
        """The next response head; None where the connection ends without one."""
        async with asyncio.timeout(10):
            try:
                raw = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
        start, *lines = raw[:-4].split(b"\r\n")
        fields = [line.split(b": ", 1) for line in lines]
        return Answer(int(start.split(b" ")[1]), [(name.lower(), value) for name, value in fields])

    async def answer(self, method: str = "POST") -> Answer | None:
        """The next final answer, read to its end."""
        head = await self.head()
        while head and head.status == 100:
            head = await self.head()
        if head:
            async with asyncio.timeout(10):
                await self._body(head, method)
        return head

    async def _body(self, answer: Answer, method: str) -> None:
        try:
            if method == "HEAD" or answer.status in (204, 304):
                answer.clean = True
            elif answer.get(b"transfer-encoding") == b"chunked":
                while size := int((await self.reader.readuntil(b"\r\n")).strip(), 16):
                    answer.body += (await self.reader.readexactly(size + 2))[:-2]
                await self.reader.readexactly(2)
                answer.clean = True
            elif length := answer.get(b"content-length"):
                left = int(length)
                while left:
                    data = await self.reader.read(left)
                    if not data:
                        return
                    answer.body += data
                    left -= len(data)
                answer.clean = True
            else:
                raise AssertionError("an answer without framing cannot be told from a broken one")
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    async def chunk(self) -> bytes:
        """One chunk of a chunked body; `b""` at its end."""
        async with asyncio.timeout(10):
            size = int((await self.reader.readuntil(b"\r\n")).strip(), 16)
            return (await self.reader.readexactly(size + 2))[:-2]

    async def ended(self) -> bool:
        """True once the peer has closed, without another byte."""
        async with asyncio.timeout(10):
            try:
                return await self.reader.read(1) == b""
            except ConnectionError:
                return True

    def close(self) -> None:
        self.writer.transport.abort()
