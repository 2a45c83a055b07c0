"""`redline explain`: the real codec, detectors and policy, offline; positions, never values."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detectors.entities import load_entities
from detectors.paths import PACKS
from gateway.commands.explain import Explanation, Judge
from gateway.config import load
from gateway.policy import load_policy
from gateway.types import Direction, Effect, Message, RequestHead, Route, Scope, Target

from .conftest import Redline

VALUES = ("13800138000", "zhang@example.com", "11010519491231002X")
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAq3\n-----END RSA PRIVATE KEY-----"
TARGET = Target("https", "api.example.com", 443, "/v1/chat/completions")


def body(content: str) -> bytes:
    return json.dumps(
        {"model": "demo", "messages": [{"role": "user", "content": content}]}, ensure_ascii=False
    ).encode()


def write(folder: Path, content: str) -> str:
    path = folder / "body.json"
    path.write_bytes(body(content))
    return str(path)


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules and word lists say the same each time, and no process is started for them."""
    monkeypatch.setenv("REDLINE_NER_MODEL", "names")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge.of(load(None, {"ner_model": "names"}, {}))


async def explained(
    judge: Judge, policy: str, raw: bytes, kind: str = "application/json", **fields: Any
) -> Explanation:
    head = RequestHead("POST", TARGET, ((b"content-type", kind.encode()),))
    route = fields.pop("route", Route("openai", "chat.completions", True))
    message = Message("x", Direction.REQUEST, Scope("t", "c", ""), route, head, raw, "api.example.com:443")
    return await replace(judge, policy=load_policy(policy, load_entities())).explain(message)


def test_json(redline: Redline, tmp_path: Path) -> None:
    path = write(tmp_path, f"手机{VALUES[0]}，邮箱 {VALUES[1]}，身份证号{VALUES[2]}")
    said = redline("explain", path, "--json")
    assert said.code == 0, said.err
    report = json.loads(said.out)
    assert (report["effect"], report["enforced"], report["coverage"]) == ("transform", True, "full")
    assert report["obligations"]["tokenize"] >= 3
    found = {row["entity_type"]: row for row in report["findings"]}
    assert found.keys() >= {"PHONE_NUMBER", "EMAIL_ADDRESS", "CN_RESIDENT_ID"}
    phone = found["PHONE_NUMBER"]
    assert (phone["path"], phone["start"], phone["end"]) == ("body/messages/0/content", 2, 13)
    assert phone["action"] == "tokenize"
    assert "@" in phone["rule"]
    assert not any(value in said.out for value in VALUES)


def test_the_table_reads_well_from_standard_input(redline: Redline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body(f"call {VALUES[0]} 手机"))))
    said = redline("explain", "-")
    assert said.code == 0
    assert said.out.startswith("transform  by policy default@")
    assert "body/messages/0/content" in said.out
    assert not any(value in said.out for value in VALUES)


def test_the_rule_of_the_policy_and_its_article(redline: Redline, tmp_path: Path) -> None:
    path = write(tmp_path, f"手机{VALUES[0]}，身份证号{VALUES[2]}")
    packs = ("--packs", f"{PACKS / 'cn'}", "--policy", "pipl")
    where = ("--upstream", "api.example.cn:443", "--upstream-regions", "*.example.cn=CN")
    for options, told in (
        (where, ("CN", "tokenize", "pipl/sensitive", "PIPL Art. 28, 51", "pipl/general")),
        ((), ("", "redact", "pipl/sensitive-abroad", "PIPL Art. 28, 38-40", "pipl/general-abroad")),
    ):
        report = json.loads(redline("explain", path, *packs, "--json", *options).out)
        found = {row["entity_type"]: row for row in report["findings"]}
        number = found["CN_RESIDENT_ID"]
        said = (report["region"], number["action"], number["policy_rule"], number["article"])
        assert (*said, found["PHONE_NUMBER"]["policy_rule"]) == told
    shown = redline("explain", path, *packs, *where).out
    assert "upstream in CN" in shown
    assert "pipl/sensitive" in shown


def test_an_answer(redline: Redline, tmp_path: Path) -> None:
    said = redline("explain", write(tmp_path, f"mail {VALUES[1]}"), "--response", "--json")
    assert json.loads(said.out)["effect"] == "allow", "answers hold tokens, not values"


@pytest.mark.parametrize(
    ("policy", "content", "effect"),
    [
        ("default", "hello", Effect.ALLOW),
        ("default", KEY, Effect.BLOCK),
        ("default", f"邮箱 {VALUES[1]}", Effect.TRANSFORM),
        ("strict-block", f"邮箱 {VALUES[1]}", Effect.BLOCK),
        ("observe", KEY, Effect.BLOCK),
    ],
)
async def test_policies(judge: Judge, policy: str, content: str, effect: Effect) -> None:
    one = await explained(judge, policy, body(content))
    assert one.decision.effect is effect
    assert one.report()["enforced"] is (policy != "observe")
    assert bool(one.report()["reasons"]) is (effect is Effect.BLOCK)


async def test_what_would_become_of_each_finding_is_shown_also_in_a_blocked_message(judge: Judge) -> None:
    one = await explained(judge, "default", body(f"邮箱 {VALUES[1]}\n{KEY}"))
    assert {row["entity_type"]: row["action"] for row in one.rows()} == {
        "EMAIL_ADDRESS": "tokenize",
        "PRIVATE_KEY": "block",
    }


@pytest.mark.parametrize("raw", [b"{", b'{"a": 1, "a": 2}', b"\xff\xfe", b'{"a": NaN}'])
async def test_what_cannot_be_read_is_blocked(judge: Judge, raw: bytes) -> None:
    one = await explained(judge, "default", raw)
    assert one.decision.effect is Effect.BLOCK
    assert len(one.decision.reasons) == 1


async def test_unknown_route_and_opaque_body(judge: Judge) -> None:
    unknown = await explained(judge, "default", body(f"邮箱 {VALUES[1]}"), route=Route("generic", "unknown", False))
    assert unknown.decision.reasons == ("unknown_route",)
    assert [row["action"] for row in unknown.rows()] == ["block"]
    opaque = await explained(judge, "default", body("hello"), "application/octet-stream")
    assert opaque.decision.reasons == ("unreadable_content",)


ZH = (
    "客户姓名：张伟，手机13800138000，身份证号11010519491231002X，银行卡号6222021234567890128，"
    "病历号：MR20240117，车牌京A12345"
)
EN = "Dear Mr. John Smith, mail john.smith@example.com, card 4111 1111 1111 1111, CVV: 123, patient MRN: 84512036"


@pytest.mark.parametrize(
    ("policy", "region", "zh", "en"),
    [
        (
            "pipl",
            "CN",
            {"PERSON": "tokenize", "PHONE_NUMBER": "tokenize", "CN_RESIDENT_ID": "tokenize"},
            {"PERSON": "tokenize", "EMAIL_ADDRESS": "tokenize", "CREDIT_CARD": "tokenize"},
        ),
        (
            "pipl",
            "US",
            {
                "PERSON": "tokenize",
                "CN_RESIDENT_ID": "redact",
                "CN_BANK_CARD": "redact",
                "CN_VEHICLE_PLATE": "tokenize",
            },
            {
                "PERSON": "tokenize",
                "EMAIL_ADDRESS": "tokenize",
                "CREDIT_CARD": "redact",
                "MEDICAL_RECORD_NUMBER": "redact",
            },
        ),
        (
            "gdpr",
            "US",
            {"PERSON": "tokenize", "CN_RESIDENT_ID": "redact", "PHONE_NUMBER": "tokenize"},
            {"PERSON": "tokenize", "MEDICAL_RECORD_NUMBER": "redact", "CREDIT_CARD": "tokenize"},
        ),
        (
            "hipaa",
            "US",
            {
                "PERSON": "redact",
                "PHONE_NUMBER": "redact",
                "CN_RESIDENT_ID": "redact",
                "MEDICAL_RECORD_NUMBER": "redact",
            },
            {"PERSON": "redact", "EMAIL_ADDRESS": "redact", "MEDICAL_RECORD_NUMBER": "redact"},
        ),
        (
            "pci-dss",
            "",
            {"CN_BANK_CARD": "tokenize", "PERSON": "allow", "CN_RESIDENT_ID": "allow"},
            {"CREDIT_CARD": "tokenize", "CARD_SECURITY_CODE": "block", "PERSON": "allow"},
        ),
        ("secrets-only", "", {"PERSON": "allow", "CN_BANK_CARD": "allow"}, {"CREDIT_CARD": "allow"}),
    ],
)
async def test_each_law_in_both_languages(
    judge: Judge, policy: str, region: str, zh: dict[str, str], en: dict[str, str]
) -> None:
    """Real text, real detectors, real policy."""
    regions = load(None, {"upstream_regions": f"api.example.com={region}" if region else ""}, {}).upstream_regions
    one = replace(judge, policy=load_policy(policy, load_entities(), regions=regions))
    for text, wanted in ((ZH, zh), (EN, en)):
        head = RequestHead("POST", TARGET, ((b"content-type", b"application/json"),))
        route, scope = Route("openai", "chat.completions", True), Scope("t", "c", "")
        message = Message("x", Direction.REQUEST, scope, route, head, body(text), "api.example.com:443")
        rows = {row["entity_type"]: row["action"] for row in (await one.explain(message)).rows()}
        assert {kind: rows.get(kind) for kind in wanted} == wanted
