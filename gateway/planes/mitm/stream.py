"""One request and its answer inside mitmproxy: its HTTP state machine, replaced by one that fails closed.

    client ── RequestData ──► Guard.request ──► upstream
    client ◄── ResponseData ─ Guard.response ◄─ upstream

Rule for the next editor: nothing is sent but what a Guard returned; `_open` is the only way to an upstream, and
it wants a verdict; every way out ends in `_finish`, which closes the guard.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NoReturn

from mitmproxy import http
from mitmproxy.net.http import http1, status_codes
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import DropStream, GetHttpConnection, HTTPMode, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
)

from gateway.errors import Refusal
from gateway.planes.framing import FramedBody
from gateway.planes.guard import Guard
from gateway.planes.heads import (
    RESPONSE_OWN,
    check_response,
    client_head,
    content_length,
    crossing,
    header,
    is_event_stream,
    upstream_head,
)
from gateway.planes.mitm.calls import ClientGone, Commands, GateClose, ask
from gateway.planes.mitm.link import link_of
from gateway.planes.mitm.target import connect_address, fields_of, request_meta
from gateway.planes.refusals import answer_fields, close_reason, plane_refusal
from gateway.types import CloseReason, Headers, RequestHead, ResponseHead

EARLY_LIMIT = 1024 * 1024
"""Bytes of an answer that may come before its request was sent to the end."""


class GateStream(HttpStream):
    def __init__(self, context: Context, stream_id: int, mode: HTTPMode) -> None:
        super().__init__(context, stream_id)
        self.mode = mode
        self._link = link_of(context.client)
        self._times = self._link.plane.settings.timeouts
        self._guard: Guard | None = None
        self._method = ""
        self._over = False
        # towards the upstream
        self._expected: int | None = None
        self._received = 0
        self._request_read = False
        self._request_by = 0.0
        self._opened = False
        self._out: FramedBody | None = None
        self._request_sent = False
        # towards the client
        self._early: list[events.Event] = []
        self._early_bytes = 0
        self._response: http.Response | None = None
        self._answer: ResponseHead | None = None
        self._answer_expected: int | None = None
        self._answer_received = 0
        self._response_read = False
        self._fields: Headers = ()
        self._back: FramedBody | None = None
        self._bodiless = False
        self._started = False

    def __repr__(self) -> str:
        return f"GateStream({self.stream_id})"

    # -- events ------------------------------------------------------------------------------------------------

    def _handle_event(self, event: events.Event) -> Commands[None]:
        if self._over or isinstance(event, events.Start):
            return
        try:
            yield from self._step(event)
        except Refusal as refusal:
            yield from self._refuse(refusal)
        except ClientGone:
            yield from self._gone()
        except Exception:  # noqa: BLE001  a fault of this plane must not leave a stream half-driven
            yield from self._refuse(self._refusal("inspection_failed"))

    def _step(self, event: events.Event) -> Commands[None]:
        if isinstance(event, RequestHeaders):
            yield from self._begin(event)
        elif isinstance(event, RequestData):
            self._received += len(event.data)
            yield from self._upload(event.data, end=self._received == self._expected)
        elif isinstance(event, RequestEndOfMessage):
            if not self._request_read:
                yield from self._upload(b"", end=True)
        elif isinstance(event, RequestProtocolError):
            self._raise_broken(event)
        elif not self._request_sent and not isinstance(event, ResponseProtocolError):
            self._keep_for_later(event)
        elif isinstance(event, ResponseHeaders):
            self._receive_head(event.response)
        elif isinstance(event, ResponseData):
            self._answer_received += len(event.data)
            yield from self._deliver(event.data, end=self._answer_received == self._answer_expected)
        elif isinstance(event, ResponseEndOfMessage):
            if not self._response_read:
                yield from self._deliver(b"", end=True)
        elif isinstance(event, ResponseProtocolError):
            raise self._refusal("upstream_timeout" if self._link.upstream_late else "upstream_protocol")

    # -- the request -------------------------------------------------------------------------------------------

    def _begin(self, event: RequestHeaders) -> Commands[None]:
        request = event.request
        self.flow = http.HTTPFlow(self.context.client, self.context.server)
        self.flow.request = request
        self._method = request.method
        if request.data.method == b"CONNECT" and self.mode is HTTPMode.regular:
            yield from self._connect(request)
            return
        meta = request_meta(self.context, self.mode, request, self._link.plane)
        self._request_read = event.end_stream
        self._expected = content_length(meta.head.headers)
        self._request_by = time.monotonic() + self._times.request

        async def begin() -> list[bytes]:
            self._guard = guard = await Guard.begin(self._link.plane.gatekeeper, meta, self._times.hook)
            self._link.guards.add(guard)
            return await guard.request(b"", end=True) if event.end_stream else []

        pieces = yield from ask(begin)
        if event.end_stream:
            yield from self._forward(pieces, end=True)
        elif header(meta.head.headers, b"expect"):
            go_on = http.Response(b"HTTP/1.1", 100, b"Continue", http.Headers(), b"", None, 0, 0)
            yield SendHttp(ResponseHeaders(self.stream_id, go_on), self.context.client)

    def _connect(self, request: http.Request) -> Commands[None]:
        """Open a tunnel to ourselves. The upstream is contacted for the requests inside, one verdict each."""
        self.context.server.address = connect_address(request)
        self.flow.response = http.Response(b"HTTP/1.1", 200, b"Connection established", http.Headers(), b"", None, 0, 0)
        self.child_layer = layer.NextLayer(self.context)
        self._handle_event = self.passthrough  # type: ignore[method-assign]
        yield from self.child_layer.handle_event(events.Start())
        yield SendHttp(ResponseHeaders(self.stream_id, self.flow.response, True), self.context.client)
        yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)

    def _upload(self, data: bytes, *, end: bool) -> Commands[None]:
        guard = self._require_guard()
        self._request_read = end
        if not end and time.monotonic() > self._request_by:
            raise guard.refusal("client_timeout")
        pieces = yield from ask(lambda: guard.request(data, end))
        yield from self._forward(pieces, end=end)

    def _forward(self, pieces: Sequence[bytes], *, end: bool) -> Commands[None]:
        guard = self._require_guard()
        if self._out is None:
            if not end and not pieces:
                return
            head = guard.request_head
            if head is None:
                raise guard.refusal("no_verdict")
            headers, length = upstream_head(head, sum(map(len, pieces)) if end else None)
            self._out = FramedBody(length, guard.refusal)
            yield from self._open(guard, head)
            request = _request(head, headers, chunked=length is None)
            yield SendHttp(RequestHeaders(self.stream_id, request, False), self.context.server)
        for piece in self._out.admit(pieces, end):
            yield SendHttp(RequestData(self.stream_id, piece), self.context.server)
        if end:
            self._request_sent = True
            self._link.upstream_clock.start(self._times.first_byte)
            yield SendHttp(RequestEndOfMessage(self.stream_id), self.context.server)
            early, self._early = self._early, []
            for event in early:
                if not self._over:
                    yield from self._step(event)

    def _open(self, guard: Guard, head: RequestHead) -> Commands[None]:
        """The only way to an upstream."""
        if guard.request_head is not head:
            raise guard.refusal("no_verdict")
        for event in self._paused_event_queue:
            if isinstance(event, RequestProtocolError):
                self._raise_broken(event)
        address = (head.target.host, head.target.port)
        link = self._link
        link.permitted.add(address)
        link.upstream_late = False
        link.upstream_clock.start(self._times.connect)
        link.hold()
        try:
            connection, error = yield GetHttpConnection(address, head.target.scheme == "https", None)
        finally:
            link.release()
        link.upstream_clock.stop()
        if error:
            raise guard.refusal("upstream_timeout" if link.upstream_late else _connect_failure(error))
        self.context.server = self.flow.server_conn = connection
        self._opened = True

    def make_server_connection(self) -> Commands[bool]:
        """Stock's way out. Nothing in this class comes here; should a base class, it is denied."""
        yield from ()
        raise self._refusal("no_verdict")

    def _raise_broken(self, event: RequestProtocolError) -> NoReturn:
        if event.code is ErrorCode.CLIENT_DISCONNECTED:
            raise ClientGone
        raise self._refusal("client_timeout" if self._link.client_late else "invalid_headers")

    # -- the answer --------------------------------------------------------------------------------------------

    def _keep_for_later(self, event: events.Event) -> None:
        """The gate sees a whole request before it sees an answer."""
        self._early.append(event)
        self._early_bytes += len(event.data) if isinstance(event, ResponseData) else 0
        if self._early_bytes > EARLY_LIMIT:
            raise self._refusal("upstream_protocol")

    def _receive_head(self, response: http.Response) -> None:
        fields = fields_of(response.data.headers.fields)
        try:
            check_response(response.status_code, fields)
        except Refusal as refusal:
            raise self._refusal(refusal.code) from None
        self._answer_expected = http1.expected_http_body_size(self.flow.request, response) or None
        self._response = response
        self._fields = crossing(fields, RESPONSE_OWN)
        self._link.upstream_clock.start(self._times.upstream_idle)

    def _deliver(self, data: bytes, *, end: bool) -> Commands[None]:
        guard, response = self._require_guard(), self._response
        if response is None:
            raise guard.refusal("upstream_protocol")
        if end:
            self._response_read = True
            self._link.upstream_clock.stop()
        first = self._answer is None

        async def judge() -> list[bytes]:
            if first:
                self._answer = await guard.response_begin(ResponseHead(response.status_code, self._fields))
            return await guard.response(data, end)

        pieces = yield from ask(judge)
        if first:
            self._settle_head()
        assert self._back is not None  # noqa: S101
        out = [] if self._bodiless else self._back.admit(pieces, end)
        if (out or end) and not self._started:
            yield from self._start()
        for piece in out:
            yield SendHttp(ResponseData(self.stream_id, piece), self.context.client)
        if end:
            yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
            yield from self._finish(CloseReason.DONE)

    def _settle_head(self) -> None:
        assert self._answer is not None  # noqa: S101
        self._fields, length = client_head(self._method, self._answer)
        self._bodiless = self._method == "HEAD" or self._answer.status in (204, 304)
        self._back = FramedBody(length, self._refusal)
        if length is None:
            self._fields = (*self._fields, (b"transfer-encoding", b"chunked"))

    def _start(self) -> Commands[None]:
        assert self._answer is not None  # noqa: S101
        self._started = True
        response = _response(self._answer.status, self._fields)
        yield SendHttp(ResponseHeaders(self.stream_id, response, False), self.context.client)

    # -- ways out ----------------------------------------------------------------------------------------------

    def _refuse(self, refusal: Refusal) -> Commands[None]:
        """A whole answer, or an error event, or a connection that is cut; the upstream gets no end of message."""
        self._over = True
        yield from self._drop_upstream()
        if not self._started:
            close = not self._request_read
            response = _response(refusal.status, tuple(answer_fields(refusal, close=close)))
            yield SendHttp(ResponseHeaders(self.stream_id, response, False), self.context.client)
            if self._method != "HEAD":
                yield SendHttp(ResponseData(self.stream_id, refusal.body), self.context.client)
            yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
            if close:
                self._link.linger()
        elif refusal.event and is_event_stream(self._fields) and content_length(self._fields) is None:
            yield SendHttp(ResponseData(self.stream_id, refusal.event), self.context.client)
            yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
        else:
            cut = ResponseProtocolError(self.stream_id, refusal.code, ErrorCode.KILL)
            yield SendHttp(cut, self.context.client)
        yield from self._finish(close_reason(refusal.code))

    def _gone(self) -> Commands[None]:
        self._over = True
        yield from self._drop_upstream()
        yield from self._finish(CloseReason.CLIENT_GONE)

    def _drop_upstream(self) -> Commands[None]:
        self._link.upstream_clock.stop()
        if self._opened and not self._response_read:
            stop = RequestProtocolError(self.stream_id, "refused", ErrorCode.CANCEL)
            yield SendHttp(stop, self.context.server)

    def _finish(self, reason: CloseReason) -> Commands[None]:
        self._over = True
        guard = self._guard
        if guard is not None:

            async def close() -> None:
                await guard.close(reason)
                self._link.guards.discard(guard)

            yield GateClose(close)
        yield DropStream(self.stream_id)

    def _require_guard(self) -> Guard:
        if self._guard is None:
            raise plane_refusal("no_verdict")
        return self._guard

    def _refusal(self, code: str) -> Refusal:
        return self._guard.refusal(code) if self._guard is not None else plane_refusal(code)


def _request(head: RequestHead, headers: Headers, *, chunked: bool) -> http.Request:
    target = head.target
    fields = (*headers, (b"transfer-encoding", b"chunked")) if chunked else headers
    path = target.path + ("?" + target.query if target.query else "")
    return http.Request(
        target.host, target.port, head.method.encode(), target.scheme.encode(), b"", path.encode(), b"HTTP/1.1",
        http.Headers(fields), None, None, 0, None,
    )  # fmt: skip


def _response(status: int, fields: Headers) -> http.Response:
    phrase = status_codes.RESPONSES.get(status, "").encode()
    return http.Response(b"HTTP/1.1", status, phrase, http.Headers(fields), None, None, 0, None)


def _connect_failure(error: str) -> str:
    """mitmproxy says in words what went wrong; the words stay here."""
    tls = ("Certificate verify failed", "OpenSSL", "The remote server does not speak TLS", "The remote server and")
    return "upstream_untrusted" if error.startswith(tls) else "upstream_unreachable"
