"""Changing rules over HTTP: who may, and what is answered.

    POST /api/rules/reload                     put what is on disk in force
    POST /api/rules/rollback  {"to": "1f3a"}   put an earlier copy in force; without a body: the one before

From this machine only, with the token in `Authorization: Bearer …`, which no browser sends by itself; a page that
makes a browser try is told so by its own headers and refused.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Scope

RELOAD: Final = "/api/rules/reload"
ROLL_BACK: Final = "/api/rules/rollback"
CHANGES: Final = frozenset({RELOAD, ROLL_BACK})
"""The only paths that take POST."""
_LONGEST: Final = 1024
"""Bytes of a body."""


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: str
    """`loaded`, `unchanged` or `refused`."""
    reason: str
    """Why it was refused: file, line, mend."""
    rules: str
    policy: str
    """Revisions that are in force now."""
    release: str = ""

    @property
    def ok(self) -> bool:
        return self.outcome != "refused"


class RulesAdmin(Protocol):
    def state(self) -> Mapping[str, Any]:
        """`rules`, `policy`, `detectors`, `copy`, `release`, `since`, `refused`, `rolled_back`, `experimental`
        (rule → entity type), `kept`."""
        ...

    async def reload(self) -> Answer: ...

    async def roll_back(self, to: str = "") -> Answer: ...


def refusal(scope: Scope, headers: Mapping[bytes, bytes], token: str) -> PlainTextResponse | None:
    """None: this request may change rules."""
    peer = (scope.get("client") or ("", 0))[0]
    if not _loopback(peer):
        return PlainTextResponse("Rules are changed from this machine only.\n", 403)
    if headers.get(b"sec-fetch-site", b"none") not in {b"none", b"same-origin"} or b"origin" in headers:
        return PlainTextResponse("Rules are not changed by web pages.\n", 403)
    scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
    if not token or scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), token.encode()):
        said = (
            "Send the token: `Authorization: Bearer …`. It is in the file admin_token_file, or STATE_DIR/admin-token.\n"
        )
        return PlainTextResponse(said, 401, {"www-authenticate": "Bearer"})
    return None


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def routes(admin: RulesAdmin) -> list[Route]:
    async def state(_: Request) -> Response:
        return _json(dict(admin.state()), 200)

    async def reload(_: Request) -> Response:
        return _told(await admin.reload())

    async def roll_back(request: Request) -> Response:
        try:
            to = _wanted(await _body(request))
        except ValueError:
            return _json({"error": {"code": "bad_body", "mend": 'Send {"to": "COPY"}, or no body.'}}, 400)
        return _told(await admin.roll_back(to))

    return [
        Route("/api/rules", state),
        Route(RELOAD, reload, methods=["POST"]),
        Route(ROLL_BACK, roll_back, methods=["POST"]),
    ]


async def _body(request: Request) -> bytes:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > _LONGEST:
            raise ValueError("too long")
    return data


def _wanted(body: bytes) -> str:
    if not body.strip():
        return ""
    said = orjson.loads(body)
    to = said.get("to", "") if isinstance(said, dict) and said.keys() <= {"to"} else None
    if not isinstance(to, str) or len(to) > 64:
        raise ValueError("not a copy")
    return to


def _told(answer: Answer) -> Response:
    """409: what was in force before still is."""
    return _json(asdict(answer), 200 if answer.ok else 409)


def _json(content: Mapping[str, Any], status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
