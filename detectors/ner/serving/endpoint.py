"""One shared NER server as a client sees it: one question, one checked answer, or a failure that says what to do."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import orjson

from detectors.ner.serving.circuit import Breaker
from detectors.ner.serving.front import Answer, Model, check
from detectors.types import DetectorError

if TYPE_CHECKING:
    import aiohttp

CONNECTIONS: Final = 128
CONNECT_SECONDS: Final = 2.0
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of an answer."""
OTHER_SECONDS: Final = 5.0
DEADLINE: Final = "redline-deadline-ms"
REVISION: Final = "redline-ner-revision"


class EndpointError(Exception):
    """No usable answer. `code` is a reason code; `elsewhere`: another server may do better;
    `again`: the connection had been closed while idle, so the same server may as well;
    `fault`: it counts against the server."""

    def __init__(
        self, code: str = "detector_failed", *, elsewhere: bool = False, again: bool = False, fault: bool = True
    ) -> None:
        super().__init__(code)
        self.code, self.elsewhere, self.again, self.fault = code, elsewhere, again, fault


class OtherRevisionError(EndpointError):
    """The server runs another model than the one that was asked for."""

    def __init__(self) -> None:
        super().__init__(elsewhere=True, fault=False)


@dataclass(frozen=True, slots=True)
class Question:
    texts: Sequence[str] = field(repr=False)
    body: bytes = field(repr=False)
    model: Model
    """Whose answer is wanted."""
    until: float
    """In `time.monotonic()` seconds."""


@dataclass(frozen=True, slots=True)
class Address:
    """`http://host:port`, `https://host:port` or `unix:///path/of.sock`, perhaps with a base path."""

    url: str
    socket: Path | None

    @classmethod
    def parse(cls, text: str) -> Address:
        """Raises ValueError, with a sentence that names the mend."""
        mend = "write it like https://ner.internal:8443, http://127.0.0.1:9000 or unix:///run/redline/ner.sock"
        parts = urlsplit(text.strip())
        if "@" in parts.netloc:
            raise ValueError("the address of a NER server holds a user name or password; leave it out, and set a token")
        if parts.scheme == "unix":
            if not parts.path.startswith("/") or parts.netloc:
                raise ValueError(f"{text!r} is not the address of a socket; {mend}")
            return cls("http://ner", Path(unquote(parts.path)))
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise ValueError(f"{text!r} is not the address of a server; {mend}")
        return cls(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", None)

    def __str__(self) -> str:
        return f"unix:{self.socket}" if self.socket else self.url


@dataclass(slots=True, eq=False)
class Endpoint:
    """`token`, `context`: bearer token, and what TLS is verified against."""

    address: Address
    token: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None
    breaker: Breaker = field(default_factory=Breaker)
    in_flight: int = 0
    seconds: float = 0.0
    """Moving average of answers, so that the faster server is asked first."""
    failures: int = 0
    other_until: float = 0.0
    """It runs another model; until then others are asked first."""
    _session: tuple[asyncio.AbstractEventLoop, aiohttp.ClientSession] | None = None

    def rank(self, now: float) -> tuple[bool, float]:
        """Least first: runs our model, little to do, fast."""
        return self.other_until > now, (self.in_flight + 1) * (self.seconds + 0.001)

    async def ask(self, question: Question) -> Answer:
        """A checked answer. Raises EndpointError."""
        model, left = question.model, question.until - time.monotonic()
        if left <= 0:
            raise EndpointError("deadline_exceeded", fault=False)
        headers = {DEADLINE: str(int(left * 1000)), REVISION: model.revision, "content-type": "application/json"}
        status, said = await self._call("POST", "/v1/ner", left, question.body, headers)
        if status == 409:
            self.other_until = time.monotonic() + OTHER_SECONDS
            raise OtherRevisionError
        if status != 200:
            raise _failure(status, said)
        answer = Answer(said.get("spans"), model)
        try:
            check(question.texts, answer)
        except DetectorError:
            raise EndpointError(elsewhere=True) from None
        if said.get("revision") != model.revision:
            raise EndpointError(elsewhere=True)
        return answer

    async def model(self, left: float) -> Model:
        """Who it says it is. Raises EndpointError."""
        status, said = await self._call("GET", "/v1/model", left, b"", {})
        if status != 200:
            raise _failure(status, said)
        try:
            return Model.of(said)
        except DetectorError:
            raise EndpointError from None

    async def _call(
        self, method: str, path: str, left: float, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        import aiohttp

        session = self._opened()
        timeout = aiohttp.ClientTimeout(total=left, sock_connect=min(CONNECT_SECONDS, left))
        try:
            async with session.request(
                method, f"{self.address.url}{path}", data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return answer.status, _object(await _whole(answer.content))
        except aiohttp.ServerDisconnectedError:
            raise EndpointError(elsewhere=True, again=True) from None
        except aiohttp.ConnectionTimeoutError:
            raise EndpointError(elsewhere=True) from None
        except TimeoutError:
            raise EndpointError("deadline_exceeded") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise EndpointError(elsewhere=True) from None

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp

        loop = asyncio.get_running_loop()
        if self._session is not None and self._session[0] is loop and not self._session[1].closed:
            return self._session[1]
        connector: aiohttp.BaseConnector
        if self.address.socket is not None:
            connector = aiohttp.UnixConnector(str(self.address.socket), limit=CONNECTIONS)
        else:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=self.context or True)
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        session = aiohttp.ClientSession(connector=connector, headers=headers, trust_env=False, auto_decompress=False)
        self._session = loop, session
        return session

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session[1].close()


def _failure(status: int, said: Mapping[str, Any]) -> EndpointError:
    """503: another server may have room. 504: the time is over everywhere. 413: too large for every one of them."""
    if status == 503:
        return EndpointError("overloaded", elsewhere=True, fault=said.get("error") != "overloaded")
    if status == 504:
        return EndpointError("deadline_exceeded", fault=False)
    if status in {400, 413}:
        return EndpointError(fault=False)
    return EndpointError(elsewhere=status in {401, 403, 404, 502})


async def _whole(stream: aiohttp.StreamReader) -> bytes:
    size, chunks = 0, []
    async for chunk in stream.iter_any():
        size += len(chunk)
        if size > LARGEST:
            raise ValueError("answer too large")
        chunks.append(chunk)
    return b"".join(chunks)


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ValueError("not JSON") from None
    if not isinstance(said, dict):
        raise ValueError("not an object")  # noqa: TRY004  the answer's value is wrong, not our use of it
    return said
