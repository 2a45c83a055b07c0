"""What stands beside a name moves its score, in both languages; nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.entities import load_entities
from detectors.files.problems import PackError
from detectors.refine import Refiner, load_refiner
from detectors.refine.context import BEST, ContextScorer, key_words, moved
from detectors.refine.cues import Place
from tests.growth import linear

BASE = 0.5
RAISED = [
    ("Please ask Mr. {Li} about it", "title-en"),
    ("Please ask Dr.{Li} about it", "title-en"),
    ("my name is {xiu li}", "introduction-en"),
    ("Dear {Li Na},", "salutation-en"),
    ("name: {Li Na}", "label-en"),
    ('"customer_name": "{Li Na}"', "label-en"),
    ("Patient | {Li Na} | 45", "label-en"),
    ("See you.\nBest regards,\n{Li Na}", "signature-en"),
    ("This is {Li Na} speaking", "behind-en"),
    ("{Li Na}, MD", "behind-en"),
    ("请找{李娜}女士", "title-zh"),
    ("{李娜} 女士", "title-zh"),
    ("让{李}总来", "title-zh"),
    ("姓名：{李娜}", "label-zh"),
    ("患者{李娜}，女", "label-zh"),
    ("收件人 {李娜}", "label-zh"),
    ("尊敬的{李娜}：", "title-before-zh"),
    ("我叫{李娜}，", "introduction-zh"),
    ("此致\n敬礼\n{李娜}", "signature-zh"),
    ("謝謝。{李娜}您好", "behind-zh"),
    ("the model found {Mr. Li} here", "title-en"),
    ("模型找到{李娜女士}了", "title-zh"),
]
LOWERED = [
    ("filename: {Smith}", "label-of-thing-en"),
    ("产品名称：{金山}", "label-of-thing-zh"),
    ("{Morgan} Bank opens", "company-words-en"),
    ("{张江}大厦", "company-words-zh"),
    ("on {Monday} we", "calendar"),
    ("in {June}", "calendar"),
    ("written in {Python}", "products"),
    ("import {Smith}", "code-before"),
    ("see smith.{Smith}.run(x)", "no-prose"),
    ("open /srv/data/{Smith}.py now", "no-prose"),
    ("https://example.com/{Smith}/x", "no-prose"),
    ("id 9f86d081884c7d659a2fea{Smith}0c55ad015a3bf4f1b2", "hashes"),
    ("user_{Smith}_id", "no-prose"),
]
UNMOVED = [
    "We met {Li Na} there",
    "看见{李娜}了",
    "{张伟}总是迟到",
    "{张伟}工作很忙",
    "the admirer {Li}",
    "Name\n\nOther text and then {Li}",
]


def split(marked: str) -> tuple[str, int, int]:
    start, end = marked.index("{"), marked.index("}") - 1
    return marked.replace("{", "").replace("}", ""), start, end


def judged(refiner: Refiner, marked: str, key: str = "", kind: str = "PERSON") -> tuple[float, list[str]]:
    text, start, end = split(marked)
    scorer = ContextScorer(refiner.steering.cues)
    score, hits = scorer.judge(text, key, (start, end), kind, BASE)
    for hit in hits:
        assert (hit.start, hit.end) == (-1, -1) or 0 <= hit.start < hit.end <= len(text)
    return score, [hit.cue.id for hit in hits]


def test_titles_labels_salutations_and_signatures_raise(refiner: Refiner) -> None:
    for marked, cue in RAISED:
        score, cues = judged(refiner, marked)
        assert cue in cues, (marked, cues)
        assert BASE < score <= BEST, marked


def test_products_months_code_and_links_lower(refiner: Refiner) -> None:
    for marked, cue in LOWERED:
        score, cues = judged(refiner, marked)
        assert cue in cues, (marked, cues)
        assert score < BASE, marked


def test_other_words_leave_a_score_alone(refiner: Refiner) -> None:
    for marked in UNMOVED:
        assert judged(refiner, marked)[0] == BASE, (marked, judged(refiner, marked))


def test_a_city_in_a_company_name_is_no_place(refiner: Refiner) -> None:
    for marked in ("{北京}银行", "{Boston} University"):
        score, cues = judged(refiner, marked, kind="LOCATION")
        assert cues == ["city-in-company"]
        assert score < 0.2
    assert judged(refiner, "{北京}很大", kind="LOCATION")[0] == BASE


def test_the_key_names_a_short_value(refiner: Refiner) -> None:
    for key in ("customer_name", "customerName", "Customer-Name", "patient.name", "姓名", "contact"):
        assert judged(refiner, "{Li Na}", key)[0] > 0.8, key
    for key in ("file_name", "hostName", "product", "产品名称", "city"):
        assert judged(refiner, "{Li Na}", key)[0] < 0.3, key
    assert judged(refiner, "{Li Na}" + " went on and on" * 20, "customer_name")[0] == BASE
    assert key_words("shipTo_customerName") == "ship to customer name"


def test_only_the_named_types_move(refiner: Refiner) -> None:
    assert judged(refiner, "Mr. {Li}", kind="ADDRESS") == (BASE, [])


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.floats(-6, 6))
def test_a_moved_score_is_a_score_and_keeps_its_direction(score: float, weight: float) -> None:
    result = moved(score, weight)
    assert 0 <= result <= max(score, BEST)
    assert result >= min(score, BEST) - 0.01 if weight >= 0 else result <= max(score, 0.01) + 0.001


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="aA张·: ,\n.MrDear先生İß😀_/1\ud800", max_size=40), st.data())
def test_any_text_and_any_span_can_be_judged(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    end = data.draw(st.integers(start + 1, max(start + 1, len(text))))
    if end <= len(text):
        score, hits = SCORER.judge(text, "name", (start, end), "PERSON", BASE)
        assert 0 < score <= BEST
        assert all(hit.start == -1 or 0 <= hit.start < hit.end <= len(text) for hit in hits)


SCORER = ContextScorer(load_refiner().steering.cues)


def test_the_cost_of_a_finding_does_not_grow_with_its_text() -> None:
    texts = {size: ": Mr " * size + "Li" + " Inc" * size for size in (100, 100_000)}

    def judge(size: int) -> None:
        for _ in range(50):
            SCORER.judge(texts[size], "", (size * 5, size * 5 + 2), "PERSON", BASE)

    assert linear(judge, 100, 100_000, slack=0.02)


TWICE = """\
context: x
cues:
  - {id: a, place: after, types: [PERSON], weight: 1, words: [x]}
  - {id: b, place: after, types: [PERSON], weight: 2, words: [X]}
"""
BROKEN = [
    ("context: x\ncues: []\n", 2, "has no cues"),
    ("context: x\ncues:\n  - {id: a, place: befor, types: [PERSON], weight: 1, words: [x]}\n", 3, "'before'"),
    ("context: x\ncues:\n  - {id: a, place: before, types: [PERSN], weight: 1, words: [x]}\n", 3, "'PERSON'"),
    ("context: x\ncues:\n  - {id: a, place: before, types: [PERSON], weight: 60, words: [x]}\n", 3, "from -6 to 6"),
    ("context: x\ncues:\n  - {id: a, place: before, types: [PERSON], weight: 1}\n", 3, "no words"),
    ("context: x\ncues:\n  - {id: A b, place: before, types: [PERSON], weight: 1, words: [x]}\n", 3, "no cue id"),
    ("context: x\ncues:\n  - {id: a, place: shape, types: [PERSON], weight: 1, words: [urls]}\n", 3, "'url'"),
    ("context: x\nwords: 1\ncues:\n  - {id: a}\n", 2, "Unknown key 'words'"),
    (TWICE, 4, "in cue 'a' for PERSON already"),
]


def test_a_broken_file_is_told_with_line_and_mend(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    for text, line, said in BROKEN:
        file.write_text(text, "utf-8")
        with pytest.raises(PackError) as caught:
            load_refiner([file])
        assert any(one.line == line and said in one.message for one in caught.value.problems), str(caught.value)


def test_a_file_of_ones_own_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text(
        "context: ours\ncues:\n  - {id: ours, place: before, types: [PERSON], weight: 2, words: [skipper]}\n", "utf-8"
    )
    own = load_refiner([file])
    assert judged(own, "skipper {Li}")[1] == ["ours"]
    assert judged(own, "Mr. {Li}") == (BASE, [])
    assert own.revision != load_refiner().revision


def test_the_shipped_words_are_lower_case_and_their_types_exist(refiner: Refiner) -> None:
    cues = refiner.steering.cues
    assert cues.types <= set(load_entities())
    assert sum(len(cues.at(place)) for place in Place) > 500
