"""What may be kept from the model, and what never: names wherever callers write them."""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.names.lexicon import english_places, english_words
from detectors.ner.plainwords import PLAIN
from detectors.ner.serving.front import worth_reading
from detectors.ner.worth import REASONS, can_hold_name, why_not
from detectors.types import Part, PartKind
from gateway.tokens import format_token, mint_body

_NAMES = r"""
张伟 李娜 欧阳修远 阿依古丽 張偉 王 Tim Al Jo Bo Mary O'Brien Ünal José Łukasz Nguyễn Иван 김민수 김 たけし
 zhang_wei ZHANG_WEI zhangWei
ZhangWei zhang.wei zhang-wei li_na_2024 user_zhang_wei created_by_mary mary.jones
https://example.com/users/zhang_wei zhang.wei@example.com /home/zhangwei/file.txt C:\Users\Mary
JohnSmithAndMaryJones1985Today1234 LiNaWuHaoMaLiChenGuo2024 john_smith_1985_05_02_and_mary_jones Will Mark May Grace
Rose Bill Page Grant Dean Min Ping Mr.X Dr.Li 张总 J.R.R.T. sha256:mary x1y2-mary data:text/plain,mary 小明
"""
NAMES = _NAMES.split()
SPACED = ["\\u5f20\\u4f1f", "%E5%BC%A0", "&#24352;", "J o h n", "Z h a n g W e i", "李 娜", "𠮷野"]
SPACED += ["Tim is here", "the user is Tim", "dear mary"]
HIDES = {
    "no_word": ["", " ", "12345", "2024-01-01T00:00:00Z", "!?", "{}", "a1", "13800138000", "(555) 010-9999", "x = 1"],
    "plain": ["created_at", "userId", "HTTPServerError", "is not valid", "否", "暂无", "Not found."],
    "blob": [
        "deadbeef" * 5 + "0",
        str(uuid.UUID(int=2**127 + 0xABCDEF)),
        "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgMTIz",
        "9f86d081884c7d65",
    ],
}


def test_names_are_read() -> None:
    for text in [*NAMES, *SPACED]:
        for form in (text, f"{text}:", f"[{text}]", f"{text} 13800138000", f"the {text}", json.dumps({text: 1})):
            assert can_hold_name(form), form


def test_what_cannot_hold_one_is_not_read() -> None:
    assert {text: why_not(text) for texts in HIDES.values() for text in texts} == {
        text: reason for reason, texts in HIDES.items() for text in texts
    }


def test_our_own_tokens_are_not_read_and_do_not_hide_a_name() -> None:
    body = mint_body(b"12345678", "PERSON")
    token = format_token("PERSON", body)
    assert why_not(token) == "token"
    assert why_not(f"[{token}], {token}.") == "token"
    assert can_hold_name(f"{token} Tim")
    assert can_hold_name(f"ZHANG_{body}")


def test_plain_words_are_nobodys_name() -> None:
    words, places = english_words(), english_places()
    common = {word for word in PLAIN if (codes := words.get(word, "--"))[0] >= "4" or codes[1] >= "5"}
    assert {word for word in common if not words[word].startswith("-")} == set()
    assert PLAIN & set(places) == set()
    assert all(word.isascii() and word == word.lower() and word.isalnum() for word in PLAIN)


def test_bytes_in_base64_are_known_at_any_length() -> None:
    rng = random.Random(5)
    kept = 0
    for _ in range(300):
        data = rng.randbytes(rng.randint(30, 400))
        kept += can_hold_name(base64.b64encode(data).decode())
    assert kept <= 6
    wrapped = base64.encodebytes(rng.randbytes(3000)).decode()
    assert why_not(wrapped) == "blob"
    assert why_not("data:image/png;base64," + base64.b64encode(rng.randbytes(30_000)).decode()) == "blob"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.lists(st.sampled_from([*sorted(PLAIN), "1", "{", "；"]), max_size=12), st.data())
def test_a_name_among_plain_words_is_read(name: str, words: list[str], data: st.DataObject) -> None:
    words.insert(data.draw(st.integers(0, len(words))), name)
    for glue in (" ", "_", ".", "\n", "/"):
        assert can_hold_name(glue.join(words))


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_has_one_answer(text: str) -> None:
    assert why_not(text) in {None, *REASONS}


def test_skipping_is_counted_by_reason() -> None:
    texts = [(PartKind.TEXT, "Tim"), (PartKind.KEY, "id"), (PartKind.TEXT, "1"), (PartKind.HEADER, "Tim")]
    parts = [Part(i, "p", kind, text) for i, (kind, text) in enumerate(texts)]
    skipped: Counter[str] = Counter()
    assert [one.part.id for one in worth_reading(parts, skipped)] == [0]
    assert skipped == {"plain": 1, "no_word": 1, "kind": 1}
