"""How late a streamed event arrives: `python -m benchmarks.streams PORT STREAMS COUNT GAP_MS` prints one JSON object.

Each event carries the clock of the origin when it was written (both processes read the same monotonic clock);
the time to first token counts from the moment when the request was sent.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import Final

import uvloop

from benchmarks.load import percentile
from benchmarks.payloads import stream_body

_STAMP: Final = re.compile(rb'"id": ?"(\d{6,})"')


async def one_stream(port: int, body: bytes) -> tuple[float, list[float]]:
    """Seconds to the first event, and of each event from origin to here."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer bench-key\r\n"
    head += b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    began, first, late = time.monotonic_ns(), 0.0, []
    writer.write(head + body)
    tail = b""
    while b"[DONE]" not in tail:
        data = await reader.read(1 << 16)
        now = time.monotonic_ns()
        if not data:
            raise SystemExit("the stream ended before [DONE]")
        tail += data
        for stamp in _STAMP.finditer(tail):
            late.append((now - int(stamp[1])) / 1e9)
            first = first or (now - began) / 1e9
        cut = tail.rfind(b"\n\n")
        tail = tail if cut < 0 or b"[DONE]" in tail else tail[cut:]
    writer.close()
    return first, late


async def measure(port: int, streams: int, count: int, gap_ms: float) -> dict[str, object]:
    body = stream_body(count, gap_ms)
    await one_stream(port, stream_body(5, 1))  # warm
    results = await asyncio.gather(*(one_stream(port, body) for _ in range(streams)))
    firsts = sorted(first for first, _ in results)
    late = sorted(seconds for _, all_of_one in results for seconds in all_of_one)
    return {
        "events": len(late),
        "first_ms": percentile(firsts, 0.5) * 1000,
        "p50_ms": percentile(late, 0.5) * 1000,
        "p99_ms": percentile(late, 0.99) * 1000,
    }


if __name__ == "__main__":
    port, streams, count, gap_ms = sys.argv[1:]
    print(json.dumps(uvloop.run(measure(int(port), int(streams), int(count), float(gap_ms)))))
