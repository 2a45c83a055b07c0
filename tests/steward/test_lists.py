"""What `redline rules lint`, `try` and `hash` say of allow and deny lists."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from detectors.paths import PACKS
from detectors.refine import Refiner
from detectors.refine.hashing import hashed
from detectors.refine.steering import load_steering
from detectors.steward.lint import Level
from detectors.steward.lists import lint_lists
from gateway.cli import app
from gateway.commands.rules.hashing import hash_

NOW = 1_896_000_000.0  # 2030-01-30
PACK = PACKS / "cn" / "contact.yaml"
LIST = """\
allow:
  - {id: old, types: [PERSON], reason: r, entries: [Acme], expires: "2029-12-31"}
  - {id: soon, types: [PERSON], reason: r, entries: [Acme], expires: "2030-02-05"}
  - {id: twice, types: [PERSON], reason: r, entries: [Acme, ACME, Other]}
  - {id: weak, types: [PERSON], reason: r, salt: s, hashes: ["%s"]}
  - {id: fine, types: [PHONE_NUMBER], reason: Hotline, entries: ["13800138000"]}
"""


def test_lists_are_linted(tmp_path: Path) -> None:
    file = tmp_path / "allow.yaml"
    file.write_text(LIST % hashed("x", "s"), "utf-8")
    steering, remarks = lint_lists([file], None, NOW)
    assert steering is not None
    assert [(one.line, one.level, one.check) for one in remarks] == [
        (2, Level.WARNING, "expired"),
        (3, Level.NOTE, "expired"),
        (4, Level.NOTE, "repeated"),
        (5, Level.WARNING, "salt"),
    ]
    assert "Acme" not in " ".join(map(str, remarks))
    file.write_text("allow:\n  - {id: g}\n", "utf-8")
    steering, remarks = lint_lists([file], None, NOW)
    assert steering is None
    assert {(one.level, one.check) for one in remarks} == {(Level.ERROR, "list")}


def test_try_says_what_lists_and_thresholds_do(tmp_path: Path) -> None:
    (tmp_path / "allow.yaml").write_text(LIST % hashed("x", "s"), "utf-8")
    arguments = [
        "rules",
        "try",
        "电话 13800138000，手机 13912345678",
        "--json",
        "--packs",
        str(PACK),
        "--lists",
        str(tmp_path),
    ]
    rows = json.loads(CliRunner().invoke(app, arguments).stdout)
    verdicts = {row["verdict"] for row in rows if row["start"] == 3 and row["rule"].startswith("cn-contact/mobile@")}
    assert verdicts == {"no: allow-listed by fine (Hotline)"}
    assert any(row["finding"] for row in rows), "the other number stands"
    (tmp_path / "thresholds.yaml").write_text("thresholds: {PHONE_NUMBER: 1}\n", "utf-8")
    rows = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert not any(row["finding"] for row in rows)
    assert {row["verdict"] for row in rows if row["start"] == 3} >= {"no: below the threshold 1 (PHONE_NUMBER)"}


def test_test_refuses_lists_that_do_not_load(tmp_path: Path) -> None:
    (tmp_path / "allow.yaml").write_text("allow:\n  - {id: g}\n", "utf-8")
    done = CliRunner().invoke(app, ["rules", "test", "--packs", str(PACK), "--lists", str(tmp_path)])
    assert done.exit_code != 0
    assert "allow.yaml:2" in done.output + str(done.exception)


def test_hashes_fit_into_a_list(tmp_path: Path) -> None:
    import typer

    hasher = typer.Typer()
    hasher.command()(hash_)
    said = CliRunner().invoke(hasher, [], input="John Smith\n\n李娜\n").stdout
    group = "allow:\n  - id: h\n    types: [PERSON]\n    reason: r\n" + "".join(
        f"    {line}\n" for line in said.splitlines()
    )
    (tmp_path / "allow.yaml").write_text(group, "utf-8")
    found = Refiner(load_steering([tmp_path]))
    assert len(found.steering.hashed[0].hashes) == 2
    assert "John" not in said
