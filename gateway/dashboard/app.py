"""Dashboard, health and metrics: a listener of its own that reads the decision log and nothing else.

/                      the page          /api/records[/EXCHANGE]  /api/counters  /api/top/KIND
/healthz  /readyz      for orchestrators /metrics                 for Prometheus
/api/rules             what is in force; with a token, to reload and to roll back (`admin`)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from gateway.dashboard import admin
from gateway.dashboard.admin import RulesAdmin
from gateway.dashboard.guard import Guard
from gateway.dashboard.page import FOLDER, as_json, readiness_json, render
from gateway.dashboard.reader import FILTERS, TOP_KINDS, Check, MetricsSource, Readiness, ReadinessProbe, RecordReader
from gateway.dashboard.words import language
from gateway.errors import StoreError

_MOST_RECORDS: Final = 500
_MOST_MINUTES: Final = 7 * 24 * 60
_MOST_HOURS: Final = 31 * 24
_PROBE_SECONDS: Final = 10.0

type _Handler = Callable[[Request], Awaitable[Response]]


def create_app(
    reader: RecordReader,
    readiness: ReadinessProbe,
    metrics: MetricsSource,
    *,
    hosts: Collection[str] = (),
    rules: RulesAdmin | None = None,
    token: str = "",
) -> Starlette:
    """`hosts`: names besides localhost and addresses in digits that a browser may call the dashboard by.
    `rules`: what is in force, and how it is changed; `token`: of those who may change it (empty: nobody)."""
    handlers = _Handlers(reader, readiness, metrics, rules)
    routes = [
        Route("/", handlers.page),
        Route("/live", handlers.live),
        Route("/healthz", handlers.health),
        Route("/readyz", handlers.ready),
        Route("/metrics", handlers.metrics),
        Route("/api/records", handlers.latest),
        Route("/api/records/{exchange}", handlers.exchange),
        Route("/api/counters", handlers.counters),
        Route("/api/top/{kind}", handlers.top),
        *(admin.routes(rules) if rules is not None else ()),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=hosts, token=token)],
        exception_handlers={StoreError: _store_failed, _BadQuery: _bad_query, Exception: _failed},
    )


class _BadQuery(Exception):
    """A query parameter that cannot be used; its name, never its value."""


class _Handlers:
    def __init__(
        self, reader: RecordReader, readiness: ReadinessProbe, metrics: MetricsSource, rules: RulesAdmin | None
    ) -> None:
        self._reader, self._readiness, self._metrics, self._rules = reader, readiness, metrics, rules

    async def page(self, request: Request) -> Response:
        return HTMLResponse(await self._html("page.html", request))

    async def live(self, request: Request) -> Response:
        return HTMLResponse(await self._html("live.html", request))

    async def _html(self, template: str, request: Request) -> str:
        spoken = language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        state = self._rules.state() if self._rules is not None else {}
        return await render(template, spoken, self._reader, await self._probe(), state)

    async def _probe(self) -> Readiness:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                return await self._readiness()
        except Exception:  # noqa: BLE001 - a probe that fails is an answer: not ready
            return Readiness({"probe": Check(False, "failed")})

    async def health(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(self, _: Request) -> Response:
        ready = await self._probe()
        return _json(readiness_json(ready), 200 if ready.ready else 503)

    async def metrics(self, _: Request) -> Response:
        text = await asyncio.to_thread(self._metrics)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def latest(self, request: Request) -> Response:
        limit = _number(request, "limit", 50, 1, _MOST_RECORDS)
        before = _number(request, "before_ms", 0, 0, 10**15) or None
        filters = {name: request.query_params.get(name) or None for name in FILTERS}
        found = await self._reader.latest(limit, before_ms=before, **filters)
        return _json({"records": [as_json(stored) for stored in found]})

    async def exchange(self, request: Request) -> Response:
        found = await self._reader.exchange(request.path_params["exchange"])
        return _json({"records": [as_json(stored) for stored in found]}, 200 if found else 404)

    async def counters(self, request: Request) -> Response:
        points = await self._reader.series(60 * _number(request, "minutes", 60, 1, _MOST_MINUTES))
        return _json({"points": [{"start": p.start, "seconds": p.seconds, "counts": dict(p.counts)} for p in points]})

    async def top(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in TOP_KINDS:
            raise _BadQuery("kind")
        limit, hours = _number(request, "limit", 10, 1, 500), _number(request, "hours", 24, 1, _MOST_HOURS)
        rows = await self._reader.top(kind, limit=limit, seconds=3600 * hours)
        return _json({"top": [{"label": label, "count": count} for label, count in rows]})


def _number(request: Request, name: str, default: int, low: int, high: int) -> int:
    raw = request.query_params.get(name)
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or len(raw) > 16 or not low <= int(raw) <= high:
        raise _BadQuery(name)
    return int(raw)


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


async def _store_failed(_: Request, error: Exception) -> Response:
    return _json({"error": {"code": getattr(error, "code", "record_failed")}}, 503)


async def _bad_query(_: Request, error: Exception) -> Response:
    return _json({"error": {"code": "bad_query", "parameter": str(error)}}, 400)


async def _failed(_: Request, __: Exception) -> Response:
    return _json({"error": {"code": "internal"}}, 500)
