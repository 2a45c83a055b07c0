"""The only way to transformers' model server: an ASGI app that opens few doors and rewrites what passes.

Rules for the next editor: no request byte and no exception of the server behind reaches a log or an error; what is
not listed is 404; the server behind gets bodies that we built, never the client's.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from model_backend.attest import Attestation
from model_backend.endpoints import PATHS, Endpoints, Prepared
from model_backend.failures import RequestError, failed, invalid
from model_backend.inner import InnerCall
from model_backend.sse import EventReader

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
)
_JSON: Final = (b"content-type", b"application/json")
_MESSAGES: Final = "/v1/messages"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one client can cost."""

    body_bytes: int = 8 << 20
    in_flight: int = 64


class Guard:
    """ASGI application."""

    def __init__(self, endpoints: Endpoints, attestation: Attestation, limits: Limits | None = None) -> None:
        self._endpoints = endpoints
        self._attestation = attestation
        self._limits = limits or Limits()
        self._headers = [*_SECURITY, *attestation.headers()]
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event; anything but plain HTTP is refused."""
        if scope["type"] != "http":
            raise RuntimeError("only http is served")
        answer = _Answer(send, self._headers, anthropic=scope["path"].startswith(_MESSAGES))
        try:
            await self._route(scope, receive, answer)
        except RequestError as error:
            await answer.refuse(error)
        except Exception:  # noqa: BLE001 - whatever broke may quote payload; the client gets our words
            await answer.refuse(failed())

    async def _route(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        method, path = scope["method"], scope["path"]
        if method == "POST" and path in PATHS:
            await self._generate(scope, receive, answer)
        elif method == "POST" and path == "/v1/embeddings":
            raise RequestError(501, "embeddings_not_supported", "This model writes text; it has no embeddings.")
        elif method in ("GET", "HEAD") and path == "/health":
            await answer.json(200, {"status": "ok", "model": self._endpoints.name})
        elif method == "GET" and path in ("/v1/models", f"/v1/models/{self._endpoints.name}"):
            await answer.json(200, self._models(single=path != "/v1/models"))
        elif path in PATHS:
            raise RequestError(405, "method_not_allowed", "Use POST.")
        else:
            raise RequestError(404, "not_found", "There is no such endpoint.")

    def _models(self, *, single: bool) -> dict[str, Any]:
        model = {"id": self._endpoints.name, "object": "model", "created": 0, "owned_by": "local"}
        return model if single else {"object": "list", "data": [model]}

    async def _generate(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        body = await self._body(scope, receive)
        prepared = self._endpoints.prepare(scope["path"], body)
        if self._in_flight >= self._limits.in_flight:
            raise RequestError(503, "overloaded", "The model is busy; try again.")
        self._in_flight += 1
        try:
            async with InnerCall(self._endpoints.engine.app, prepared, receive) as call:
                await self._answer(call, prepared, answer)
        finally:
            self._in_flight -= 1

    async def _body(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        headers = dict(scope["headers"])
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise RequestError(415, "unsupported_encoding", "Send the body without a content encoding.")
        raw = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestError(400, "disconnected", "The client closed the connection.")
            raw += message.get("body", b"")
            more = message.get("more_body", False)
            if len(raw) > self._limits.body_bytes:
                raise RequestError(413, "body_too_large", "The body is larger than the limit.")
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            raise invalid("The body is not valid JSON.", code="invalid_json") from None
        if not isinstance(document, dict):
            raise invalid("The body must be a JSON object.", code="invalid_json")
        return document

    async def _answer(self, call: InnerCall, prepared: Prepared, answer: _Answer) -> None:
        status, kind = await call.started()
        if status != 200:
            raise failed() if status >= 500 else invalid("The model server refused this request.")
        if not kind.startswith("text/event-stream"):
            document = json.loads(b"".join([chunk async for chunk in call.chunks()]))
            whole = prepared.renderer.whole(document)
            await answer.json(200, {**whole, "metadata": self._attestation.metadata()})
            return
        await answer.start_stream(prepared)
        reader = EventReader()
        async for chunk in call.chunks():
            for document in reader.feed(chunk):
                await answer.events(prepared.renderer.event(document))
        await answer.events(prepared.renderer.finish())
        await answer.end()


class _Answer:
    """What has been sent of one answer."""

    def __init__(self, send: Send, headers: Iterable[tuple[bytes, bytes]], *, anthropic: bool) -> None:
        self._send = send
        self._headers = list(headers)
        self._anthropic = anthropic
        self._stream: Prepared | None = None
        self._done = False

    async def json(self, status: int, document: dict[str, Any]) -> None:
        await self._whole(status, json.dumps(document, ensure_ascii=False).encode())

    async def _whole(self, status: int, body: bytes) -> None:
        self._done = True
        headers = [*self._headers, _JSON, (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def start_stream(self, prepared: Prepared) -> None:
        self._stream = prepared
        headers = [*self._headers, (b"content-type", b"text/event-stream; charset=utf-8")]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def events(self, events: Iterable[bytes]) -> None:
        for event in events:
            await self._send({"type": "http.response.body", "body": event, "more_body": True})

    async def end(self) -> None:
        self._done = True
        await self._send({"type": "http.response.body", "body": b""})

    async def refuse(self, error: RequestError) -> None:
        """An error object; inside a stream, an error event. A client that has gone is not told."""
        if self._done:
            return
        with contextlib.suppress(OSError):
            if self._stream is None:
                await self._whole(error.status, error.body(anthropic=self._anthropic))
                return
            await self.events(self._stream.renderer.broken(error))
            await self.end()
