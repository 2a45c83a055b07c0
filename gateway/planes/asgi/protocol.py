"""uvicorn's HTTP protocol with what a gate needs and it lacks.

* a time and a size limit on request heads, a time limit on silence before the first one;
* what it would hide from an application is refused: trailers, an absolute target, upgrades with a body behind them;
* the application's task is cancelled when its client goes away;
* its own errors are JSON without a word about the server.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.planes.refusals import raw_answer
from gateway.planes.settings import PlaneSettings

if TYPE_CHECKING:
    from asyncio import TimerHandle

    from uvicorn.config import Config
    from uvicorn.server import ServerState


class BadHead(Exception):
    """Raised inside a parser callback; ends the connection."""


class GateProtocol(HttpToolsProtocol):
    settings: PlaneSettings

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=False)
        self._head_open = False
        self._head_bytes = 0
        self._head_timer: TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._error = "invalid_headers"

    # -- connection --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.settings.max_connections:
            self._abort_with("overloaded")
        else:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self._task is not None and not self._task.done() and not self.cycle.response_complete:
            self._task.cancel()
        for cycle, _ in self.pipeline:
            cycle.disconnected = True
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head_open:
            self._head_bytes += len(data)
            if self._head_bytes > self.settings.limits.headers:
                self._abort_with("headers_too_large")
                return
        if self._idle() and self._head_timer is None:
            self._arm()

    def shutdown(self) -> None:
        self._disarm()
        super().shutdown()

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _arm(self) -> None:
        self._head_timer = self.loop.call_later(self.settings.timeouts.header, self._head_late)

    def _disarm(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_late(self) -> None:
        self._head_timer = None
        if self.transport.is_closing() or not self._idle():
            return
        if self._head_open:
            self._abort_with("client_timeout")
        else:
            self.transport.close()

    # -- parser callbacks --------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"redline": {"abort": self.transport.abort}}
        self._head_open = True
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_open:  # a trailer: uvicorn would slip it into the head, after the head was judged
            raise BadHead
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum([len(name) + len(value) + 4 for name, value in self.headers])
        if size > self.settings.limits.headers:
            self._error = "headers_too_large"
            raise BadHead
        if not self.url.startswith(b"/") or b"#" in self.url:  # uvicorn would drop the authority or the fragment
            raise BadHead
        if self.parser.should_upgrade():  # what follows is not parsed, so it could not be inspected
            self._error = "protocol_not_allowed"
            raise BadHead
        self._head_open = False
        self._disarm()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._idle() and self._head_open and self._head_timer is None and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._arm()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._task = task = self.loop.create_task(cycle.run_asgi(app))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    # -- errors ------------------------------------------------------------------------------------------------

    def send_400_response(self, msg: str) -> None:
        del msg
        self._abort_with(self._error)

    def _unsupported_upgrade_warning(self) -> None:
        self._abort_with("protocol_not_allowed")

    def _abort_with(self, code: str) -> None:
        """Answer and close. Where the answer would be taken for another exchange's, only close."""
        own = not self._head_open and not self.pipeline and self.cycle is not None and not self.cycle.response_started
        if (self._idle() or own) and not self.transport.is_closing():
            self.transport.write(raw_answer(code))
        self.transport.close()
