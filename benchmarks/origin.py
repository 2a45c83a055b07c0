"""The model server of the benchmarks, in a process of its own: canned answers, or a paced stream of stamped events.

`python -m benchmarks.origin PORT`. A request whose model is `stream-N-MS` gets N events, MS milliseconds apart;
the id of each event is the monotonic clock in nanoseconds at the moment when it was written.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import Final

import uvloop

_STREAM: Final = re.compile(rb'"model": ?"stream-(\d+)-(\d+(?:\.\d+)?)"')
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def _canned() -> bytes:
    text = "Savings accounts earn interest that is credited every quarter. " * 12
    message = {"role": "assistant", "content": text}
    body = {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "bench",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 150, "total_tokens": 550},
    }
    data = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    return head.encode() + data


CANNED: Final = _canned()
STREAM_HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def event(word: str) -> bytes:
    choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
    body = {"id": str(time.monotonic_ns()), "object": "chat.completion.chunk", "created": 1, "choices": [choice]}
    return _chunk(b"data: " + json.dumps(body).encode() + b"\n\n")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n" % len(data) + data + b"\r\n"


class Origin(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""
        self.streaming: asyncio.Task[None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self.streaming is not None:
            self.streaming.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (size := request_size(self.buffer)) is not None:
            request, self.buffer = self.buffer[:size], self.buffer[size:]
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        match = _STREAM.search(request)
        if match is None:
            self.transport.write(CANNED)  # type: ignore[attr-defined]
        else:
            self.streaming = asyncio.create_task(self._stream(int(match[1]), float(match[2]) / 1000))

    async def _stream(self, count: int, gap: float) -> None:
        write = self.transport.write  # type: ignore[attr-defined]
        write(STREAM_HEAD)
        for number in range(count):
            write(event(f" word{number}"))
            await asyncio.sleep(gap)
        write(_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")


def request_size(buffer: bytes) -> int | None:
    """Bytes of the first whole request in `buffer`; None: not whole yet."""
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return None
    length = _LENGTH.search(buffer, 0, head + 2)
    if length is not None:
        size = head + 4 + int(length[1])
        return size if len(buffer) >= size else None
    if b"chunked" in buffer[:head].lower():
        end = buffer.find(b"0\r\n\r\n", head)
        return end + 5 if end >= 0 else None
    return head + 4


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Origin, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
