"""The aiohttp client towards the upstream, and what its errors mean."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from aiohttp.payload import Payload
from yarl import URL

from gateway.planes.settings import PlaneSettings, upstream_tls
from gateway.types import Headers, Target

FAILURES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (aiohttp.ClientConnectorCertificateError, "upstream_untrusted"),
    (aiohttp.ClientConnectorSSLError, "upstream_untrusted"),
    (aiohttp.ServerFingerprintMismatch, "upstream_untrusted"),
    (aiohttp.ServerTimeoutError, "upstream_timeout"),
    (TimeoutError, "upstream_timeout"),
    (aiohttp.ClientConnectorError, "upstream_unreachable"),
    (aiohttp.ServerDisconnectedError, "upstream_protocol"),
    (aiohttp.ClientResponseError, "upstream_protocol"),
    (aiohttp.ClientPayloadError, "upstream_protocol"),
    (aiohttp.InvalidURL, "invalid_headers"),
    (aiohttp.ClientError, "upstream_protocol"),
    (aiohttp.http_exceptions.HttpProcessingError, "upstream_protocol"),
    (OSError, "upstream_protocol"),
)
"""First match wins; what is not here is a failure of the plane."""

_NO_AUTO_HEADERS: Final = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.USER_AGENT, hdrs.CONTENT_TYPE)


def failure_code(error: BaseException) -> str:
    for kind, code in FAILURES:
        if isinstance(error, kind):
            return code
    return "inspection_failed"


class _ResponseHandler(ResponseHandler):
    """aiohttp's own, which after a malformed chunk forgets to tell the reader of the body (3.14.5): without this
    the client would wait until `timeouts.upstream_idle`."""

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        super().set_exception(exc, *cause)
        body = self._payload
        if body is not None and not body.is_eof() and body.exception() is None:
            body.set_exception(aiohttp.ClientPayloadError("broken"))


class Upload(Payload):
    """A request body whose pieces come from a coroutine, which writes them as they are proven safe."""

    def __init__(self, produce: Callable[[Callable[[bytes], Awaitable[None]]], Awaitable[None]]) -> None:
        super().__init__(b"", headers={"content-type": "application/octet-stream"})
        self._produce = produce

    @property
    def size(self) -> int | None:
        return None

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("an upload is never held as a whole")

    async def write(self, writer: AbstractStreamWriter) -> None:
        async def put(piece: bytes) -> None:
            await writer.write(piece)
            await writer.drain()  # back-pressure: a slow upstream slows the client down

        await self._produce(put)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        del content_length  # FramedBody has counted; aiohttp would cut silently
        await self.write(writer)


class Upstream:
    """One pool of connections; verified TLS, no cookies, no redirects, no proxies from the environment."""

    def __init__(self, settings: PlaneSettings) -> None:
        self._settings = settings
        self._tls = upstream_tls(settings)
        self._sessions: dict[Path | None, aiohttp.ClientSession] = {}
        """By Unix socket; None: the network."""

    def open(self, socket: Path | None = None) -> aiohttp.ClientSession:
        session = self._sessions.get(socket)
        if session is None:
            times, limits = self._settings.timeouts, self._settings.limits
            session = self._sessions[socket] = aiohttp.ClientSession(
                connector=self._connector(socket),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                skip_auto_headers=_NO_AUTO_HEADERS,
                timeout=aiohttp.ClientTimeout(total=None, connect=times.connect, sock_connect=times.connect),
                max_line_size=limits.headers,
                max_field_size=limits.headers,
            )
        return session

    def _connector(self, socket: Path | None) -> aiohttp.BaseConnector:
        settings = self._settings
        connector: aiohttp.BaseConnector
        if socket is not None:
            connector = aiohttp.UnixConnector(
                str(socket),
                limit=0,
                limit_per_host=settings.max_upstream_connections,
                keepalive_timeout=settings.upstream_keep_alive,
            )
        else:
            connector = aiohttp.TCPConnector(
                ssl=self._tls,
                limit=0,
                limit_per_host=settings.max_upstream_connections,
                keepalive_timeout=settings.upstream_keep_alive,
            )
        loop = asyncio.get_running_loop()
        connector._factory = partial(_ResponseHandler, loop=loop)  # type: ignore[assignment]
        return connector

    async def send(
        self, method: str, target: Target, headers: Headers, body: bytes | Upload | None
    ) -> aiohttp.ClientResponse:
        """The response, head read, body not. Raises what `failure_code` knows."""
        fields = [(name.decode(), value.decode()) for name, value in headers]
        return await self.open(self._settings.unix_hosts.get(target.host)).request(
            method,
            URL.build(
                scheme=target.scheme,
                host=target.host,
                port=target.port,
                path=target.path,
                query_string=target.query,
                encoded=True,
            ),
            headers=fields,
            data=body,
            allow_redirects=False,
        )

    async def aclose(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()
        await asyncio.sleep(0)  # let transports notice
