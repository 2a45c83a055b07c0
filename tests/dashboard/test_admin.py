"""Changing rules over HTTP: who may, what is answered, and what the page says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from gateway.dashboard import create_app
from gateway.dashboard.admin import Answer

from .conftest import Log, ready

TOKEN = "t" * 43
GOOD = {"authorization": f"Bearer {TOKEN}"}
STATE = {
    "rules": "0123456789abcdef",
    "policy": "pipl@1-00000000",
    "detectors": "fedcba9876543210",
    "copy": "1f3a",
    "release": "release 7",
    "since": 1_790_000_000.0,
    "refused": "",
    "rolled_back": False,
    "experimental": {},
    "kept": [],
}


@dataclass
class Rules:
    said: Mapping[str, Any] = field(default_factory=lambda: STATE)
    outcome: str = "loaded"
    told: list[str] = field(default_factory=list)

    def state(self) -> Mapping[str, Any]:
        return self.said

    async def reload(self) -> Answer:
        self.told.append("reload")
        return Answer(self.outcome, "packs/a.yaml:3: no." if self.outcome == "refused" else "", "r", "p", "release 8")

    async def roll_back(self, to: str = "") -> Answer:
        self.told.append(f"back {to}".strip())
        return await self.reload()


def client(
    rules: Rules | None, token: str = TOKEN, peer: str = "127.0.0.1", log: Log | None = None
) -> httpx.AsyncClient:
    app = create_app(log or Log(), ready, lambda: b"", rules=rules, token=token)
    transport = httpx.ASGITransport(app=app, client=(peer, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8081")


@pytest.mark.parametrize(
    ("headers", "peer", "status"),
    [
        (GOOD, "127.0.0.1", 200),
        (GOOD, "::1", 200),
        ({"authorization": f"bearer  {TOKEN}"}, "127.0.0.1", 200),
        (GOOD | {"sec-fetch-site": "same-origin"}, "127.0.0.1", 200),
        ({}, "127.0.0.1", 401),
        ({"authorization": f"Bearer {TOKEN[:-1]}"}, "127.0.0.1", 401),
        ({"authorization": f"Bearer {TOKEN}x"}, "127.0.0.1", 401),
        ({"authorization": f"Basic {TOKEN}"}, "127.0.0.1", 401),
        ({"authorization": TOKEN}, "127.0.0.1", 401),
        ({"authorization": "Bearer "}, "127.0.0.1", 401),
        ({"cookie": f"token={TOKEN}"}, "127.0.0.1", 401),
        (GOOD, "10.0.0.7", 403),
        (GOOD, "", 403),
        (GOOD | {"sec-fetch-site": "cross-site"}, "127.0.0.1", 403),
        (GOOD | {"sec-fetch-site": "same-site"}, "127.0.0.1", 403),
        (GOOD | {"origin": "https://evil.test"}, "127.0.0.1", 403),
        (GOOD | {"origin": "null"}, "127.0.0.1", 403),
        (GOOD | {"host": "evil.test"}, "127.0.0.1", 421),
    ],
)
async def test_who_may(headers: dict[str, str], peer: str, status: int) -> None:
    rules = Rules()
    async with client(rules, peer=peer) as http:
        for path in ("/api/rules/reload", "/api/rules/rollback"):
            answer = await http.post(path, headers=headers)
            assert answer.status_code == status
            assert TOKEN not in answer.text
    assert bool(rules.told) is (status == 200)


async def test_without_a_token_nobody_may_and_reading_needs_none() -> None:
    rules = Rules()
    async with client(rules, token="") as http:
        assert (await http.post("/api/rules/reload", headers={"authorization": "Bearer "})).status_code == 401
        assert (await http.get("/api/rules")).json() == STATE
        assert (await http.get("/api/rules/reload")).status_code == 405
    async with client(None) as http:
        assert (await http.post("/api/rules/reload", headers=GOOD)).status_code == 404
        assert (await http.post("/api/records", headers=GOOD)).status_code == 405
    assert rules.told == []


@pytest.mark.parametrize(
    ("path", "body", "told", "outcome", "status"),
    [
        ("reload", b"", ["reload"], "loaded", 200),
        ("reload", b"", ["reload"], "unchanged", 200),
        ("reload", b"", ["reload"], "refused", 409),
        ("rollback", b"", ["back", "reload"], "loaded", 200),
        ("rollback", b'{"to": "1f3a"}', ["back 1f3a", "reload"], "loaded", 200),
        ("rollback", b"{}", ["back", "reload"], "refused", 409),
        ("rollback", b'{"to": 7}', [], "", 400),
        ("rollback", b'{"too": "1f3a"}', [], "", 400),
        ("rollback", b"[]", [], "", 400),
        ("rollback", b"{", [], "", 400),
        ("rollback", b'{"to": "' + b"a" * 65 + b'"}', [], "", 400),
        ("rollback", b" " * 1025, [], "", 400),
    ],
)
async def test_what_is_asked_and_answered(path: str, body: bytes, told: list[str], outcome: str, status: int) -> None:
    rules = Rules(outcome=outcome)
    async with client(rules) as http:
        answer = await http.post(f"/api/rules/{path}", headers=GOOD, content=body)
    assert (answer.status_code, rules.told) == (status, told)
    if outcome:
        said = answer.json()
        assert (said["outcome"], said["rules"], said["policy"], said["release"]) == (outcome, "r", "p", "release 8")
        assert bool(said["reason"]) is (outcome == "refused")


class Counting(Log):
    async def top(self, kind: str, *, seconds: int = 86400, limit: int = 10) -> list[tuple[str, int]]:
        return {"observed": [("demo/desk@1", 1204)], "observed_new": [("demo/desk@1", 17)]}.get(kind, [])


@pytest.mark.parametrize(
    ("changed", "shown", "not_shown"),
    [
        ({}, ["Rules in force", "0123456789abcdef", "release 7", "pipl@1-00000000"], ["rolled back", "are refused"]),
        ({"rolled_back": True}, ["rolled back"], ["are refused"]),
        ({"refused": "<b>a.yaml:3: no.</b>"}, ["are refused", "&lt;b&gt;a.yaml:3: no."], ["<b>a.yaml"]),
        ({"experimental": {"demo/desk@1": "URL", "demo/x@1": "URL"}}, ["demo/desk@1", "1 204", ">17<", "demo/x@1"], []),
    ],
)
async def test_the_page(changed: dict[str, Any], shown: list[str], not_shown: list[str]) -> None:
    async with client(Rules({**STATE, **changed}), log=Counting()) as http:
        page, chinese = (await http.get("/?lang=en")).text, (await http.get("/?lang=zh")).text
    assert all(words in page for words in shown)
    assert not any(words in page for words in not_shown)
    assert "生效规则" in chinese


async def test_the_page_without_a_log(log: Log) -> None:
    log.broken = True
    async with client(Rules({**STATE, "experimental": {"demo/desk@1": "URL"}}), log=log) as http:
        answer = await http.get("/?lang=en")
    assert answer.status_code == 200
    assert "demo/desk@1" in answer.text
