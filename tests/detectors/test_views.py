"""A value in any spelling maps to the exact span of the original, or to the whole encoded run."""

from __future__ import annotations

import base64
from itertools import accumulate, pairwise
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.packs.detector import RuleDetector
from detectors.views import normalize

ID = "11010519491231002X"
CASES = [
    ("号码１３８００１３８０００谢谢", "１３８００１３８０００", "PHONE_NUMBER"),
    ("拨打一三八零零一三八零零零吧", "一三八零零一三八零零零", "PHONE_NUMBER"),
    ("拨打幺三八〇〇幺三八〇〇〇吧", "幺三八〇〇幺三八〇〇〇", "PHONE_NUMBER"),
    ("call 1 3 8 0 0 1 3 8 0 0 0 now", "1 3 8 0 0 1 3 8 0 0 0", "PHONE_NUMBER"),
    ("电话138.0013.8000", "138.0013.8000", "PHONE_NUMBER"),
    ("身份证1-1-0-1-0-5-1-9-4-9-1-2-3-1-0-0-2-X完", "1-1-0-1-0-5-1-9-4-9-1-2-3-1-0-0-2-X", "CN_RESIDENT_ID"),
    ("tel 138\u20090013\u20098000.", "138\u20090013\u20098000", "PHONE_NUMBER"),
    ("tel 138\u201100138000", "138\u201100138000", "PHONE_NUMBER"),
    ("x 138\u200b0013\u200b8000 y", "138\u200b0013\u200b8000", "PHONE_NUMBER"),
    ("mail zhang\u00ad@exam\u200bple.com!", "zhang\u00ad@exam\u200bple.com", "EMAIL_ADDRESS"),
    ("mail zhang＠example．com", "zhang＠example．com", "EMAIL_ADDRESS"),
    ("q=zhang%40example.com&x=1", "zhang%40example.com", "EMAIL_ADDRESS"),
    ("q=%31%33%38%30%30138000", "%31%33%38%30%30138000", "PHONE_NUMBER"),
    ("zhang&#64;example&#x2e;com", "zhang&#64;example&#x2e;com", "EMAIL_ADDRESS"),
    (r'"zhang\u0040example.com"', r"zhang\u0040example.com", "EMAIL_ADDRESS"),
    ("𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎", "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎", "PHONE_NUMBER"),
    ("١٣٨٠٠١٣٨٠٠٠", "١٣٨٠٠١٣٨٠٠٠", "PHONE_NUMBER"),
    (r"line\n13800138000", "13800138000", "PHONE_NUMBER"),
    (b"13800138000".hex(), b"13800138000".hex(), "PHONE_NUMBER"),
    ("\ud83d\ud800 13800138000 \0 \U0001f600", "13800138000", "PHONE_NUMBER"),
    ("身份证 1101051949 1231002X", "1101051949 1231002X", "CN_RESIDENT_ID"),
    ("ID 110105\u00a019491231002X.", "110105\u00a019491231002X", "CN_RESIDENT_ID"),
    ("110105\n19491231\r\n  002X", "110105\n19491231\r\n  002X", "CN_RESIDENT_ID"),
    ("7 110105 19491231002X 13800138000", "110105 19491231002X", "CN_RESIDENT_ID"),
    (r"id 11010519491231\r\n002X", r"11010519491231\r\n002X", "CN_RESIDENT_ID"),
    ("身份证 1101O519491231002X", "1101O519491231002X", "CN_RESIDENT_ID"),
    ("手机 1380013\n8000", "1380013\n8000", "PHONE_NUMBER"),
    ("手机：(138)(0013)(8000)", "138)(0013)(8000", "PHONE_NUMBER"),
    ("手机 138,0013,8000。", "138,0013,8000", "PHONE_NUMBER"),
    ("手机 138|0013*8000", "138|0013*8000", "PHONE_NUMBER"),
    ("身份证11010519491231002Х（西里尔）", "11010519491231002Х", "CN_RESIDENT_ID"),
    ("тел 138ОО138000", "138ОО138000", "PHONE_NUMBER"),
    ("电话 138OO13800o", "138OO13800o", "PHONE_NUMBER"),
    ("card 4111 1111\n1111 1111", "4111 1111\n1111 1111", "CREDIT_CARD"),
    ("4111, 1111, 1111, 1111", "4111, 1111, 1111, 1111", "CREDIT_CARD"),
    ("".join(f"{digit}\ufe0f\u20e3" for digit in "13800138000"), None, "PHONE_NUMBER"),
    ("".join(f"{digit}\u0336" for digit in "13800138000"), None, "PHONE_NUMBER"),
]
NO_NUMBER = [
    "138,0013,8000",
    "1380013, 8000",
    "2024 12 31",
    "192.168.10.25 8080",
    "20240101\n20240102",
    "138,0013,8000 2214",
    "1380013 \n8000 件",
    "1OOO units",
    "138OO13800o0O0O0O0O0O0O",
]
"""Pieces that nothing says to be a number, or that are pieces of something longer."""


@pytest.mark.parametrize(("text", "value", "entity_type"), CASES)
def test_spelling(detector: RuleDetector, text: str, value: str | None, entity_type: str) -> None:
    found = {(text[f.start : f.end], f.entity_type) for f in detector.find(text)}
    assert (value, entity_type) in found or (value is None and entity_type in {name for _, name in found})


@pytest.mark.parametrize("text", NO_NUMBER)
def test_no_number(detector: RuleDetector, text: str) -> None:
    numbers = ("PHONE_NUMBER", "CN_RESIDENT_ID", "CREDIT_CARD", "CN_BANK_CARD")
    assert [f for f in detector.find(text) if f.entity_type in numbers and f.score >= 0.5] == []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(3, 9), max_size=3),
    st.lists(st.sampled_from([" ", "-", ", ", "\n", "\r\n    ", " / ", "|", "*", ")("]), min_size=4, max_size=4),
    st.sampled_from(["", "12 ", "2024-11-21\n", "证", "(", "138 0013 8000 "]),
    st.sampled_from(["", " 13800138000", "号", ")", "\n110105", "，"]),
)
def test_an_identity_number_is_seen_however_it_was_cut(
    detector: RuleDetector, sizes: list[int], marks: list[str], before: str, after: str
) -> None:
    edges = [0, *(edge for edge in accumulate(sizes) if edge < 17), 18]
    pieces = [ID[low:high] for low, high in pairwise(edges)]
    value = "".join(piece + mark for piece, mark in zip(pieces, [*marks[: len(pieces) - 1], ""], strict=True))
    text = before + value + after
    low = len(before)
    spans = [(f.start, f.end) for f in detector.find(text) if f.entity_type == "CN_RESIDENT_ID"]
    assert any(start <= low and end >= low + len(value) for start, end in spans)


@pytest.mark.parametrize("rounds", [1, 2])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_in_base64(detector: RuleDetector, encode, rounds: int) -> None:
    run = f"我的身份证是{ID}，谢谢".encode()
    for _ in range(rounds):
        run = encode(run)
    text = f"data:{run.decode()}|"
    assert {(f.start, f.end) for f in detector.find(text)} >= {(5, len(text) - 1)}


def test_wrapped_base64_maps_to_the_whole_block(detector: RuleDetector) -> None:
    block = base64.encodebytes(b"x" * 50 + b" zhang@example.com and 13800138000 " + b"y" * 60).decode().strip()
    assert "\n" in block
    text = f"begin\n{block}\nend"
    spans = {(f.start, f.end) for f in detector.find(text) if f.entity_type == "EMAIL_ADDRESS"}
    assert spans == {(6, 6 + len(block))}


def test_percent_encoded_base64_of_full_width_digits(detector: RuleDetector) -> None:
    inner = base64.b64encode("电话１３８００１３８０００".encode()).decode()
    text = f"d={quote(inner, safe='').replace('M', '%4D', 1)}&e=1"
    assert any(f.entity_type == "PHONE_NUMBER" for f in detector.find(text))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_views_map_into_the_original(text: str) -> None:
    for view in (normalize.fold(text), normalize.unescape(text)):
        if view is None or not view.text:
            continue
        previous = 0
        for place in range(len(view.text)):
            low, high = view.span(place, place + 1)
            assert 0 <= low < high <= len(text)
            assert low >= previous
            previous = low


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab%41&#;x\\u0012京１", max_size=60))
def test_unescape_keeps_what_is_not_an_escape(text: str) -> None:
    view = normalize.unescape(text)
    if view is not None:
        literal = [
            place
            for place in range(len(view.text))
            if view.span(place, place + 1)[1] - view.span(place, place + 1)[0] == 1
        ]
        assert all(view.text[place] == text[view.span(place, place + 1)[0]] for place in literal)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["zhang@example.com", "13800138000", ID]))
def test_findings_stay_within_the_text(detector: RuleDetector, noise: str, value: str) -> None:
    for text in (noise + value + noise, noise + quote(value) + "%zz" + noise):
        for finding in detector.find(text):
            assert 0 <= finding.start < finding.end <= len(text)


def test_a_value_between_han_is_always_found(detector: RuleDetector) -> None:
    text = f"前{ID}后"
    assert any(text[f.start : f.end] == ID for f in detector.find(text))


def test_a_base64_run_of_plain_words_is_not_decoded(detector: RuleDetector) -> None:
    assert detector.find("internationalization some_long_identifier_name pneumonoultramicroscopic") == []


@pytest.mark.parametrize(
    "text", ["x%41%42%20y", "x%41%E4%BA%ACy", "\\u0041\\u4eac!", "\\ud83d\\ude00a", "a&amp;&#66;b"]
)
def test_each_character_of_an_escape_maps_to_what_it_was_written_with(text: str) -> None:
    view = normalize.unescape(text)
    assert view is not None
    spans = [view.span(place, place + 1) for place in range(len(view.text))]
    assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert spans[-1][1] == len(text)
    for (start, end), char in zip(spans, view.text, strict=True):
        inner = normalize.unescape(text[start:end])
        assert (text[start:end] if inner is None else inner.text) == char
