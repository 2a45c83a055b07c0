"""The ASGI application: one `Conversation` for each request, nothing shared but the upstream client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from gateway.planes.asgi.conversation import Conversation
from gateway.planes.asgi.upstream import Upstream
from gateway.planes.settings import PlaneSettings
from gateway.types import Gatekeeper, Target

type Resolve = Callable[[str, str], Target]
"""(method, raw path with query) → where to go. May raise `Refusal`."""
type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def create_app(gatekeeper: Gatekeeper, resolve: Resolve, settings: PlaneSettings) -> AsgiApp:
    """Wants `gateway.planes.asgi.protocol.GateProtocol` below it, which cancels the call when the client goes
    away and refuses what a server would hide from an application; `serve` sees to that."""
    upstream = Upstream(settings)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await Conversation(gatekeeper, resolve, upstream, settings, scope, receive, send).run()
        elif kind == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif kind == "lifespan":
            await _live(upstream, receive, send)

    return app


async def _live(upstream: Upstream, receive: Receive, send: Send) -> None:
    await receive()
    upstream.open()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await upstream.aclose()
    await send({"type": "lifespan.shutdown.complete"})
