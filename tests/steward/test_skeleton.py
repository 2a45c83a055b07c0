from __future__ import annotations

from pathlib import Path

import pytest

from detectors.entities import load_entities
from detectors.files.problems import PackError
from detectors.packs.detector import load_packs, read_packs
from detectors.packs.rules import Status
from detectors.steward.generate import near_misses, samples
from detectors.steward.skeleton import Wish, quoted, skeleton, write_new

ENTITIES = load_entities()


def load(tmp_path: Path, text: str):
    (tmp_path / "new.yaml").write_text(text, encoding="utf-8")
    return load_packs([tmp_path])


def test_with_a_pattern_it_loads_at_once_and_as_experimental(tmp_path: Path) -> None:
    text = skeleton(Wish("staff-badge", "demo", "API_KEY", "BDG-[0-9]{6}"), ENTITIES)
    (rule,) = load(tmp_path, text).rules
    assert (rule.name, rule.status) == ("demo-staff-badge/staff-badge@1", Status.EXPERIMENTAL)


def test_without_one_each_blank_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(PackError) as caught:
        load(tmp_path, skeleton(Wish("staff-badge", "demo", "API_KEY"), ENTITIES))
    messages = {problem.line: problem.message for problem in caught.value.problems}
    assert "no pattern" in messages[12]
    assert "is empty" in messages[10]
    assert {22, 23, 24, 26, 27, 28} <= set(messages)


def test_it_loads_once_the_blanks_are_filled(tmp_path: Path) -> None:
    text = skeleton(Wish("staff-badge", "demo", "API_KEY"), ENTITIES)
    text = text.replace("description: '' ", "description: ours ").replace("patterns: []", "patterns: ['BDG-[0-9]{6}']")
    for number in range(3):
        text = text.replace("{text: '', value: ''}", f"{{text: 'x BDG-12345{number}', value: BDG-12345{number}}}", 1)
        text = text.replace("{text: '', why: ''}", f"{{text: BDG-1234{number}, why: short}}", 1)
    assert load(tmp_path, text).rules


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish("Badge", "demo", "API_KEY"), "'Badge' is no rule id"),
        (Wish("badge", "../demo", "API_KEY"), "is no area"),
        (Wish("badge", "demo", "API_KEYS"), "Did you mean 'API_KEY'"),
        (Wish("badge", "demo", "API_KEY", "x+"), "unbounded"),
        (Wish("badge", "demo", "API_KEY", "", "digit"), "Did you mean 'digits'"),
    ],
)
def test_what_cannot_be(wish: Wish, words: str) -> None:
    with pytest.raises(PackError, match=words):
        skeleton(wish, ENTITIES)


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    write_new(tmp_path / "a" / "b.yaml", "x")
    with pytest.raises(PackError, match="exists already"):
        write_new(tmp_path / "a" / "b.yaml", "y")
    assert (tmp_path / "a" / "b.yaml").read_text() == "x"


def test_generated_values_match_and_are_the_same_every_time() -> None:
    for rule in read_packs().rules:
        for pattern in rule.patterns:
            made = samples(pattern, 3)
            assert made == samples(pattern, 3)
            assert made


def test_near_misses_have_reasons() -> None:
    assert all(why for _, why in near_misses("BDG-123456"))


@pytest.mark.parametrize("text", ["it's", 'a"b', "a\nb", "号", "a: b #c", "\\x\t", "\u200b"])
def test_quoted_reads_back(text: str) -> None:
    from ruamel.yaml import YAML

    assert YAML(typ="safe", pure=True).load(f"x: {quoted(text)}")["x"] == text
