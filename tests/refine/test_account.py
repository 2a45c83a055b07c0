"""`redline detect --explain`: why something is found, and why something is not. Values stay masked."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors import batch
from detectors.names import NameDetector
from detectors.packs.detector import RuleDetector, read_packs
from detectors.packs.rules import RuleSet
from detectors.refine import Refiner
from detectors.refine.listpack import with_pack
from detectors.refine.steering import load_steering
from detectors.steward.account import Account, Accountant, Line
from gateway.cli import app

LISTS = """\
allow:
  - {id: own-people, types: [PERSON], reason: Our founder, entries: [Mary Miller]}
"""
DENIED = """\
deny:
  - {id: code-names, type: ORGANIZATION, reason: Secret, entries: [Bluebird]}
"""
PACK = Path(__file__).parents[2] / "rules" / "packs" / "cn" / "contact.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    (folder / "allow.yaml").write_text(LISTS, "utf-8")
    (folder / "deny.yaml").write_text(DENIED, "utf-8")
    return folder


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return read_packs([PACK])


@pytest.fixture(scope="module")
def accountant(folder: Path, rules: RuleSet) -> Accountant:
    found = load_steering([folder])
    return Accountant(with_pack(rules, found.deny.pack), [NameDetector(floor=0.2)], Refiner(found))


TEXT = (
    "请转告李娜女士，电话13800138000。Dear Dr. Smith, ask SMITH or Mary Miller about Bluebird. john smith (13800138000)"
)


async def explained(accountant: Accountant, text: str, key: str = "") -> tuple[Account, dict[str, list[Line]]]:
    account = await accountant.explain(text, key=key)
    lines: dict[str, list[Line]] = {}
    for line in account.lines:
        lines.setdefault(text[line.start : line.end], []).append(line)
    return account, lines


async def test_each_candidate_says_what_became_of_it(accountant: Accountant) -> None:
    account, lines = await explained(accountant, TEXT)
    assert account.characters == len(TEXT)
    assert {name for name, _ in account.revisions} == {"rules", "names", "lists"}
    (person,) = lines["李娜"]
    assert (person.verdict, person.detector, person.threshold_line) == ("finding", "names", "PERSON")
    assert {(word.cue, TEXT[word.start : word.end]) for word in person.words} == {
        ("introduction-zh", "转告"),
        ("title-zh", "女士"),
    }
    assert person.before < person.after
    (allowed,) = lines["Mary Miller"]
    assert (allowed.verdict, allowed.by, allowed.reason) == ("allowed", "own-people", "Our founder")
    assert {(one.verdict, one.by) for one in lines["Bluebird"] if one.detector == "rules"} == {
        ("finding", "code-names")
    }
    phone = lines["13800138000"][0]
    assert phone.verdict == "finding"
    assert "→" in phone.effect
    assert [(one.start, one.end) for one in account.lines] == sorted((one.start, one.end) for one in account.lines)


async def test_what_was_nearly_found_is_told(accountant: Accountant) -> None:
    _, lines = await explained(accountant, "We saw Teller there")
    assert not any(one.found for some in lines.values() for one in some)
    _, lines = await explained(accountant, "jane smith", "customer_name")
    (line,) = lines["jane smith"]
    assert line.found
    assert [(word.cue, word.start) for word in line.words] == [("label-en", -1)]
    _, lines = await explained(accountant, "jane smith", "file_name")
    (line,) = lines["jane smith"]
    assert (line.verdict, line.threshold) == ("threshold", 0.45)


async def test_a_name_that_is_found_elsewhere_says_so(accountant: Accountant) -> None:
    _, lines = await explained(accountant, "I am John Smith. well, smith is busy")
    assert {one.verdict for one in lines["smith"]} == {"consistency"}


def test_batch_finds_what_the_gateway_finds(folder: Path) -> None:
    found = load_steering([folder])
    detectors = [RuleDetector(with_pack(RuleSet((), ""), found.deny.pack)), NameDetector()]
    lines = ["Mary Miller met Mr. John Smith", "smith of bluebird", "I am john smith, SMITH"]
    output = io.BytesIO()
    options = batch.Options(refiner=Refiner(found))
    batch.run([json.dumps({"text": one}).encode() for one in lines], output, detectors, options, print)
    told = [json.loads(one)["findings"] for one in output.getvalue().splitlines()]
    values = [[text[f["start"] : f["end"]] for f in some] for text, some in zip(lines, told, strict=True)]
    assert values == [["Mr. John Smith"], ["bluebird"], ["john smith", "SMITH"]]


@pytest.fixture
def run(folder: Path):
    def run(*words: str, input: str = "") -> str:  # noqa: A002
        options = ["--packs", str(PACK), "--lists", str(folder), "--ner-model", "names"]
        result = CliRunner().invoke(app, ["detect", *words, *options], input=input)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_the_command_masks_values_and_speaks_both_languages(run, tmp_path: Path) -> None:
    text = "请转告李娜女士，电话13800138000"
    told = run("--explain", text)
    assert "李娜" not in told
    assert "13800138000" not in told
    for said in ("命中", "PERSON 姓名", "title-zh +2.5 (女士 5-7)", "names/zh-person@1"):
        assert said in told
    assert "李娜" in run("--explain", text, "--show")
    file = tmp_path / "letter.txt"
    file.write_text(text, "utf-8")
    assert run("--explain", str(file)) == told
    assert run("--explain", "-", input=text) == told


def test_the_command_speaks_json(run) -> None:
    report = json.loads(run("--explain", "Mary Miller and Bluebird", "--json"))
    verdicts = {(line["value"], line["verdict"], line["by"]) for line in report["lines"]}
    assert ("•••••• (11)", "allowed", "own-people") in verdicts
    assert ("•••••• (8)", "finding", "code-names") in verdicts
    assert report["language"] == "en"


def test_json_lines_know_the_lists(run) -> None:
    told = [json.loads(line) for line in run("-", input='{"id":1,"text":"Bluebird"}\n').splitlines()]
    assert [finding["rule"] for finding in told[0]["findings"]] == ["deny/code-names@1"]


def test_a_broken_list_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("allow:\n  - {id: g}\n", "utf-8")
    result = CliRunner().invoke(app, ["detect", "--explain", "x", "--lists", str(tmp_path)])
    assert result.exit_code != 0
    assert "x.yaml:2" in result.output + str(result.exception or "")
