"""Allow lists let go what they name and nothing else; deny lists are found in every dress; mistakes are told."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from detectors.engine import DetectorEngine
from detectors.files.problems import PackError
from detectors.packs.detector import RuleDetector
from detectors.packs.rules import RuleSet
from detectors.refine import Refiner
from detectors.refine.cues import CUE_KEYS, Place
from detectors.refine.entries import ALLOW_KEYS, DENY_KEYS
from detectors.refine.hashing import hashed
from detectors.refine.listpack import with_pack
from detectors.refine.steering import KINDS, LISTS, Steering, load_steering
from detectors.types import Finding, Part, PartKind
from tests.growth import linear

NOTHING = RuleSet((), "none")


def steering(tmp_path: Path, **files: str) -> Steering:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return load_steering([tmp_path])


def kept(refiner: Refiner, text: str, *spans: tuple[int, int, str], key: str = "") -> list[str]:
    raw = [("t", Finding(1, start, end, kind, 0.9, "t/t@1")) for start, end, kind in spans]
    return [text[one.start : one.end] for one in refiner.part(text, key, raw)]


def denied(found: Steering, text: str) -> list[str]:
    """What the deny lists find, as the engine would have it."""
    rules = with_pack(NOTHING, found.deny.pack)
    raw = [("rules", one) for one in RuleDetector(rules).find(text, part=1)]
    return [text[one.start : one.end] for one in Refiner(found).part(text, "", raw)]


ALLOW = """\
allow:
  - id: own
    types: [PERSON, ORGANIZATION]
    reason: Our own name
    entries: [Smith Barney, 张江银行]
    patterns: ['Team-[A-Z]{3,8}']
  - id: test-card
    types: [CREDIT_CARD]
    reason: The test card
    case: exact
    entries: ["4111111111111111"]
"""


def test_an_entry_lets_go_what_equals_it_or_lies_within_it(tmp_path: Path) -> None:
    refiner = Refiner(steering(tmp_path, allow=ALLOW))
    text = "at Smith Barney and SMITH\n BARNEY, 张江银行"
    assert kept(refiner, text, (3, 15, "ORGANIZATION"), (3, 8, "PERSON"), (20, 33, "PERSON"), (35, 37, "PERSON")) == []
    assert kept(refiner, "Mr Smith came", (3, 8, "PERSON")) == ["Smith"]
    assert kept(refiner, "Smith Barney Jones", (0, 18, "PERSON")) == ["Smith Barney Jones"], "wider than the entry"
    assert kept(refiner, "XSmith Barney", (1, 6, "PERSON")) == ["Smith"], "a piece of another word"
    assert kept(refiner, "Team-ALPHA", (5, 10, "PERSON")) == []
    assert kept(refiner, "Team-alpha ok", (0, 10, "PERSON")) == [], "case is ignored"
    assert kept(refiner, "Ｓmith Barney", (0, 12, "PERSON")) == ["Ｓmith Barney"], "half of a dress is none"
    assert kept(refiner, "ＳＭＩＴＨ ＢＡＲＮＥＹ", (0, 12, "PERSON")) == [], "width does not matter"


def test_only_the_named_types_are_let_go(tmp_path: Path) -> None:
    refiner = Refiner(steering(tmp_path, allow=ALLOW))
    assert kept(refiner, "Smith Barney", (0, 12, "PASSWORD")) == ["Smith Barney"]
    assert kept(refiner, "Smith Barney", (0, 12, "ADDRESS")) == ["Smith Barney"]
    assert kept(refiner, "4111111111111111", (0, 16, "CREDIT_CARD")) == []
    assert kept(refiner, "4111111111111111", (0, 16, "API_KEY")) == ["4111111111111111"]


def test_a_category_stands_for_its_types_but_never_for_credentials(tmp_path: Path) -> None:
    group = "allow:\n  - {id: g, types: ['category:%s'], reason: r, entries: [Acme]}\n"
    refiner = Refiner(steering(tmp_path, allow=group % "organization"))
    assert kept(refiner, "Acme", (0, 4, "ORGANIZATION"), (0, 4, "PERSON")) == ["Acme"]
    with pytest.raises(PackError, match="all credentials go"):
        steering(tmp_path, allow=group % "credential")


def test_a_hashed_entry_equals_in_any_dress_and_is_never_part_of_a_text(tmp_path: Path) -> None:
    group = f"{{id: h, types: [PERSON], reason: r, salt: s, hashes: [{hashed('John Smith', 's')}]}}"
    refiner = Refiner(steering(tmp_path, allow=f"allow: [{group}]\n"))
    for text in ("John Smith", "john  smith", "ＪＯＨＮ Smith"):
        assert kept(refiner, text, (0, len(text), "PERSON")) == []
    assert kept(refiner, "John Smith", (0, 4, "PERSON")) == ["John"]
    assert kept(refiner, "John Smith", (0, 10, "PASSWORD")) == ["John Smith"]


DENY = """\
deny:
  - id: customers
    type: ORGANIZATION
    reason: Non-disclosure
    entries: [Northwind Traders, 北风贸易, "ACME-7"]
    patterns: ['PRJ-[A-Z]{3}-[0-9]{2}']
  - id: key-staff
    type: PERSON
    reason: Board
    case: exact
    language: zh
    file: staff.txt
"""


def test_a_denied_entry_is_found_in_every_dress(tmp_path: Path) -> None:
    (tmp_path / "staff.txt").write_text("# the board\n\n王小明\nXu Wei\n", "utf-8")
    found = steering(tmp_path, deny=DENY)
    for text, values in [
        ("for Northwind Traders.", ["Northwind Traders"]),
        ("for NORTHWIND\n TRADERS.", ["NORTHWIND\n TRADERS"]),
        ("和北风贸易公司", ["北风贸易"]),
        ("acme-7 acme-77 xacme-7", ["acme-7"]),
        ("PRJ-ABC-12", ["PRJ-ABC-12"]),
        ("ＮＯＲＴＨＷＩＮＤ ＴＲＡＤＥＲＳ", ["ＮＯＲＴＨＷＩＮＤ ＴＲＡＤＥＲＳ"]),
        ("通知王小明开会", ["王小明"]),
        ("请通知 Xu Wei 开会，不要通知 XU WEI", ["Xu Wei"]),
        ("tell Xu Wei in an English text", []),
        ("Northwind", []),
    ]:
        assert denied(found, text) == values, text
    run = base64.b64encode(b"customer: Northwind Traders, London").decode()
    (hidden,) = denied(found, f"blob {run} end")
    assert hidden in run


async def test_a_denied_entry_is_a_finding_whatever_else_says(tmp_path: Path) -> None:
    found = steering(tmp_path, deny="deny:\n  - {id: a, type: ORGANIZATION, reason: r, entries: [Northwind]}\n")
    engine = DetectorEngine([RuleDetector(with_pack(NOTHING, found.deny.pack))], refiner=Refiner(found))
    (one,) = await engine.detect([Part(1, "a", PartKind.NUMBER, "Northwind")])
    assert (one.entity_type, one.score, one.rule) == ("ORGANIZATION", 1.0, "deny/a@1")


def test_a_group_ends_with_its_last_day(tmp_path: Path) -> None:
    group = "{id: g, reason: r, entries: [Acme], expires: '2030-01-31'"
    found = steering(
        tmp_path,
        allow=f"allow:\n  - {group}, types: [PERSON]}}\n",
        deny=f"deny:\n  - {group}, type: LOCATION}}\n",
    )
    now = [1_896_134_399.0]  # 2030-01-31T23:59:59Z
    refiner = Refiner(found, clock=lambda: now[0])
    raw = [("t", Finding(1, 0, 4, "PERSON", 0.9, "t/t@1")), ("rules", Finding(1, 0, 4, "LOCATION", 1.0, "deny/g@1"))]
    assert [one.entity_type for one in refiner.part("Acme", "", raw)] == ["LOCATION"]
    before = refiner.revision
    now[0] += 1
    assert [one.entity_type for one in refiner.part("Acme", "", raw)] == ["PERSON"]
    assert refiner.revision != before, "what was cached before is read anew"


def test_the_revision_is_that_of_all_files(tmp_path: Path) -> None:
    seen = {steering(tmp_path, allow="allow: []\n", deny="deny: []\n").digest}
    for change in (
        {"allow": ALLOW},
        {"allow": ALLOW.replace("Barney", "Co")},
        {"thresholds": "thresholds: {LOCATION: 1}\n"},
    ):
        seen.add(steering(tmp_path, **change).digest)
    (tmp_path / "staff.txt").write_text("王小明\n", "utf-8")
    seen.add(steering(tmp_path, deny=DENY).digest)
    (tmp_path / "staff.txt").write_text("王小红\n", "utf-8")
    seen.add(load_steering([tmp_path]).digest)
    assert len(seen) == 6
    rules = with_pack(NOTHING, load_steering([tmp_path]).deny.pack)
    assert rules.revision != NOTHING.revision


BROKEN = [
    ("allow: {}\n", 1, "must be a list of groups"),
    ("allow:\n  - {id: g, reason: r, entries: [Acme]}\n", 2, "has no types"),
    ("allow:\n  - {id: g, types: [PERSN], reason: r, entries: [Acme]}\n", 2, "'PERSON'"),
    ("allow:\n  - {id: g, types: [PERSON], entries: [Acme]}\n", 2, "no 'reason'"),
    ("allow:\n  - {id: g, types: [PERSON], reason: r}\n", 2, "has no entries"),
    ("allow:\n  - {id: g, types: [PERSON], reason: r, entries: [A]}\n", 2, "2 to 200 characters"),
    ("allow:\n  - {id: g, types: [PERSON], reason: r, entries: [Acme], expires: '31.12.2030'}\n", 2, "is no date"),
    ("allow:\n  - {id: g, types: [PERSON], reason: r, entries: [Acme], language: fr}\n", 2, "Unknown language"),
    ("allow:\n  - {id: g, types: [PERSON], reason: r, hashes: [abc], salt: s}\n", 2, "no SHA-256"),
    ("allow:\n  - {id: g, types: [PERSON], reason: r, patterns: ['a+']}\n", 2, "unbounded repeat"),
    ("allow:\n  - {id: g, types: [PERSON], reason: r, patterns: ['[0-9a-z]{1,3}']}\n", 2, "mandatory and rare"),
    ("allow:\n  - {id: g, types: [PERSON], reason: r, file: ../x.txt}\n", 2, "beside the list"),
    ("allow:\n  - {id: g, types: [PERSON], reason: r, file: nowhere.txt}\n", 2, "cannot be read"),
    ("deny:\n  - {id: g, types: [PERSON], reason: r, entries: [Acme]}\n", 2, "Unknown key 'types'"),
    ("deny:\n  - {id: g, type: PERSN, reason: r, entries: [Acme]}\n", 2, "'PERSON'"),
    ("deny:\n" + "  - {id: g, type: PERSON, reason: r, entries: [Acme]}\n" * 2, 3, "used before, on line 2"),
    ("denied: []\n", 1, "no list"),
    ("allow: []\ndeny: []\n", 1, "two kinds"),
    ("deny:\n  - {id: g, type: PERSON, reason: r, entries: [Acme], expires: 2030-12-31}\n", 2, "Quote it"),
]  # fmt: skip


def test_every_mistake_is_told_with_line_and_mend(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    for text, line, said in BROKEN:
        file.write_text(text, "utf-8")
        with pytest.raises(PackError) as caught:
            load_steering([file])
        problems = caught.value.problems
        assert any(one.line == line and said in one.message for one in problems), (text, str(caught.value))
        assert "Acme" not in str(caught.value), "an entry is never quoted"


def test_what_is_allowed_and_denied_is_a_mistake(tmp_path: Path) -> None:
    group = "reason: r, entries: [Acme]}\n"
    with pytest.raises(PackError, match="denied by group 'd'"):
        steering(
            tmp_path,
            allow=f"allow:\n  - {{id: a, types: [PERSON], {group}",
            deny=f"deny:\n  - {{id: d, type: PERSON, {group}",
        )
    found = steering(tmp_path, allow=f"allow:\n  - {{id: a, types: [LOCATION], {group}")
    assert len(found.allow.groups) == 1


def test_paths_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no such file or folder"):
        load_steering([tmp_path / "nowhere"])


def test_entries_do_not_print(tmp_path: Path) -> None:
    (tmp_path / "staff.txt").write_text("王小明\n", "utf-8")
    found = steering(tmp_path, deny=DENY, allow=ALLOW)
    told = repr(found) + repr(found.deny.groups) + repr(found.allow.groups)
    assert "Northwind" not in told
    assert "王小明" not in told
    assert "Barney" not in told


def test_many_findings_beside_many_allowed_values_stay_linear(tmp_path: Path) -> None:
    refiner = Refiner(steering(tmp_path, allow=ALLOW))

    def judge(size: int) -> None:
        raw = [("t", Finding(1, at * 13, at * 13 + 5, "PERSON", 0.9, "t/t@1")) for at in range(size)]
        assert refiner.part("Smith Barney " * size, "", raw) == []

    assert linear(judge, 300, 3000)


def test_hundreds_of_entries_are_one_scan(tmp_path: Path) -> None:
    names = [f"Kunde {chr(65 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}berg" for n in range(120)]
    (tmp_path / "staff.txt").write_text("\n".join(names), "utf-8")
    found = steering(tmp_path, deny=DENY.replace("    language: zh\n", ""))
    assert denied(found, f"and {names[7]} and {names[119]} and Kunde Nobody") == [names[7], names[119]]


def test_the_schema_knows_every_key() -> None:
    schema = json.loads((LISTS / "schema.json").read_text("utf-8"))["properties"]
    assert set(KINDS) <= set(schema)
    assert set(schema["allow"]["items"]["properties"]) == set(ALLOW_KEYS)
    assert set(schema["deny"]["items"]["properties"]) == set(DENY_KEYS)
    cue = schema["cues"]["items"]["properties"]
    assert set(cue) == set(CUE_KEYS)
    assert set(cue["place"]["enum"]) == set(Place)
