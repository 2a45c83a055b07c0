"""A raw HTTP/1.1 client: sends the very bytes that a test wrote, reads one answer, never waits without a deadline."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

SECONDS = 20.0
"""Longer than any deadline of the gateway: past it, a call counts as hung."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(repr=False)
    """Names in lower case; the last of equal names."""
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def everything(self) -> bytes:
        """Head and body, for searching."""
        return repr(sorted(self.headers.items())).encode() + self.body


@dataclass(frozen=True)
class Sent:
    """A request as a test wants it on the wire; `path` with its query."""

    path: str = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    method: str = "POST"
    chunked: bool = False
    trailers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def bytes_for(self, host: str, prefix: str = "", key: str = "live-key") -> bytes:
        rows = [f"{self.method} {prefix}{self.path} HTTP/1.1", f"host: {host}", f"authorization: Bearer {key}"]
        rows += [f"{name}: {value}" for name, value in self.headers]
        if self.chunked:
            trailers = "".join(f"{name}: {value}\r\n" for name, value in self.trailers)
            framed = f"{len(self.body):x}\r\n".encode() + self.body + f"\r\n0\r\n{trailers}\r\n".encode("latin-1")
            rows.append("transfer-encoding: chunked")
        else:
            framed = self.body
            rows.append(f"content-length: {len(self.body)}")
        return ("\r\n".join(rows) + "\r\n\r\n").encode("utf-8") + framed


@dataclass(frozen=True)
class Plane:
    """One way into the gateway."""

    name: str
    address: tuple[str, int]
    prefix: str = ""
    """Scheme and authority before the path, where the way in is a forward proxy."""
    host: str = ""

    @classmethod
    def of(cls, url: str) -> Plane:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        return cls("direct", (parts.hostname, parts.port), host=parts.netloc)

    def connect(self, seconds: float = SECONDS) -> Wire:
        return Wire(self, socket.create_connection(self.address, timeout=seconds))

    def call(self, sent: Sent, key: str = "live-key", seconds: float = SECONDS) -> Answer:
        """One request on a connection of its own. Raises OSError or HTTPException where no answer comes."""
        with self.connect(seconds) as wire:
            return wire.call(sent, key)


@dataclass
class Wire:
    """One keep-alive connection."""

    plane: Plane
    sock: socket.socket

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.sock.close()

    def call(self, sent: Sent, key: str = "live-key") -> Answer:
        self.send(sent.bytes_for(self.plane.host, self.plane.prefix, key))
        return self.answer(sent.method)

    def send(self, data: bytes) -> None:
        """A server may answer and close before it has read everything: then reading tells what it said."""
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def answer(self, method: str = "POST") -> Answer:
        response = http.client.HTTPResponse(self.sock, method=method)
        try:
            response.begin()
            body = response.read()
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body)

    def lines(self) -> Iterable[bytes]:
        """Whatever comes, as it comes, until the other side closes."""
        while data := self.sock.recv(1 << 16):
            yield data
