"""A closed-loop load generator, in a process of its own: N keep-alive connections, each sends when it has its answer.

`python -m benchmarks.load PORT CONCURRENCY SECONDS KIND` prints one JSON object: requests, seconds, failures and
the latencies' percentiles in milliseconds. The first half second warms up and does not count.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable
from typing import Final

import uvloop

from benchmarks.payloads import maker

WARM_UP: Final = 0.5
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Run:
    """Shared by all connections."""

    def __init__(self, make: Callable[[int], bytes]) -> None:
        self.make = make
        self.number = time.time_ns() // 1000 % 50_000_000
        self.counting = False
        self.latencies: list[float] = []
        self.failures: dict[str, int] = {}

    def request(self) -> bytes:
        self.number += 1
        body = self.make(self.number)
        head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer bench-key\r\n"
            b"content-type: application/json\r\naccept: application/json\r\ncontent-length: %d\r\n\r\n"
        )
        return head % len(body) + body

    def done(self, seconds: float, answer: bytes) -> None:
        if not self.counting:
            return
        self.latencies.append(seconds)
        status = answer[9:12].decode("latin-1")
        if status != "200":
            self.failures[status] = self.failures.get(status, 0) + 1


class Client(asyncio.Protocol):
    def __init__(self, run: Run) -> None:
        self.run = run
        self.buffer = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.run.counting:
            self.run.failures["closed"] = self.run.failures.get("closed", 0) + 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if answer_whole(self.buffer):
            self.run.done(time.perf_counter() - self.began, self.buffer)
            self.buffer = b""
            self._send()

    def _send(self) -> None:
        request = self.run.request()
        self.began = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]


def answer_whole(buffer: bytes) -> bool:
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(buffer, 0, head + 2)
    if length is not None:
        return len(buffer) >= head + 4 + int(length[1])
    return buffer.endswith(b"0\r\n\r\n")


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


async def measure(port: int, concurrency: int, seconds: float, kind: str) -> dict[str, object]:
    run = Run(maker(kind))
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: Client(run), "127.0.0.1", port) for _ in range(concurrency)]
    await asyncio.sleep(WARM_UP)
    run.counting, began = True, time.perf_counter()
    print("counting", flush=True)
    await asyncio.sleep(seconds)
    run.counting = False
    elapsed = time.perf_counter() - began
    for transport, _ in made:
        transport.abort()
    ordered = sorted(run.latencies)
    return {
        "requests": len(ordered),
        "seconds": elapsed,
        "failures": run.failures,
        "p50_ms": percentile(ordered, 0.5) * 1000,
        "p99_ms": percentile(ordered, 0.99) * 1000,
    }


if __name__ == "__main__":
    port, concurrency, seconds, kind = sys.argv[1:]
    print(json.dumps(uvloop.run(measure(int(port), int(concurrency), float(seconds), kind))))
