"""The other commands, run the way a person or a program runs them."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from .bodies import body
from .gateway import REPO
from .values import CARD, EMAIL, MOBILE, PLANTED, RESIDENT_ID

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-commands")]


def redline(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "gateway.cli", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=100, cwd=REPO, check=False)


def lines(text: bytes) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


TEXTS = {
    "zh": (f"我叫小明,身份证{RESIDENT_ID.value}。", RESIDENT_ID.value, "CN_RESIDENT_ID"),
    "en": (f"Please write to {EMAIL.value}!", EMAIL.value, "EMAIL_ADDRESS"),
    "astral": (f"😀👍 手机 {MOBILE.value} 😀", MOBILE.value, "PHONE_NUMBER"),
    "card": (f"card: {CARD.value}", CARD.value, "CREDIT_CARD"),
}


@pytest.mark.parametrize("from_file", [False, True], ids=["stdin", "file"])
def test_detect(from_file: bool, tmp_path: Path) -> None:
    """One line out for each line in, in the same order; offsets in code points; overlaps resolved."""
    rows = [{"id": name, "text": text} for name, (text, _, _) in TEXTS.items()]
    rows += [{"id": 7, "text": "nothing here", "lang": "en"}, {"id": None, "text": ""}]
    data = b"\n".join(orjson.dumps(row) for row in rows) + b"\n"
    file = tmp_path / "in.jsonl"
    file.write_bytes(data)
    run = redline("detect", str(file)) if from_file else redline("detect", "-", stdin=data)
    assert run.returncode == 0, run.stderr.decode()
    out = lines(run.stdout)
    assert [row["id"] for row in out] == [row["id"] for row in rows]
    for row, (text, value, entity_type) in zip(out, TEXTS.values(), strict=False):
        found = {text[one["start"] : one["end"]]: one for one in row["findings"]}
        assert found[value]["entity_type"] == entity_type
        assert set(found[value]) == {"start", "end", "entity_type", "score", "rule"}
        spans = sorted((one["start"], one["end"]) for one in row["findings"])
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    assert out[-2]["findings"] == []
    assert out[-1] == {"id": None, "findings": []}


def test_detect_options() -> None:
    data = orjson.dumps({"id": 1, "text": TEXTS["zh"][0]}) + b"\n"
    every = lines(redline("detect", "--all", "--no-ner", "-", stdin=data).stdout)[0]["findings"]
    some = lines(redline("detect", "--no-ner", "-", stdin=data).stdout)[0]["findings"]
    assert len(every) >= len(some) >= 1
    scored = lines(redline("detect", "--no-ner", "--min-score", "0.9", "-", stdin=data).stdout)[0]["findings"]
    assert all(one["score"] >= 0.9 for one in scored)


@pytest.mark.parametrize("line", [b"{not json", b'{"text": 5}', b"[]", b'{"id": 1}'], ids=range(4))
def test_detect_tells_the_line_that_it_cannot_read(line: bytes) -> None:
    run = redline("detect", "-", stdin=b'{"id": 1, "text": "a"}\n' + line + b"\n")
    assert run.returncode != 0
    assert b"2" in run.stderr
    assert b"Traceback" not in run.stderr


@pytest.mark.parametrize(("policy", "effect"), [("default", "transform"), ("strict-block", "block")])
def test_explain(policy: str, effect: str, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(orjson.dumps(body("chat", " ".join(planted.value for planted in PLANTED))))
    for options in ((), ("--json",)):
        run = redline("explain", str(file), "--policy", policy, *options)
        assert run.returncode == 0, run.stderr.decode()
        text = run.stdout.decode()
        assert effect in text
        assert "EMAIL_ADDRESS" in text
        assert not any(planted.value in text + run.stderr.decode() for planted in PLANTED)


def test_check_passes_on_what_ships() -> None:
    run = redline("check")
    assert run.returncode == 0, run.stderr.decode()


def test_check_tells_file_line_and_mend(tmp_path: Path) -> None:
    policy = tmp_path / "mine.yaml"
    policy.write_text(
        "policy: mine\nversion: 1\ndefault: {action: tokenise}\n"
        "unreadable: block\nerror: block\nunknown_route: block\nrules: []\n"
    )
    run = redline("check", "--policy", str(policy))
    assert run.returncode != 0
    assert f"{policy}:3" in run.stderr.decode()
    assert "tokenize" in run.stderr.decode()


def test_doctor() -> None:
    run = redline("doctor")
    assert run.returncode in {0, 1, 2}
    assert run.stdout.strip()
    assert b"Traceback" not in run.stdout + run.stderr


def test_help_reads_well() -> None:
    run = redline("--help")
    assert run.returncode == 0
    text = run.stdout.decode()
    for command in ("up", "detect", "explain", "check", "doctor"):
        assert command in text
