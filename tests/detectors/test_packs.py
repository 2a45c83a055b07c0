"""What is wrong with a pack is told with file, line and mend."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.entities import load_entities
from detectors.files.problems import PackError
from detectors.packs.detector import RuleDetector, load_packs
from detectors.packs.reader import CONTEXT_KEYS, PACK_KEYS, RULE_KEYS, SCORE_KEYS
from detectors.packs.rules import RuleSet, Status
from detectors.paths import PACKS, RULES
from detectors.validators import VALIDATORS

GOOD = """\
pack: demo
version: 1
area: test
rules:
  - id: badge
    version: 2
    entity_type: API_KEY
    status: stable
    patterns: ['BDG-[0-9]{6}']
    boundary: alnum
    score: 0.9
    examples:
      match:
        - BDG-123456
        - {text: 工号BDG-654321好, value: BDG-654321}
        - 'my badge BDG-111222.'
      no_match:
        - {text: BDG-12345, why: too short}
        - {text: XBDG-123456, why: a piece of a word}
        - {text: BDG 123456, why: no hyphen}
"""


def load(tmp_path: Path, text: str):
    (tmp_path / "demo.yaml").write_text(text, encoding="utf-8")
    return load_packs([tmp_path])


def test_a_good_pack_loads(tmp_path: Path) -> None:
    rules = load(tmp_path, GOOD)
    (finding,) = RuleDetector(rules).find("前BDG-123456后")
    assert finding.rule == "demo/badge@2"
    assert (finding.start, finding.end, finding.score) == (1, 11, 0.9)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("boundary: alnum", "boundry: alnum", 10, "Did you mean 'boundary'"),
        ("boundary: alnum", "boundary: digit", 10, "Did you mean 'digits'"),
        ("boundary: alnum", "boundary: alnum\n    validator: lun", 11, "Did you mean 'luhn'"),
        ("entity_type: API_KEY", "entity_type: APIKEY", 7, "Did you mean 'API_KEY'"),
        ("[0-9]{6}", "[0-9]+", 9, "unbounded"),
        ("[0-9]{6}", "[0-9]{6}\\b", 9, "boundary"),
        ("[0-9]{6}", "[0-9{6}", 9, "not a regular expression"),
        ("'BDG-[0-9]{6}'", "'[a-z]{3,8}'", 5, "both mandatory and rare"),
        ("score: 0.9", "score: 1.9", 11, "from 0 to 1"),
        ("score: 0.9", "score: {with_context: 0.9}", 11, "without_context"),
        ("score: 0.9", "", 5, "no score"),
        ("status: stable", "status: stabel", 8, "Did you mean 'stable'"),
        ("version: 2", "version: two", 6, "whole number"),
        ("version: 2", "version: 2\n    version: 3", 7, "occurs twice"),
        ("id: badge", "id: Badge_1", 5, "lower-case"),
        ("        - BDG-123456\n", "", 14, "at least 3"),
        ("        - {text: BDG 123456, why: no hyphen}\n", "", 18, "at least 3"),
        ("why: no hyphen", "reason: no hyphen", 20, "Unknown key 'reason'"),
        ("- BDG-123456", "- BDG-12", 14, "is not found"),
        ("value: BDG-654321", "value: BDG-65432", 15, "another span"),
        ("value: BDG-654321", "value: BDG-000000", 15, "does not occur"),
        ("text: BDG 123456", "text: BDG-123456", 20, "is found"),
        ("pack: demo", "pack: &a demo", 1, "Anchors"),
        ("pack: demo", "pack: !x demo", 1, "The tag"),
        ("pack: demo", "pack: [demo", 2, "Not well-formed"),
        ("version: 1", "version: 010", 2, "not a number"),
    ],
)
def test_problems_name_file_line_and_mend(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    with pytest.raises(PackError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    problems = [p for p in caught.value.problems if words in p.message]
    assert problems, str(caught.value)
    assert problems[0].line == line, str(caught.value)
    assert problems[0].file.endswith("demo.yaml")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("boundary: alnum", "boundary: x").replace("score: 0.9", "score: 9").replace("API_KEY", "KEY")
    with pytest.raises(PackError) as caught:
        load(tmp_path, text)
    assert len(caught.value.problems) == 3


def test_no_examples_no_load(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="has no examples, so it does not load"):
        load(tmp_path, GOOD[: GOOD.index("    examples:")])


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"- 1\n- 2\n", b"pack: x\n", b"a: b: c\n", b"\x00"])
def test_garbage_is_a_pack_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "demo.yaml").write_bytes(data)
    with pytest.raises(PackError):
        load_packs([tmp_path])


def test_missing_empty_and_twin_packs(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no such file"):
        load_packs([tmp_path / "nowhere"])
    with pytest.raises(PackError, match=r"no \*.yaml"):
        load_packs([tmp_path])
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(PackError, match="used by"):
        load_packs([tmp_path])


def test_packs_with_another_ending_are_not_left_out_silently(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yml").write_text(GOOD)
    with pytest.raises(PackError, match=r"b.yml: Packs end in `.yaml`"):
        load_packs([tmp_path])


def test_what_is_no_mapping_is_told_once(tmp_path: Path) -> None:
    for text in ("- a\n", "root:x:0\n"):
        with pytest.raises(PackError, match="This is no pack") as caught:
            load(tmp_path, text)
        assert len(caught.value.problems) == 1


def test_a_label_in_han_is_seen_directly_behind_a_digit(tmp_path: Path) -> None:
    rules = load(tmp_path, GOOD.replace("'BDG-[0-9]{6}'", "'BDG-[0-9]{6}', '工号(?P<value>[0-9]{6})'"))
    detector = RuleDetector(rules)
    assert [(f.start, f.end) for f in detector.find("x1工号123456")] == [(4, 10)]
    assert detector.find("x1BDG-123456") == detector.find("工号1234567") == []


def test_optional_rules_neither_act_nor_are_observed(tmp_path: Path) -> None:
    rules = load(tmp_path, GOOD.replace("status: stable", "status: optional"))
    assert not rules.rules[0].status.acts
    assert RuleDetector(rules).find("BDG-123456") == []


def test_the_revision_follows_the_text(tmp_path: Path) -> None:
    first = load(tmp_path, GOOD).revision
    assert load(tmp_path, GOOD).revision == first
    assert load(tmp_path, GOOD.replace("0.9", "0.8")).revision != first


def test_experimental_rules_run_only_when_asked_for(tmp_path: Path) -> None:
    rules = load(tmp_path, GOOD.replace("status: stable", "status: experimental"))
    assert rules.rules[0].status is Status.EXPERIMENTAL
    assert RuleDetector(rules).find("BDG-123456") == []
    assert RuleDetector(rules, experimental=True).find("BDG-123456")


def test_the_schema_knows_every_key_and_name() -> None:
    schema = json.loads((RULES / "schema.json").read_text(encoding="utf-8"))
    rule = schema["$defs"]["rule"]["properties"]
    assert set(schema["properties"]) == set(PACK_KEYS)
    assert set(rule) == set(RULE_KEYS)
    assert set(rule["context"]["properties"]) == set(CONTEXT_KEYS)
    assert set(schema["$defs"]["score"]["properties"]) == set(SCORE_KEYS)
    assert set(rule["entity_type"]["enum"]) == set(load_entities())
    assert set(schema["$defs"]["validator"]["enum"]) == set(VALIDATORS)


def test_the_readme_names_every_validator_and_boundary() -> None:
    from detectors.matching.boundaries import BOUNDARIES

    text = (RULES / "README.md").read_text(encoding="utf-8")
    assert not [name for name in (*VALIDATORS, *BOUNDARIES, *RULE_KEYS) if f"`{name}`" not in text]


def test_the_page_of_regulations_explains_every_tag_and_policy(rules: RuleSet) -> None:
    text = (RULES / "REGULATIONS.md").read_text(encoding="utf-8")
    tags = {tag for entity in load_entities().values() for tag in entity.regulations}
    tags |= {tag for rule in rules.rules for tag in rule.regulations}
    policies = {file.stem for file in (RULES / "policies").glob("*.yaml")}
    assert not [name for name in sorted(tags | policies) if f"`{name}`" not in text]


def test_packs_lie_in_the_folder_of_their_area(rules: RuleSet) -> None:
    assert not [pack.file for pack in rules.packs if Path(pack.file).parent != PACKS / pack.area]


def test_the_engine_imports_neither_torch_nor_presidio() -> None:
    code = (
        "import sys, detectors.packs.detector, detectors.engine, detectors.batch\n"
        "bad = {'torch', 'transformers', 'presidio_analyzer', 'spacy', 'numpy'} & set(sys.modules)\n"
        "sys.exit(str(bad) if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=RULES.parent, check=False).returncode == 0
