"""A host that stands for a Unix socket is reached there, and only there."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.planes.asgi import AsgiServer, create_app
from gateway.planes.settings import PlaneSettings
from gateway.types import Target

from .client import Wire
from .gate import Gate

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


async def test_the_socket_gets_the_request(tmp_path: Path) -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ANSWER)
        writer.close()
        await writer.wait_closed()

    socket = tmp_path / "s"
    model = await asyncio.start_unix_server(serve, socket)
    settings = PlaneSettings(unix_hosts={"local-model": socket})
    app = create_app(Gate(), lambda _method, raw: Target("http", "local-model", 80, raw), settings)
    plane = AsgiServer(app, "127.0.0.1", 0, settings)
    await plane.start()
    wire = Wire(*await asyncio.open_connection("127.0.0.1", plane.port))
    try:
        await wire.send(b"GET /v1/models HTTP/1.1\r\nHost: gateway\r\n\r\n")
        answer = await wire.answer()
    finally:
        wire.writer.close()
        await wire.writer.wait_closed()
        await plane.stop()
        model.close()
        await model.wait_closed()
    assert (answer.status, answer.body) == (200, b"ok")
    assert heads[0].startswith(b"GET /v1/models HTTP/1.1\r\n")
    assert b"local-model" in heads[0].lower()
