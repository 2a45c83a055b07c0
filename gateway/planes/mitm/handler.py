"""One client connection: mitmproxy's connection handler with hooks that fail closed.

Rule for the next editor: there is no addon manager here. A hook is a gate call, or one of the few in `_plain`,
or nothing. Whatever raises ends the connection.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from mitmproxy.connection import Server
from mitmproxy.proxy import commands, events, mode_specs, server, server_hooks
from mitmproxy.proxy.layer import NextLayerHook
from mitmproxy.proxy.layers.tls import TlsStartClientHook, TlsStartServerHook

from gateway.errors import Refusal
from gateway.planes.mitm.calls import GateCall, GateClose
from gateway.planes.mitm.layers import choose_layer, top_layer
from gateway.planes.mitm.link import Clock, Link, Plane, attach
from gateway.planes.mitm.runtime import Runtime
from gateway.planes.refusals import plane_refusal
from gateway.types import CloseReason

QUEUE_LIMIT = 1024 * 1024
"""Bytes that may wait behind a gate call before reading stops."""


class GateHandler(server.LiveConnectionHandler):
    def __init__(
        self, plane: Plane, runtime: Runtime, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        super().__init__(reader, writer, runtime.options, mode_specs.ProxyMode.parse("regular"))
        self._runtime = runtime
        self._settings = plane.settings
        self._queued = 0
        self._unframed = 0
        self._link = Link(plane, Clock(self._client_late), Clock(self._upstream_late), self._linger)
        attach(self.client, self._link)
        self.layer = top_layer(self.layer.context, plane)

    # -- life --------------------------------------------------------------------------------------------------

    async def handle_client(self) -> None:
        self._link.client_clock.start(self._settings.timeouts.header)
        try:
            await super().handle_client()
        finally:
            self._link.client_clock.cancel()
            self._link.upstream_clock.cancel()
            for call in list(self._link.calls):
                call.cancel()
            for guard in list(self._link.guards):
                await guard.close(CloseReason.CLIENT_GONE)

    @property
    def busy(self) -> bool:
        return bool(self._link.guards)

    def kill(self) -> None:
        """Cut every connection at once: no clean end towards either side."""
        for io in list(self.transports.values()):
            if isinstance(io.writer, asyncio.StreamWriter):
                io.writer.transport.abort()
            if io.handler is not None:
                io.handler.cancel()

    def log(self, message: str, level: int = logging.INFO, exc_info: Any = None) -> None:
        """mitmproxy logs heads, bodies and tracebacks; none of it is kept. A crash of a layer ends the connection."""
        if exc_info:
            self.kill()

    # -- hooks -------------------------------------------------------------------------------------------------

    async def hook_task(self, hook: commands.StartHook) -> None:
        if isinstance(hook, GateClose):
            await hook.work()
            return
        if isinstance(hook, GateCall):
            await self._gate_call(hook)
        else:
            await self.handle_hook(hook)
        if hook.blocking:
            await self.server_event(events.HookCompleted(hook))

    async def _gate_call(self, hook: GateCall) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._link.calls.add(task)
        self._link.hold()
        try:
            hook.result = await hook.work()
        except Refusal as refusal:
            hook.refusal = refusal
        except asyncio.CancelledError:
            task.uncancel()
            hook.gone = True
        except Exception:  # noqa: BLE001
            hook.refusal = plane_refusal("inspection_failed")
        finally:
            self._link.calls.discard(task)
            self._queued = 0
            self._link.release()

    async def handle_hook(self, hook: commands.StartHook) -> None:
        try:
            self._plain(hook)
        except Exception:  # noqa: BLE001  stock mitmproxy would log it and go on
            self.kill()

    def _plain(self, hook: commands.StartHook) -> None:
        if isinstance(hook, NextLayerHook):
            choose_layer(hook.data)
        elif isinstance(hook, TlsStartClientHook):
            self._runtime.start_client_tls(hook.data)
        elif isinstance(hook, TlsStartServerHook):
            self._runtime.start_server_tls(hook.data)
        elif isinstance(hook, server_hooks.ServerConnectHook):
            target = hook.data.server
            if target.address not in self._link.permitted or target.transport_protocol != "tcp":
                target.error = "no verdict"

    # -- events ------------------------------------------------------------------------------------------------

    async def server_event(self, event: events.Event) -> None:
        if isinstance(event, events.DataReceived):
            self._count(event)
        elif isinstance(event, events.ConnectionClosed) and event.connection is self.client:
            late = self._link.client_late
            for call in () if late else list(self._link.calls):
                call.cancel()
        await super().server_event(event)

    def _count(self, event: events.DataReceived) -> None:
        if self._link.holds:
            self._queued += len(event.data)
        if event.connection is self.client and not self._link.head_read:  # TLS hellos, half heads, other protocols
            self._unframed += len(event.data)
            if self._unframed > self._settings.limits.headers + QUEUE_LIMIT:
                self.kill()

    async def drain_writers(self) -> None:
        """After each read: wait until what was written is taken, and until the gate has caught up."""
        if any(io.writer is not None and _unsent(io.writer) for io in self.transports.values()):
            self._link.hold()
            try:
                async with asyncio.timeout(self._settings.timeouts.client_idle):
                    await super().drain_writers()  # type: ignore[no-untyped-call]
            except TimeoutError:
                self.kill()
            finally:
                self._link.release()
        while self._link.holds and self._queued > QUEUE_LIMIT:
            await self._link.free.wait()

    # -- clocks ------------------------------------------------------------------------------------------------

    def _client_late(self) -> None:
        if self._link.holds:  # it is not the client who is slow
            self._link.client_clock.start(self._settings.timeouts.body_idle)
            return
        self._link.client_late = True
        self._spawn(events.ConnectionClosed(self.client))
        self._linger()

    def _upstream_late(self) -> None:
        if self._link.calls:
            self._link.upstream_clock.start(self._settings.timeouts.upstream_idle)
            return
        self._link.upstream_late = True
        for connection, io in list(self.transports.items()):
            if isinstance(connection, Server):
                if io.writer is None and io.handler is not None:
                    io.handler.cancel()  # still connecting
                elif io.writer is not None:
                    self._spawn(events.ConnectionClosed(connection))

    def _spawn(self, event: events.Event) -> None:
        task = asyncio.get_running_loop().create_task(self.server_event(event))
        self.wakeup_timer.add(task)
        task.add_done_callback(self.wakeup_timer.discard)

    def _linger(self) -> None:
        def close() -> None:
            io = self.transports.get(self.client)
            if io is not None and io.handler is not None:
                io.handler.cancel()

        asyncio.get_running_loop().call_later(self._settings.timeouts.linger, close)


def _unsent(writer: Any) -> int:
    return writer.transport.get_write_buffer_size() if isinstance(writer, asyncio.StreamWriter) else 0
