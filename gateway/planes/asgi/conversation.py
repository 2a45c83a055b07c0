"""One request and its answer over ASGI: read, ask the gate, forward; read back, ask the gate, deliver.

    client ── receive() ──► Guard.request ──► upstream
    client ◄── send() ───── Guard.response ◄─ upstream

Rule for the next editor: no byte goes out but what a Guard returned, and every way out of `run` closes the guard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import aiohttp

from gateway.errors import Refusal
from gateway.planes.asgi.upstream import Upload, Upstream, failure_code
from gateway.planes.framing import FramedBody
from gateway.planes.guard import Guard
from gateway.planes.heads import (
    RESPONSE_OWN,
    check_request,
    check_response,
    client_head,
    crossing,
    header,
    is_event_stream,
    upstream_head,
)
from gateway.planes.refusals import answer_fields, close_reason, plane_refusal
from gateway.planes.settings import PlaneSettings
from gateway.types import CloseReason, Gatekeeper, Headers, RequestHead, RequestMeta, ResponseHead, Target


class ClientGone(Exception):
    """The client closed its connection."""


class Conversation:
    __slots__ = (
        "_began", "_body_read", "_continue", "_event_stream", "_gatekeeper", "_guard", "_lingers", "_method",
        "_receive", "_resolve", "_scope", "_send", "_settings", "_started", "_upstream",
    )  # fmt: skip

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        resolve: Callable[[str, str], Target],
        upstream: Upstream,
        settings: PlaneSettings,
        scope: Any,
        receive: Any,
        send: Any,
    ) -> None:
        self._gatekeeper = gatekeeper
        self._resolve = resolve
        self._upstream = upstream
        self._settings = settings
        self._scope = scope
        self._receive = receive
        self._send = send
        self._method: str = scope["method"]
        self._guard: Guard | None = None
        self._began = asyncio.get_running_loop().time()
        self._body_read = False
        self._continue = False
        """The client waits for `100 Continue`, which the first `receive()` sends."""
        self._started = False
        self._event_stream = False
        self._lingers = False

    async def run(self) -> None:
        reason = CloseReason.PLANE_FAILED
        try:
            await self._converse()
            reason = CloseReason.DONE
        except (ClientGone, asyncio.CancelledError):
            reason = CloseReason.CLIENT_GONE
        except Refusal as refusal:
            reason = close_reason(refusal.code)
            await self._answer(refusal)
        except Exception:  # noqa: BLE001  a fault of this plane: refuse, and let no traceback quote payload
            await self._answer(self._refusal("inspection_failed"))
        finally:
            if self._guard is not None:
                await self._guard.close(reason)
            if self._lingers:
                await self._linger()

    async def _converse(self) -> None:
        meta = self._meta()
        self._guard = guard = await Guard.begin(self._gatekeeper, meta, self._settings.timeouts.hook)
        pieces: list[bytes] = []
        while not self._body_read and not pieces:
            pieces = await guard.request(*await self._read())
        head = guard.request_head
        if head is None:
            raise guard.refusal("no_verdict")
        response = await self._forward(guard, head, pieces)
        try:
            await self._deliver(guard, response)
        finally:
            response.close()  # nothing, where the body was read to its end; else the connection is torn down

    # -- the request -------------------------------------------------------------------------------------------

    def _meta(self) -> RequestMeta:
        scope = self._scope
        if scope["http_version"] != "1.1":
            raise plane_refusal("protocol_not_allowed")
        raw: bytes = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        headers = tuple([(name, value) for name, value in scope["headers"]])
        check_request(self._method.encode(), raw, headers)
        self._continue = header(headers, b"expect") != b""
        try:
            target = self._resolve(self._method, raw.decode())
        except Refusal:
            raise
        except Exception:  # noqa: BLE001
            raise plane_refusal("inspection_failed") from None
        client = scope.get("client")
        return RequestMeta(RequestHead(self._method, target, headers), client[0] if client else "", "asgi")

    async def _read(self) -> tuple[bytes, bool]:
        """The next piece of the request body, and whether it is the last."""
        times = self._settings.timeouts
        left = self._began + times.request - asyncio.get_running_loop().time()
        self._continue = False
        try:
            async with asyncio.timeout(min(times.body_idle, max(left, 0))):
                message = await self._receive()
        except TimeoutError:
            raise self._refusal("client_timeout") from None
        if message["type"] != "http.request":
            raise ClientGone
        self._body_read = not message.get("more_body", False)
        return message.get("body", b""), self._body_read

    async def _forward(self, guard: Guard, head: RequestHead, pieces: Sequence[bytes]) -> aiohttp.ClientResponse:
        """Open the upstream and send it the request; returns the response with its head."""
        whole = sum(map(len, pieces)) if self._body_read else None
        headers, length = upstream_head(head, whole)
        if whole is not None:
            return await self._request(head, headers, b"".join(pieces) or None, None)
        done: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

        async def produce(put: Callable[[bytes], Awaitable[None]]) -> None:
            try:
                await self._pump(guard, FramedBody(length, guard.refusal), pieces, put)
            except BaseException as error:
                if not done.done():
                    done.set_result(error)
                raise
            done.set_result(None)

        return await self._request(head, headers, Upload(produce), done)

    async def _pump(
        self, guard: Guard, body: FramedBody, pieces: Sequence[bytes], put: Callable[[bytes], Awaitable[None]]
    ) -> None:
        for piece in body.admit(pieces, end=False):
            await put(piece)
        while not self._body_read:
            chunk, end = await self._read()
            for piece in body.admit(await guard.request(chunk, end), end):
                await put(piece)

    async def _request(
        self, head: RequestHead, headers: Headers, body: bytes | Upload | None, done: asyncio.Future[Any] | None
    ) -> aiohttp.ClientResponse:
        times = self._settings.timeouts
        try:
            async with asyncio.timeout(None) as deadline:

                def await_head(_: object) -> None:
                    with suppress(RuntimeError):  # the wait is over already
                        deadline.reschedule(asyncio.get_running_loop().time() + times.connect + times.first_byte)

                if done is None:
                    await_head(None)
                else:
                    done.add_done_callback(await_head)
                response = await self._upstream.send(head.method, head.target, headers, body)
        except Exception as error:  # noqa: BLE001
            self._raise_upload_failure(done)
            raise self._refusal(failure_code(error)) from None
        if done is not None:  # an answer that comes early waits until the gate has seen the whole request
            try:
                if isinstance(await done, asyncio.CancelledError):
                    await self._read_on()
                else:
                    self._raise_upload_failure(done)
            except BaseException:
                response.close()
                raise
        return response

    async def _read_on(self) -> None:
        """The upstream has answered in full and takes no more; the gate still sees the rest of the request."""

        async def drop(_: bytes) -> None:
            return

        guard = self._guard
        if guard is not None:
            await self._pump(guard, FramedBody(None, guard.refusal), (), drop)

    def _raise_upload_failure(self, done: asyncio.Future[BaseException | None] | None) -> None:
        """If the upload came to grief, that is the reason; what aiohttp then says about the connection is not."""
        error = done.result() if done is not None and done.done() else None
        if isinstance(error, Refusal | ClientGone):
            raise error from None
        if error is not None:
            raise self._refusal("upstream_protocol") from None

    # -- the answer --------------------------------------------------------------------------------------------

    async def _deliver(self, guard: Guard, response: aiohttp.ClientResponse) -> None:
        headers = tuple([(name.lower(), value) for name, value in response.raw_headers])
        try:
            check_response(response.status, headers)
        except Refusal as refusal:
            raise guard.refusal(refusal.code) from None
        answer = await guard.response_begin(ResponseHead(response.status, crossing(headers, RESPONSE_OWN)))
        fields, length = client_head(self._method, answer)
        bodiless = length == 0 and (self._method == "HEAD" or answer.status in (204, 304))
        body = FramedBody(length, guard.refusal)
        end = False
        while not end:
            chunk, end = await self._pull(response)
            pieces = await guard.response(chunk, end)
            out = [] if bodiless else body.admit(pieces, end)
            if out or end:
                if not self._started:
                    await self._start(answer.status, fields)
                await self._emit(b"".join(out), end)

    async def _pull(self, response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        content = response.content
        try:
            async with asyncio.timeout(self._settings.timeouts.upstream_idle):
                chunk = await content.readany()
        except Exception as error:  # noqa: BLE001
            raise self._refusal(failure_code(error)) from None
        return chunk, content.at_eof()

    async def _start(self, status: int, fields: Sequence[tuple[bytes, bytes]]) -> None:
        self._event_stream = is_event_stream(tuple(fields)) and not any(name == b"content-length" for name, _ in fields)
        self._started = True
        await self._send({"type": "http.response.start", "status": status, "headers": fields})

    async def _emit(self, body: bytes, end: bool) -> None:
        try:
            async with asyncio.timeout(self._settings.timeouts.client_idle):
                await self._send({"type": "http.response.body", "body": body, "more_body": not end})
        except TimeoutError:
            abort = self._scope.get("extensions", {}).get("redline", {}).get("abort")
            if abort is not None:
                abort()  # an orderly close would wait for the client to read what it does not read
            raise ClientGone from None

    async def _answer(self, refusal: Refusal) -> None:
        """Refuse: a whole answer, or an error event, or (by returning) a connection that is cut."""
        try:
            if not self._started:
                self._started = True
                close = not self._body_read
                fields = answer_fields(refusal, close=close)
                await self._send({"type": "http.response.start", "status": refusal.status, "headers": fields})
                body = b"" if self._method == "HEAD" else refusal.body
                await self._emit(body, end=not close)
                self._lingers = close
            elif refusal.event and self._event_stream:
                await self._emit(refusal.event, end=True)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001  the client is gone; nothing is left to say
            return

    async def _linger(self) -> None:
        """Read and drop what the client still sends, for a while: closing at once would reset the connection
        before the client has read the refusal, which it has in full by now."""
        with suppress(TimeoutError, ClientGone, asyncio.CancelledError):
            async with asyncio.timeout(0 if self._continue else self._settings.timeouts.linger):
                while not self._body_read:
                    message = await self._receive()
                    self._body_read = message["type"] != "http.request" or not message.get("more_body", False)
        with suppress(ClientGone, asyncio.CancelledError):
            await self._emit(b"", end=True)

    def _refusal(self, code: str) -> Refusal:
        return self._guard.refusal(code) if self._guard is not None else plane_refusal(code)
