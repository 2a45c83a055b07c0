"""Pieces, offsets and feature bits: what training and serving share."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.ner.embedded import MODEL
from detectors.ner.embedded.decode import LABELS, TAGS, Leanings, spans, viterbi
from detectors.ner.embedded.features import BITS, LINE_END, LINE_START, UPPER, Featuriser, unpack
from detectors.ner.embedded.lexicon import CHARACTERS, LATIN, WORDS, read_lexicon
from detectors.ner.embedded.nobody import nobody
from detectors.ner.embedded.runtime import even
from detectors.ner.reading.windows import plan


@cache
def featuriser() -> Featuriser:
    return Featuriser.from_folder(MODEL)


ODD = st.text(
    st.sampled_from("aZé张歐\u0301\U00020000\U0001f600\u200d\ufe0f\r\n\t ，·_7ＡＢ'ß\u0130\ud800\ufffd"), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(ODD)
def test_offsets_point_into_the_text_as_it_came_in(text: str) -> None:
    pieces = featuriser().pieces(text)
    assert len(featuriser().fold(text)) == len(text)
    last = 0
    for start, end in pieces.offsets:
        assert 0 <= start < end <= len(text)
        assert start >= last or (start, end) == (last, end)
        last = start
    assert len(pieces.bits) == len(pieces.ids) == len(pieces.offsets)
    assert unpack(pieces.bits).shape == (len(pieces), BITS)


@settings(max_examples=30, deadline=None)
@given(ODD, ODD)
def test_no_letter_or_digit_is_left_out(before: str, after: str) -> None:
    text = f"{before} 张Smith7 {after}"
    at = text.index("张Smith7", len(before))
    covered = {i for start, end in featuriser().pieces(text).offsets for i in range(start, end)}
    assert covered >= set(range(at, at + 7))


def bits_of(text: str, part: str) -> set[int]:
    pieces = featuriser().pieces(text)
    at = text.index(part)
    row = next(i for i, (start, _) in enumerate(pieces.offsets) if start == at)
    return set(np.flatnonzero(unpack(pieces.bits)[row]).tolist())


def test_bits_say_what_they_are_named_for() -> None:
    cases = [
        ("住在北京市", "北", WORDS["zh-place"]),
        ("住在北京市", "市", CHARACTERS["zh-address"]),
        ("张伟说", "张", CHARACTERS["zh-surname"]),
        ("張偉說", "張", CHARACTERS["zh-surname"]),
        ("李娜女士", "女", 25),
        ("John came", "John", LATIN["en-first"]),
        ("john came", "john", LATIN["en-first"]),
        ("Ｊｏｈｎ came", "Ｊｏｈｎ", LATIN["en-first"]),
        ("Mr. Smith", "Smith", LATIN["en-last"]),
        ("Dr. Smith", "Dr", LATIN["en-title"]),
        ("the table", "table", LATIN["en-common"]),
        ("John came", "John", 21),
        ("userName here", "userName", 23),
        ("room 12", "12", 30),
    ]
    for text, part, bit in cases:
        assert bit in bits_of(text, part), (text, part, bit)
    assert bits_of("one\r\nTWO", "TWO") >= {
        UPPER.bit_length() - 1,
        LINE_START.bit_length() - 1,
        LINE_END.bit_length() - 1,
    }


def test_a_place_in_the_text_changes_no_bit_of_a_word() -> None:
    alone, later = bits_of("x 欧阳修远 y", "欧"), bits_of(f"{'甲' * 700} x 欧阳修远 y", "欧")
    assert alone == later


def test_lexicon_codes_have_bits_of_their_own() -> None:
    used = [*CHARACTERS.values(), *LATIN.values(), *(b + i for b in WORDS.values() for i in range(3))]
    assert len(set(used)) == len(used)
    lexicon = read_lexicon(MODEL / "lexicon.txt")
    assert lexicon.words["北京"] & (1 << WORDS["zh-place"])
    assert "女士" in lexicon.titles
    assert lexicon.folds[ord("張")] == "张"
    assert all(len(value) == 1 for value in lexicon.folds.values())


def test_a_foreign_word_list_is_refused(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "lexicon.txt"  # type: ignore[operator]
    path.write_text("what ever\n", "utf-8")
    with pytest.raises(ValueError, match="unknown code"):
        read_lexicon(path)


def logits(tags: list[str]) -> np.ndarray:
    rows = np.full((len(tags), len(TAGS)), -9.0, dtype=np.float32)
    rows[range(len(tags)), [TAGS.index(tag) for tag in tags]] = 9.0
    return rows


EVERY = Leanings(dict.fromkeys(LABELS, 0.0), dict.fromkeys(LABELS, 0.0))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(-8, 8, width=32), min_size=len(TAGS), max_size=len(TAGS)), max_size=12))
def test_a_path_never_continues_another_label(rows: list[list[float]]) -> None:
    values = np.array(rows, dtype=np.float32).reshape(-1, len(TAGS))
    path = [TAGS[i] for i in viterbi(values - np.log(np.exp(values).sum(-1, keepdims=True)))]
    for before, tag in zip(["O", *path], path, strict=False):
        assert tag[0] != "I" or before[2:] == tag[2:]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(-3, 3, width=32), min_size=len(TAGS), max_size=len(TAGS)), min_size=1, max_size=5))
def test_the_path_is_the_best_of_all_that_are_allowed(rows: list[list[float]]) -> None:
    values = np.array(rows, dtype=np.float32)
    values[:, 0] = np.minimum(values[:, 0], values[:, 1])  # a sure O may cut a path, so none is sure here
    logs = values - np.log(np.exp(values).sum(-1, keepdims=True))
    sums, last = logs[0].astype(float), [t[0] == "I" for t in TAGS]
    sums[last] = -np.inf
    for row in logs[1:]:
        sums = np.array(
            [
                max(s for s, before in zip(sums, TAGS, strict=True) if t[0] != "I" or before[2:] == t[2:]) + row[j]
                for j, t in enumerate(TAGS)
            ]
        )
    found = sum(float(row[tag]) for row, tag in zip(logs, viterbi(logs), strict=True))
    assert found == pytest.approx(sums.max(), abs=1e-3)


def test_windows_of_a_text_are_about_equally_long() -> None:
    for count in (*range(1, 700, 3), 2000, 22_895):
        for overlap in (0, 32, 100):
            size = even(count, 254, overlap)
            lengths = [w.last - w.first for w in plan(count, size, overlap)]
            assert max(lengths) <= 254
            assert len(lengths) == len(plan(count, 254, overlap))
            assert min(lengths) >= max(lengths) - len(lengths), (count, overlap, lengths)


def test_what_is_certainly_nobody_is_not_reported() -> None:
    for text, label in (
        ("哈哈哈哈", "PERSON"), ("哈哈哈笑", "PERSON"), ("老师", "PERSON"), ("我们", "PERSON"), ("of the", "PERSON"),
        ("NULL", "PERSON"), ("1918", "ADDRESS"), ("12-3", "PERSON"), ("３７", "LOCATION"),
    ):  # fmt: skip
        assert nobody(text, label), text
    for text, label in (
        ("哈哈文", "PERSON"), ("呵", "PERSON"), ("张老师", "PERSON"), ("An", "PERSON"), ("He", "PERSON"),
        ("Her", "PERSON"), ("Of Mice", "PERSON"), ("Null Island", "LOCATION"), ("The Hague", "LOCATION"),
        ("88号", "ADDRESS"),
        ("王", "PERSON"),
    ):  # fmt: skip
        assert not nobody(text, label), text
    rows = logits(["B-PERSON", "I-PERSON", "O", "B-PERSON", "I-PERSON"])
    found = spans(rows, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], "哈哈，张伟", EVERY)
    assert [(s.start, s.end) for s in found] == [(3, 5)]


def test_spans_are_whole_words_with_their_marks() -> None:
    text = "ask jose\u0301 now"
    found = spans(logits(["O", "B-PERSON", "O"]), [(0, 3), (4, 7), (10, 13)], text, EVERY)
    assert [(s.start, s.end, s.entity) for s in found] == [(4, 9, "PERSON")]


def test_leanings_go_by_script() -> None:
    row = np.zeros((1, len(TAGS)), dtype=np.float32)
    row[0, 0] = 1.5
    lean = Leanings({"PERSON": 0.0}, {"PERSON": 3.0})
    assert not spans(row, [(0, 1)], "x", lean)
    assert [s.entity for s in spans(row, [(0, 1)], "张", lean)] == ["PERSON"]
    assert not spans(logits(["B-DATE"]), [(0, 1)], "张", lean)


def test_a_low_bound_brings_out_the_doubtful_and_changes_no_score() -> None:
    row = np.full((1, len(TAGS)), -9.0, dtype=np.float32)
    row[0, [0, TAGS.index("B-PERSON")]] = [1.0, 0.0]
    people = {"PERSON": 0.0}
    assert not spans(row, [(0, 1)], "x", Leanings(people, people, 0.5))
    (doubtful,) = spans(row, [(0, 1)], "x", Leanings(people, people, 0.2))
    assert 0.26 < doubtful.score < 0.28
    assert not spans(row, [(0, 1)], "x", Leanings(people, people, 0.3))


def test_placeholders_are_cut_out_of_a_span() -> None:
    text = "Ann PERSON_K7QMX2TRBW9D Lee"
    found = spans(logits(["B-PERSON", "I-PERSON", "I-PERSON"]), [(0, 3), (4, 23), (24, 27)], text, EVERY)
    assert [text[s.start : s.end].strip() for s in found] == ["Ann", "Lee"]
