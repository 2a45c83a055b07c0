"""What every request to the dashboard passes first: a known Host, a safe method (or a token), no foreign page; and
what every answer carries: a policy under which a page can run nothing but our own files.

A page on the internet can make a browser ask a loopback address under a name of its own (DNS rebinding); the Host
header then says that name. An address in digits cannot be rebound, so those are let in, as are configured names.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.dashboard import admin
from gateway.dashboard.admin import CHANGES

CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
OPEN: Final = frozenset({"/healthz", "/readyz"})
"""Asked by orchestrators under whatever name; they tell nothing of traffic."""


class Guard:
    def __init__(self, app: ASGIApp, hosts: Collection[str] = (), token: str = "") -> None:
        """`token`: of those who may change rules; empty: nobody may."""
        self._app = app
        self._token = token
        self._names = {"localhost", *(host.lower().rstrip(".") for host in hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # no websockets, no lifespan
        headers = dict(scope["headers"])

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name, value) for name, value in message["headers"] if name != b"server"]
                if not any(name == b"cache-control" for name, _ in own):
                    own.append((b"cache-control", b"no-store"))
                message["headers"] = [*own, *HEADERS]
            await send(message)

        refused = self._refusal(scope, headers)
        await (refused or self._app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> PlainTextResponse | None:
        changes = scope["method"] == "POST" and scope["path"] in CHANGES
        if scope["method"] not in {"GET", "HEAD"} and not changes:
            return PlainTextResponse("The dashboard only reads.\n", 405, {"allow": "GET, HEAD"})
        if scope["path"] not in OPEN and not self._known(headers.get(b"host", b"").decode("latin-1")):
            return PlainTextResponse("This Host name is not configured; see the setting dashboard_hosts.\n", 421)
        navigates = headers.get(b"sec-fetch-mode") == b"navigate"
        if headers.get(b"sec-fetch-site") == b"cross-site" and not navigates:
            return PlainTextResponse("Not for other sites.\n", 403)
        return admin.refusal(scope, headers, self._token) if changes else None

    def _known(self, host: str) -> bool:
        name = host.lower()
        if name.startswith("["):
            name = name[1:].partition("]")[0]
        elif name.count(":") == 1:
            name = name.partition(":")[0]
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.rstrip(".") in self._names
        return True
