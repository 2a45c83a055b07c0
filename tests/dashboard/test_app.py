"""The dashboard over HTTP, without a socket: what it answers, what it refuses, what it can never show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from gateway.dashboard import Check, Readiness, create_app
from gateway.dashboard.guard import CSP

from .conftest import Log, ready, stored

type Probe = Callable[[], Awaitable[Readiness]]


def client(log: Log, probe: Probe = ready, host: str = "127.0.0.1:8081") -> httpx.AsyncClient:
    app = create_app(log, probe, lambda: b"redline_messages_total 1.0\n", hosts=("redline.internal",))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


async def test_the_page_is_whole_in_both_languages(log: Log) -> None:
    async with client(log) as http:
        english, chinese = await http.get("/?lang=en"), await http.get("/", headers={"accept-language": "zh-CN,en"})
    assert english.status_code == chinese.status_code == 200
    assert "Latest records" in english.text
    assert "最新记录" in chinese.text
    for text in (english.text, chinese.text):
        assert text.count("<tr>") == 31
        assert "01k000000001" in text
        assert "6d 23h" in text
        assert "<svg" in text


async def test_nothing_is_inline_and_nothing_comes_from_elsewhere(log: Log) -> None:
    async with client(log) as http:
        page = await http.get("/")
    assert page.headers["content-security-policy"] == CSP
    assert "unsafe" not in CSP
    for inline in ("style=", "<style", "onclick", "onload", "javascript:", "<script>"):
        assert inline not in page.text
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text


async def test_what_a_record_holds_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    log = Log([stored(1, route=evil, upstream='"><img src=x>', entities={evil: 1}, reasons=[evil])])
    async with client(log) as http:
        page = await http.get("/")
    assert evil not in page.text
    assert "<img src=x>" not in page.text
    assert page.text.count("&lt;script&gt;") == 3


async def test_an_empty_log_says_what_to_do() -> None:
    async with client(Log()) as http:
        page = await http.get("/?lang=en")
    assert "Send a request to the gateway" in page.text


async def test_a_dead_store_is_told_and_not_hidden(log: Log) -> None:
    log.broken = True
    async with client(log) as http:
        page = await http.get("/?lang=en")
        assert (page.status_code, "cannot be read" in page.text) == (200, True)
        for path in ("/api/records", "/api/records/x", "/api/counters", "/api/top/rule"):
            answer = await http.get(path)
            assert (answer.status_code, answer.json()) == (503, {"error": {"code": "record_failed"}})


async def test_records_as_json(log: Log) -> None:
    async with client(log) as http:
        answer = await http.get("/api/records?limit=2&effect=block&entity=PERSON&before_ms=5")
        assert [one["id"] for one in answer.json()["records"]] == ["01k000000000.request", "01k000000001.request"]
        assert log.asked == {
            "limit": 2,
            "before_ms": 5,
            "effect": "block",
            "entity": "PERSON",
            "rule": None,
            "reason": None,
            "tenant": None,
            "client": None,
        }
        one = (await http.get("/api/records/01k000000007")).json()["records"]
        assert one[0]["ttl_seconds"] == 604_693
        assert (await http.get("/api/records/none")).status_code == 404
        assert len((await http.get("/api/counters?minutes=5")).json()["points"]) == 5
        assert (await http.get("/api/top/entity")).json()["top"][0] == {"label": "PERSON", "count": 1204}


@pytest.mark.parametrize(
    "path",
    ["/api/records?limit=0", "/api/records?limit=501", "/api/records?limit=x", "/api/records?limit=１",
     "/api/records?before_ms=-1", "/api/counters?minutes=99999", "/api/top/value"],
)  # fmt: skip
async def test_bad_queries_are_named_not_quoted(log: Log, path: str) -> None:
    async with client(log) as http:
        answer = await http.get(path)
    assert answer.status_code == 400
    assert answer.json()["error"]["parameter"] in {"limit", "before_ms", "minutes", "kind"}


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8081", True),
        ("localhost:8081", True),
        ("LOCALHOST", True),
        ("[::1]:8081", True),
        ("10.0.0.7:8081", True),
        ("redline.internal:8081", True),
        ("redline.internal.", True),
        ("evil.test", False),
        ("localhost.evil.test:8081", False),
        ("127.0.0.1.evil.test", False),
        ("0x7f000001", False),
        ("2130706433", False),
        ("redline.internal@evil.test", False),
        ("", False),
    ],
)
async def test_host_names(log: Log, host: str, known: bool) -> None:
    async with client(log) as http:
        for path in ("/", "/metrics", "/api/records", "/static/redline.css"):
            assert (await http.get(path, headers={"host": host})).status_code == (200 if known else 421)
        assert (await http.get("/healthz", headers={"host": host})).status_code == 200


async def test_only_reading_and_not_for_other_sites(log: Log) -> None:
    async with client(log) as http:
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            assert (await http.request(method, "/api/records")).status_code == 405
        foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
        assert (await http.get("/api/records", headers=foreign)).status_code == 403
        navigated = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
        assert (await http.get("/", headers=navigated)).status_code == 200
        answer = await http.get("/api/records", headers={"origin": "https://evil.test"})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["cache-control"] == "no-store"
        assert (await http.get("/static/../app.py")).status_code == 404
        assert (await http.get("/docs")).status_code == 404


async def test_health_metrics_readiness(log: Log) -> None:
    async with client(log) as http:
        assert (await http.get("/healthz")).text == "ok\n"
        metrics = await http.get("/metrics")
        assert metrics.text.startswith("redline_messages_total")
        assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (200, True)
        assert answer.json()["self_test"] == {"PERSON": True}


@pytest.mark.parametrize(
    "readiness",
    [
        Readiness({}, {}),
        Readiness({"vault": Check(False, "no answer")}, {"PERSON": True}),
        Readiness({"vault": Check(True)}, {"PERSON": True, "IBAN_CODE": False}),
    ],
)
async def test_not_ready(log: Log, readiness: Readiness) -> None:
    async def probe() -> Readiness:
        return readiness

    async with client(log, probe) as http:
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (503, False)
        assert "not ready" in (await http.get("/?lang=en")).text


async def test_a_probe_that_raises_is_not_ready_and_tells_nothing(log: Log) -> None:
    async def probe() -> Readiness:
        raise RuntimeError("zhang@example.com")

    async with client(log, probe) as http:
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert "zhang" not in answer.text
        page = await http.get("/")
        assert "zhang" not in page.text
