"""A running plane before a recording upstream, and the way a client gets in."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.planes.asgi import AsgiServer, create_app
from gateway.planes.settings import PlaneSettings
from gateway.types import Target

from .client import Wire
from .gate import Gate
from .upstream import Upstream

PLANES = ("asgi", "mitm-reverse", "mitm-forward")


@dataclass
class Door:
    kind: str
    gate: Gate
    upstream: Upstream
    upstream_port: int
    port: int = 0
    ca_file: Path | None = None
    wires: list[Wire] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"localhost:{self.upstream_port}" if self.kind == "mitm-forward" else f"127.0.0.1:{self.port}"

    async def wire(self) -> Wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        wire = Wire(reader, writer)
        self.wires.append(wire)
        if self.kind == "mitm-forward":
            await self._tunnel(wire)
        return wire

    async def _tunnel(self, wire: Wire) -> None:
        authority = f"localhost:{self.upstream_port}"
        await wire.send(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        answer = await wire.head()
        assert answer is not None
        assert answer.status == 200
        await wire.writer.start_tls(ssl.create_default_context(cafile=self.ca_file), server_hostname="localhost")

    def request(self, method: str, path: str = "/v1/x", body: bytes | None = None, *fields: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")

    def chunked(self, pieces: list[bytes], *fields: str, end: bytes = b"0\r\n\r\n") -> bytes:
        head = self.request("POST", "/v1/x", None, "Transfer-Encoding: chunked", *fields)
        return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


type Resolver = Callable[[str, str], Target]


def to_port(port: int, scheme: str = "http") -> Resolver:
    def resolve(method: str, raw: str) -> Target:
        path, _, query = raw.partition("?")
        return Target(scheme, "localhost", port, path, query)

    return resolve


@asynccontextmanager
async def opened(
    kind: str, gate: Gate, upstream: Upstream, upstream_port: int, settings: PlaneSettings, state: Path,
    scheme: str = "http",
) -> AsyncIterator[Door]:  # fmt: skip
    """The plane `kind` before an upstream that is already listening."""
    door = Door(kind, gate, upstream, upstream_port)
    resolve = to_port(upstream_port, scheme)
    if kind == "asgi":
        server = AsgiServer(create_app(gate, resolve, settings), "127.0.0.1", 0, settings)
    else:
        from gateway.planes.mitm import MitmServer, certificate_authority

        door.ca_file = certificate_authority(state)
        mode = "forward" if kind == "mitm-forward" else "reverse"
        server = MitmServer(gate, "127.0.0.1", 0, settings, mode=mode, resolve=resolve, state_dir=state)
    await server.start()
    door.port = server.port
    try:
        yield door
    finally:
        for wire in door.wires:
            wire.close()
        await server.stop()
