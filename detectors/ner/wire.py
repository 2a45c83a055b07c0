"""The worker's wire format: frames of a four-byte big-endian length and that many bytes of JSON.

-> {"id": 7, "texts": ["..."], "seconds": 4.5, "priority": 0}
<- {"id": 7, "spans": [[[start, end, "PERSON", 0.98], ...], ...]}  or  {"id": 7, "error": "overloaded"}
-> {"id": 8, "op": "hello"}    <- {"id": 8, "revision": ..., "describe": ..., "entities": [...], ...}
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import orjson

HEAD = struct.Struct(">I")
LARGEST = 256 * 1024 * 1024


class WireError(Exception):
    """The peer broke the frame format or went away."""


def pack(message: object) -> bytes:
    body = orjson.dumps(message)
    if len(body) > LARGEST:
        raise WireError("frame too large")
    return HEAD.pack(len(body)) + body


def unpack(body: bytes) -> dict[str, Any]:
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise WireError("not JSON") from None
    if not isinstance(message, dict):
        raise WireError("not an object")
    return message


async def read(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next frame; WireError at the end of the stream."""
    try:
        (size,) = HEAD.unpack(await reader.readexactly(HEAD.size))
        if size > LARGEST:
            raise WireError("frame too large")
        return unpack(await reader.readexactly(size))
    except (asyncio.IncompleteReadError, OSError):
        raise WireError("connection closed") from None
