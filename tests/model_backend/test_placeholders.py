"""Swapping values for placeholders and back: exact for every text, at every chunking."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_backend.default.slots import INDICES, PLACEHOLDERS
from model_backend.placeholders import Reveal, Swap, map_strings

PERSON = "PERSON_K7QMX2TRBWKD"
PHONE = "PHONE_NUMBER_B4RTX7KMZ2QC"
ID_CARD = "CN_RESIDENT_ID_C5DFG7HJK2MN"

WORDS = st.sampled_from([
    PERSON, f"[{PERSON}]", PHONE, f"【{ID_CARD}】", "ALIEN_KIND_B4RTX7KMZ2QC", "<PERSON_1>", "<PERSON_9>", "<PERSON_",
    "5000元", "12月1日", "2026-12-01", "$12.50", "zhang@example.com", "13800138000", "4111 1111 1111 1111",
    "Dec 1, 2026", "请给", "（手机", "）", ", card ", " ", "\n", "，", "x", "<", ">",
])  # fmt: skip
TEXTS = st.lists(WORDS | st.text(max_size=4), max_size=12).map("".join)


@given(TEXTS)
@settings(max_examples=150)
def test_reveal_undoes_hide(text: str) -> None:
    swap = Swap(PLACEHOLDERS)
    assert swap.reveal(swap.hide(text)) == text


@given(TEXTS, st.data())
@settings(max_examples=150)
def test_pieces_reveal_like_the_whole(text: str, data: st.DataObject) -> None:
    swap = Swap(PLACEHOLDERS)
    answer = swap.hide(text) + "<PERSON_1><PER" + swap.hide(text)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=8)))
    reveal = Reveal(swap)
    pieces = [answer[a:b] for a, b in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
    assert "".join(map(reveal.feed, pieces)) + reveal.finish() == swap.reveal(answer)


def test_character_by_character() -> None:
    swap = Swap(PLACEHOLDERS)
    answer = swap.hide(f"尊敬的{PERSON}，金额5000元 <b>{PHONE}</b>")
    reveal = Reveal(swap)
    assert "".join(map(reveal.feed, answer)) + reveal.finish() == swap.reveal(answer)


def test_plain_text_is_never_held_back() -> None:
    swap = Swap(PLACEHOLDERS)
    swap.hide(PERSON)
    reveal = Reveal(swap)
    assert reveal.feed("if a < b") == "if a < b"
    assert reveal.feed("<PERS") == ""
    assert reveal.feed("ON") == ""
    assert reveal.feed("AL>") == "<PERSONAL>"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"请给{PERSON}（手机{PHONE}）写", "请给<PERSON_1>（手机<PHONE_NUMBER_2>）写"),
        (f"[{PERSON}],[{PHONE}]", "<PERSON_1>,<PHONE_NUMBER_2>"),
        (f"{PERSON} {PERSON} PERSON_B4RTX7KMZ2QC", "<PERSON_1> <PERSON_1> <PERSON_2>"),
        ("ALIEN_KIND_B4RTX7KMZ2QC", "<VALUE_1>"),
        ("金额5000元,12月1日到期", "金额<AMOUNT_1>,<DATE_2>到期"),
        ("金额5000", "金额<AMOUNT_1>"),
        ("$1,250.50 by December 1st, 2026", "<AMOUNT_1> by <DATE_2>"),
        ("不超过100字", "不超过100字"),
        ("order 20261121", "order <NUMBER_1>"),
        ("zhang@example.com 13800138000", "<EMAIL_ADDRESS_1> <PHONE_NUMBER_2>"),
        ("a PERSON_K7QM b", "a PERSON_K7QM b"),
        (f"X{PERSON}Y", f"X{PERSON}Y"),
    ],
)
def test_what_is_hidden(text: str, hidden: str) -> None:
    assert Swap(PLACEHOLDERS).hide(text) == hidden


def test_more_values_than_placeholders_stay_readable() -> None:
    values = [f"PERSON_B4RTX7KMZ2{first}{second}" for first in "BCDF" for second in "GHJKM"]
    swap = Swap(PLACEHOLDERS)
    hidden = swap.hide(" ".join(values))
    assert hidden.count("<PERSON_") == INDICES
    assert hidden.count("<VALUE_") == INDICES
    assert swap.reveal(hidden) == " ".join(values)


def test_a_swap_without_placeholders_changes_nothing() -> None:
    assert Swap(()).hide(f"{PERSON} 5000元") == f"{PERSON} 5000元"
    assert Reveal(None).feed("<PERSON_") == "<PERSON_"


def test_strings_are_mapped_and_keys_are_not() -> None:
    assert map_strings({"a": ["b", 1, None, {"c": "d"}]}, str.upper) == {"a": ["B", 1, None, {"c": "D"}]}
