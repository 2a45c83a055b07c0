"""The dashboard over the real decision log: records written by the gateway's user, read by the dashboard's."""

from __future__ import annotations

import asyncio
import time

import httpx

from gateway.dashboard import create_app
from gateway.stores.embedded import EmbeddedValkey
from gateway.stores.read import RecordReader
from gateway.stores.records import RedisRecordStore
from gateway.types import Direction

from .conftest import ready
from .test_metrics import record


async def test_what_the_gateway_wrote_is_what_the_page_shows() -> None:
    server = EmbeddedValkey("log")
    server.start()
    try:
        store, reader = RedisRecordStore(server.url("gateway")), RecordReader(server.url("dashboard"))
        now = time.time()
        await asyncio.gather(
            store.append(record(exchange_id="a" * 24, time=now - 2)),
            store.append(record(exchange_id="a" * 24, time=now - 1, direction=Direction.RESPONSE, effect="allow")),
            store.append(record(exchange_id="b" * 24, time=now, effect="block", reasons=("policy_block",), status=403)),
        )
        app = create_app(reader, ready, lambda: b"")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
            page = (await http.get("/?lang=zh")).text
            assert page.count("<tr>") == 4
            assert "拦截" in page
            assert "zh-id/cn-resident-id@1" in page
            blocked = (await http.get("/api/records?effect=block")).json()["records"]
            assert [one["exchange_id"] for one in blocked] == ["b" * 24]
            assert 604_000 < blocked[0]["ttl_seconds"] <= 604_800
            both = (await http.get(f"/api/records/{'a' * 24}")).json()["records"]
            assert [one["direction"] for one in both] == ["request", "response"]
            points = (await http.get("/api/counters?minutes=2")).json()["points"]
            assert sum(point["counts"].get("records", 0) for point in points) == 3
            assert (await http.get("/api/top/entity")).json()["top"] == [{"label": "PERSON", "count": 6}]
        await asyncio.gather(store.aclose(), reader.aclose())
    finally:
        server.stop()


async def test_a_store_that_is_gone() -> None:
    server = EmbeddedValkey("log")
    server.start()
    reader = RecordReader(server.url("dashboard"), call_seconds=0.5)
    server.stop()
    app = create_app(reader, ready, lambda: b"")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        assert (await http.get("/api/records")).json() == {"error": {"code": "record_failed"}}
        assert "cannot be read" in (await http.get("/?lang=en")).text
    await reader.aclose()
