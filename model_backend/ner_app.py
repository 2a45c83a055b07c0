"""The shared NER server as an ASGI application: texts in, spans out, for many gateways.

POST /v1/ner     {"texts": ["…"], "priority": 0}  → {"model": {…}, "spans": [[[start, end, "PERSON", 0.98], …], …]}
GET  /v1/model   what it is            GET /metrics   Prometheus        GET /health, /ready   open, for orchestrators

Request headers: `redline-deadline-ms` (what is left to the caller) and `redline-ner-revision` (the only model whose
answer the caller can use; another one is told apart by 409).

Rules for the next editor: no request byte reaches a log, an error or an answer; a caller who hangs up frees the queue.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from detectors.ner.batching.stats import exposition
from detectors.ner.serving.service import SECONDS, TEXTS, NerService
from detectors.types import DetectorError

DEADLINE: Final = "redline-deadline-ms"
REVISION: Final = "redline-ner-revision"
BODY: Final = 32 * 1024 * 1024
IN_FLIGHT: Final = 1024
_STATUS: Final = {"overloaded": 503, "deadline_exceeded": 504}

type _Handler = Callable[[Request], Awaitable[Response]]


class _Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def create_app(
    service: NerService,
    *,
    token: str = "",
    body: int = BODY,
    in_flight: int = IN_FLIGHT,
    on_sick: Callable[[], None] = lambda: None,
) -> Starlette:
    """`token`: what callers must bear; empty: none. `body` in bytes. `on_sick`: the model fails on everything."""
    handlers = _Handlers(service, body, in_flight, on_sick)
    guarded = _Guard(token)
    routes = [
        Route("/v1/ner", guarded(handlers.ner), methods=["POST"]),
        Route("/v1/model", guarded(handlers.model)),
        Route("/metrics", guarded(handlers.metrics)),
        Route("/health", handlers.health),
        Route("/ready", handlers.ready),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await service.aclose()

    return Starlette(routes=routes, lifespan=lifespan)


class _Guard:
    """Bearer tokens, compared by hash, so that no length or prefix shows in the time it takes."""

    def __init__(self, token: str) -> None:
        self._digest = _digest(token) if token else b""

    def __call__(self, handler: _Handler) -> _Handler:
        async def guarded(request: Request) -> Response:
            scheme, _, said = request.headers.get("authorization", "").partition(" ")
            if self._digest and not (scheme.lower() == "bearer" and hmac.compare_digest(_digest(said), self._digest)):
                return _json({"error": "unauthorized"}, 401)
            try:
                return await handler(request)
            except _Refused as refused:
                return _json({"error": refused.code}, refused.status)

        return guarded


class _Handlers:
    def __init__(self, service: NerService, body: int, in_flight: int, on_sick: Callable[[], None]) -> None:
        self._service, self._body, self._most, self._on_sick = service, body, in_flight, on_sick
        self._in_flight = 0

    async def ner(self, request: Request) -> Response:
        if self._in_flight >= self._most:
            raise _Refused(503, "overloaded")
        self._in_flight += 1
        try:
            return await self._answer(request)
        finally:
            self._in_flight -= 1
            if self._service.sick:
                self._on_sick()

    async def _answer(self, request: Request) -> Response:
        wanted = request.headers.get(REVISION, "")
        if wanted and wanted != self._service.revision:
            raise _Refused(409, "other_revision")
        seconds = _seconds(request.headers.get(DEADLINE))
        texts, priority = _question(await self._read(request))
        spans = await self._unless_gone(request, self._service.spans(texts, seconds, priority))
        return _json({"revision": self._service.revision, "spans": spans}, 200)

    async def _read(self, request: Request) -> bytes:
        size, chunks = 0, []
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > self._body:
                    raise _Refused(413, "body_too_large")
                chunks.append(chunk)
        except ClientDisconnect:
            raise _Refused(499, "client_disconnected") from None
        return b"".join(chunks)

    async def _unless_gone(self, request: Request, work: Awaitable[Any]) -> Any:
        """The result of the work, which ends when the caller hangs up."""
        task, gone = asyncio.ensure_future(work), asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise _Refused(499, "client_disconnected")
            return task.result()
        except DetectorError as error:
            raise _Refused(_STATUS.get(error.code, 500), error.code) from None
        finally:
            for one in (task, gone):
                one.cancel()
            await asyncio.gather(task, gone, return_exceptions=True)

    async def model(self, _: Request) -> Response:
        return _json(self._service.hello(), 200)

    async def metrics(self, _: Request) -> Response:
        hello = self._service.hello()
        where = {name: str(hello[name]) for name in ("name", "revision", "device", "kind")}
        said = self._service.stats() | {"up": 1}
        return Response(exposition(said, where), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def health(self, _: Request) -> Response:
        """200 as long as a restart would not help."""
        return _json({"status": "sick" if self._service.sick else "ok"}, 503 if self._service.sick else 200)

    async def ready(self, _: Request) -> Response:
        return _json({"ready": self._service.ready}, 200 if self._service.ready else 503)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _question(body: bytes) -> tuple[list[str], int]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _Refused(400, "invalid_json") from None
    texts = said.get("texts") if isinstance(said, Mapping) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise _Refused(400, "invalid_question")
    if len(texts) > TEXTS:
        raise _Refused(413, "too_many_texts")
    return texts, 1 if said.get("priority") else 0


def _seconds(header: str | None) -> float:
    if header is None:
        return SECONDS
    if not header.isascii() or not header.isdecimal() or len(header) > 9:
        raise _Refused(400, "invalid_deadline")
    return int(header) / 1000


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _json(body: Mapping[str, Any], status: int) -> Response:
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(orjson.dumps(body), status, headers, "application/json")
