"""The worker's wire format: frames of a four-byte big-endian length and that many bytes of JSON.

-> {"id": 7, "texts": ["..."], "seconds": 4.5, "priority": 0}
<- {"id": 7, "spans": [[[start, end, "PERSON", 0.98], ...], ...]}  or  {"id": 7, "error": "overloaded"}
-> {"id": 7, "op": "cancel"}    nobody waits for it any more; no answer
-> {"id": 8, "op": "hello"}    <- {"id": 8, "revision": ..., "describe": ..., "entities": [...], ...}
"""

from __future__ import annotations

import asyncio
import socket as sockets
import struct
from collections.abc import Mapping
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


def ask(path: str, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """One question over a connection of its own; blocking. Raises WireError."""
    try:
        with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as connection:
            connection.settimeout(seconds)
            connection.connect(path)
            connection.sendall(pack({"id": 0, **message}))
            with connection.makefile("rb") as file:
                (size,) = HEAD.unpack(file.read(HEAD.size))
                if size > LARGEST:
                    raise WireError("frame too large")
                return unpack(file.read(size))
    except (OSError, struct.error):
        raise WireError("no answer") from None


async def read(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next frame; WireError at the end of the stream."""
    try:
        (size,) = HEAD.unpack(await reader.readexactly(HEAD.size))
        if size > LARGEST:
            raise WireError("frame too large")
        return unpack(await reader.readexactly(size))
    except (asyncio.IncompleteReadError, OSError):
        raise WireError("connection closed") from None
