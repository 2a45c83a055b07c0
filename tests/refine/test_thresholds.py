"""From which score on a candidate is a finding: the most particular line counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.entities import load_entities
from detectors.files.problems import PackError
from detectors.refine import Refiner, load_refiner
from detectors.refine.language import language_of
from detectors.refine.thresholds import Thresholds
from detectors.types import Finding

ENTITIES = load_entities()
LINES = {
    "default": 0.3,
    "default/zh": 0.2,
    "category:person": 0.6,
    "category:person/zh": 0.55,
    "PERSON": 0.5,
    "PERSON/zh": 0.4,
    "category:contact/en": 0.7,
}


def test_the_most_particular_line_counts() -> None:
    thresholds = Thresholds(LINES, ENTITIES)
    for kind, language, line in [
        ("PERSON", "zh", "PERSON/zh"),
        ("PERSON", "en", "PERSON"),
        ("DATE_OF_BIRTH", "zh", "category:person/zh"),
        ("DATE_OF_BIRTH", "en", "category:person"),
        ("PHONE_NUMBER", "en", "category:contact/en"),
        ("PHONE_NUMBER", "zh", "default/zh"),
        ("API_KEY", "en", "default"),
        ("A_MODELS_OWN", "zh", "default/zh"),
    ]:
        assert thresholds.line(kind, language) == (LINES[line], line)
    assert Thresholds({}, ENTITIES).line("PERSON", "en") == (0.0, "")


def test_the_language_is_told_by_its_letters() -> None:
    for text, language in [
        ("", "en"),
        ("12345", "en"),
        ("hello world", "en"),
        ("张伟", "zh"),
        ("请把 invoice 发给 Bob", "zh"),
        ("please send this long letter to 张伟 today", "en"),
        ("Привет мир", "en"),
    ]:
        assert language_of(text) == language, text


def test_every_detector_is_held_to_them(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text("thresholds: {PERSON: 0.5, PERSON/zh: 0.4, LOCATION: 1}\n", "utf-8")
    refiner = load_refiner([file])
    for detector in ("rules", "names", "ner", "presidio"):
        for text, score, count in [("xy zw", 0.45, 0), ("xy zw", 0.5, 1), ("某某", 0.45, 1), ("某某", 0.39, 0)]:
            raw = [(detector, Finding(1, 0, 2, "PERSON", score, "t/t@1"))]
            assert len(refiner.part(text, "", raw)) == count, (detector, text, score)
        assert refiner.part("xy", "", [(detector, Finding(1, 0, 2, "LOCATION", 0.99, "t/t@1"))]) == []


def test_context_comes_before_the_threshold(refiner: Refiner) -> None:
    text = "姓名：某某"
    (one,) = refiner.part(text, "", [("ner", Finding(1, 3, 5, "PERSON", 0.25, "t/t@1"))])
    assert one.score > 0.45
    assert refiner.part(text, "", [("rules", Finding(1, 3, 5, "PERSON", 0.25, "t/t@1"))]) == [], "rules know their own"
    assert refiner.part("in May", "", [("ner", Finding(1, 3, 6, "PERSON", 0.8, "t/t@1"))]) == []


BROKEN = [
    ("thresholds: {PERSN: 0.5}\n", "Did you mean 'PERSON'"),
    ("thresholds: {PERSON/fr: 0.5}\n", "Unknown language 'fr'"),
    ("thresholds: {category:people: 0.5}\n", "Unknown category 'people'"),
    ("thresholds: {PERSON: 50}\n", "from 0 to 1"),
    ("thresholds: {PERSON: high}\n", "from 0 to 1"),
    ("thresholds: []\n", "must be a mapping"),
    ("thresholds: {PERSON: 0.5}\nother: 1\n", "Unknown key 'other'"),
]


def test_mistakes_are_told_with_their_mend(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    for text, said in BROKEN:
        file.write_text(text, "utf-8")
        with pytest.raises(PackError) as caught:
            load_refiner([file])
        assert said in str(caught.value)
        assert str(file) in str(caught.value)


def test_two_files_of_thresholds_are_a_mistake(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("thresholds: {default: 0.3}\n", "utf-8")
    with pytest.raises(PackError, match="Join the two"):
        load_refiner([tmp_path])
