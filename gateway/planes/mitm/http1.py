"""HTTP/1.1 on the wire, stricter than mitmproxy's: bounded heads, one reading only, no error pages of its own.

Rule for the next editor: nothing in here may answer with text that mitmproxy made, or raise for what a peer sent.
"""

from __future__ import annotations

import re
from typing import Final

import h11
from h11._readers import ChunkedReader, ContentLengthReader, Http10Reader
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http._base import HttpEvent, ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestHeaders,
    RequestProtocolError,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Connection, Http1Server

from gateway.planes.mitm.calls import Commands
from gateway.planes.mitm.link import Link, link_of
from gateway.planes.refusals import raw_answer

SWITCHING_PROTOCOLS: Final = 101
_REQUEST_LINE = re.compile(rb"[A-Z][A-Z-]{0,31} [!-~]+ HTTP/1\.1")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # mitmproxy strips some of them from values
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-5][0-9][0-9](?: [^\x00-\x08\x0a-\x1f\x7f]*)?")


def _reader(size: int | None) -> ChunkedReader | Http10Reader | ContentLengthReader:
    if size is None:
        return ChunkedReader()
    return Http10Reader() if size == -1 else ContentLengthReader(size)


def _unambiguous(raw: bytes, lines: list[bytes], start: re.Pattern[bytes]) -> bool:
    """Every line ends in CRLF, none is folded, and no other control character is among them."""
    breaks = raw.count(b"\r\n")
    return (
        raw.count(b"\n") == breaks
        and raw.count(b"\r") == breaks
        and _CONTROL.search(raw) is None
        and start.fullmatch(lines[0]) is not None
        and not any(line[:1] in (b" ", b"\t") for line in lines)
    )


class _Side(Http1Connection):
    """What both directions share."""

    @property
    def link(self) -> Link:
        return link_of(self.context.client)

    @property
    def limit(self) -> int:
        return self.link.plane.settings.limits.headers

    def take_head(self, start: re.Pattern[bytes]) -> list[bytes] | None:
        """The lines of the next head; None while it is not whole. Raises ValueError, and `OverflowError`."""
        before = bytes(self.buf)
        lines = self.buf.maybe_extract_lines()
        size = len(before) - len(self.buf)
        if (lines is None and len(before) > self.limit) or size > self.limit:
            raise OverflowError
        if not lines:  # None, or empty lines before a head, which are robustly ignored
            return None
        copies = [bytes(line) for line in lines]
        if not _unambiguous(before[:size], copies, start):
            raise ValueError("ambiguous head")
        return copies

    def read_body(self, event: events.Event) -> Commands[None]:
        """As stock, with trailers (refused in a request, dropped from an answer) and a bound on chunk headers."""
        assert self.stream_id is not None  # noqa: S101
        while True:
            try:
                if isinstance(event, events.DataReceived):
                    piece = self.body_reader(self.buf)
                    if piece is None and len(self.buf) > self.limit:
                        raise h11.LocalProtocolError("chunk header too large")
                else:
                    piece = self.body_reader.read_eof()
            except h11.ProtocolError:
                yield from self.broken(closed=isinstance(event, events.ConnectionClosed))
                return
            if piece is None:
                return
            if isinstance(piece, h11.Data):
                data = bytes(piece.data)
                if data:
                    yield ReceiveHttp(self.ReceiveData(self.stream_id, data))
                continue
            assert self.request is not None  # noqa: S101
            if piece.headers and isinstance(self, Http1Server):
                yield from self.broken(closed=False)
                return
            if self.request.data.method != b"CONNECT":
                yield ReceiveHttp(self.ReceiveEndOfMessage(self.stream_id))
            yield from self.mark_done(request=isinstance(self, Http1Server), response=isinstance(self, Http1Client))
            return

    def broken(self, *, closed: bool) -> Commands[None]:
        raise AssertionError


class GateHttp1Server(_Side, Http1Server):
    """Towards the client."""

    def read_headers(self, event: events.ConnectionEvent) -> Commands[None]:
        link = self.link
        times = link.plane.settings.timeouts
        if isinstance(event, events.ConnectionClosed):
            late = link.client_late and len(self.buf) > 0
            yield from self._give_up("client_timeout" if late else "")
            return
        waiting = len(self.buf)
        try:
            lines = self.take_head(_REQUEST_LINE)
            if lines is None:
                if link.head_read and waiting and waiting == len(self.buf):
                    link.client_clock.start(times.header)
                return
            request = http1.read_request_head(lines)
            size = http1.expected_http_body_size(request)
        except OverflowError:
            yield from self._give_up("headers_too_large")
            return
        except ValueError:
            yield from self._give_up("invalid_headers")
            return
        link.head_read = True
        link.client_clock.start(times.body_idle)
        self.request = request
        yield ReceiveHttp(RequestHeaders(self.stream_id, request, size == 0))
        self.body_reader = _reader(size)
        self.state = self.read_body
        yield from self.state(event)

    def _give_up(self, code: str) -> Commands[None]:
        if code:
            yield commands.SendData(self.conn, raw_answer(code))
        yield commands.CloseConnection(self.conn)
        self.state = self.deaf

    def deaf(self, _: events.Event) -> Commands[None]:
        """Nothing that still comes is listened to."""
        self.buf = type(self.buf)()
        yield from ()

    def broken(self, *, closed: bool) -> Commands[None]:
        """The rest of the body cannot be read. The stream answers, if there is still somebody to answer."""
        late = closed and self.link.client_late
        code = ErrorCode.GENERIC_CLIENT_ERROR if late or not closed else ErrorCode.CLIENT_DISCONNECTED
        self.state = self.deaf
        if code is ErrorCode.CLIENT_DISCONNECTED:
            yield commands.CloseConnection(self.conn)
        yield ReceiveHttp(RequestProtocolError(self.stream_id, "request broken", code))

    def read_body(self, event: events.Event) -> Commands[None]:
        self.link.client_clock.start(self.link.plane.settings.timeouts.body_idle)
        yield from super().read_body(event)

    def wait(self, event: events.Event) -> Commands[None]:
        if len(self.buf) > self.limit:  # pipelining is tolerated, not hoarding
            self.state = self.deaf
            yield commands.CloseConnection(self.conn)
            yield ReceiveHttp(RequestProtocolError(self.stream_id, "pipelined", ErrorCode.CLIENT_DISCONNECTED))
            return
        yield from super().wait(event)

    def mark_done(self, *, request: bool = False, response: bool = False) -> Commands[None]:
        link = self.link
        if request:
            link.client_clock.stop()
        both = (request or self.request_done) and (response or self.response_done)
        if both:
            times = link.plane.settings.timeouts
            tunnel = self.request is not None and self.request.data.method == b"CONNECT"
            link.client_clock.start(times.header if tunnel else times.keep_alive)
        yield from super().mark_done(request=request, response=response)

    def send(self, event: HttpEvent) -> Commands[None]:
        if isinstance(event, ResponseProtocolError):  # stock would make an HTML page of the message
            yield commands.CloseConnection(self.conn)
            return
        yield from super().send(event)


class GateHttp1Client(_Side, Http1Client):
    """Towards the upstream."""

    def read_headers(self, event: events.ConnectionEvent) -> Commands[None]:
        if isinstance(event, events.ConnectionClosed) or self.request is None or self.stream_id is None:
            yield commands.CloseConnection(self.conn)
            if self.stream_id is not None:
                yield from self._tell()
            return
        try:
            while (lines := self.take_head(_STATUS_LINE)) is not None:
                response = http1.read_response_head(lines)
                if not 100 <= response.status_code < 200 or response.status_code == SWITCHING_PROTOCOLS:
                    break
            else:
                return  # nothing yet, or interim answers only, which end here
            size = http1.expected_http_body_size(self.request, response)
        except (OverflowError, ValueError):
            yield from self.broken(closed=False)
            return
        self.response = response
        yield ReceiveHttp(ResponseHeaders(self.stream_id, response, size == 0))
        self.body_reader = _reader(size)
        self.state = self.read_body
        yield from self.state(event)

    def read_body(self, event: events.Event) -> Commands[None]:
        if isinstance(event, events.ConnectionClosed) and self.link.upstream_late:
            yield from self.broken(closed=True)  # a body that ends with its connection would seem whole
            return
        self.link.upstream_clock.start(self.link.plane.settings.timeouts.upstream_idle)
        yield from super().read_body(event)

    def broken(self, *, closed: bool) -> Commands[None]:
        del closed
        yield commands.CloseConnection(self.conn)
        yield from self._tell()

    def _tell(self) -> Commands[None]:
        assert self.stream_id is not None  # noqa: S101
        yield ReceiveHttp(ResponseProtocolError(self.stream_id, "upstream broken", ErrorCode.GENERIC_SERVER_ERROR))
