"""The token grammar: what is minted is found again, exactly, wherever it ends up."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tokens import BODY_LENGTH, TokenGrammar, _partial_pattern, decorate, format_token, mint_body, parse

LABELS = ("PERSON", "ADDRESS", "EMAIL_ADDRESS", "IP_ADDRESS", "PHONE_NUMBER", "CN_RESIDENT_ID", "US_SSN")
GRAMMAR = TokenGrammar(LABELS)

macs = st.binary(min_size=8, max_size=32)
labels = st.sampled_from(LABELS)
texts = st.text(st.sampled_from("ab_Z9 张，[]【】［］%5B\\\n(:\"'/") | st.characters(codec="utf-8"), max_size=30)


def token_of(mac: bytes, label: str) -> str:
    return format_token(label, mint_body(mac, label))


TOKEN = token_of(b"\x01\x9a\x42\x11\x7f\x00\xee\x31", "EMAIL_ADDRESS")


@given(macs, labels)
def test_minted_tokens_parse_and_are_plain_word_characters(mac: bytes, label: str) -> None:
    token = token_of(mac, label)
    assert parse(token) == (label, token[-BODY_LENGTH:])
    assert token.isascii()
    assert token.replace("_", "").isalnum()


@given(macs, labels)
def test_no_two_digits_stand_side_by_side_so_no_number_rule_fires_inside(mac: bytes, label: str) -> None:
    body = mint_body(mac, label)
    assert not any(a.isdigit() and b.isdigit() for a, b in pairwise(body))


@given(macs, labels, texts, texts)
def test_a_decorated_token_is_taken_out_exactly(mac: bytes, label: str, before: str, after: str) -> None:
    token = token_of(mac, label)
    placed = decorate(token, before[-1:], after[:1])
    found = [hit for hit in GRAMMAR.find(before + placed + after) if hit[2] == token]
    assert found == [(len(before), len(before) + len(placed), token)]


@given(st.lists(st.tuples(macs, labels), min_size=1, max_size=5))
def test_tokens_that_touch_each_other_are_told_apart(minted: list[tuple[bytes, str]]) -> None:
    tokens = [token_of(mac, label) for mac, label in minted]
    assert [token for _, _, token in GRAMMAR.find("".join(tokens))] == tokens


@pytest.mark.parametrize(
    ("spelling", "why"),
    [
        ("请联系{}女士", "Han on both sides"),
        ("{lower}", "a model wrote it in lower case"),
        ("**{}**", "Markdown bold"),
        ("{escaped}", "Markdown escapes the underscore"),
        ("https://example.com/u?id={}&x=1", "in a URL"),
        ("%5B{}%5D", "brackets percent-encoded"),
        ("【{}】", "brackets translated to full width"),
        ("[{}]", "brackets kept"),
        ("{}", "brackets lost"),
        ("id{}x", "letters on both sides"),
        ("{wide}", "full-width underscore"),
    ],
)
def test_rewritten_tokens_are_still_found(spelling: str, why: str) -> None:
    text = spelling.format(TOKEN, lower=TOKEN.lower(), escaped=TOKEN.replace("_", "\\_"), wide=TOKEN.replace("_", "＿"))
    assert [token for *_, token in GRAMMAR.find(text)] == [TOKEN], why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PERSON_",
        "PERSON_KKKKKKKKKKKK",
        TOKEN[:-1],
        TOKEN[:-1] + ("B" if TOKEN[-1] != "B" else "C"),
        "ADDRESS" + TOKEN[13:],
        TOKEN.replace("EMAIL_ADDRESS", "NOBODY"),
        "snake_case_identifier_of_some_length",
    ],
)
def test_look_alikes_are_not_tokens(text: str) -> None:
    assert not list(GRAMMAR.find(text))


@given(macs, labels, texts, st.sampled_from(["", "[", "【", "%5B"]), st.integers(0, 60))
def test_an_unfinished_token_at_the_end_is_held_back_whole(
    mac: bytes, label: str, before: str, opening: str, length: int
) -> None:
    closing = {"": "", "[": "]", "【": "】", "%5B": "%5D"}[opening]
    token = f"{opening}{token_of(mac, label)}{closing}"
    cut = 1 + length % (len(token) - 1) if len(token) > 1 else 1
    assert GRAMMAR.hold_from(before + token[:cut]) <= len(before)


@given(macs, st.sampled_from(["URL", "URL_CREDENTIALS", "URL_CREDENTIALS_OLD"]), texts, st.integers(0, 60))
def test_a_label_may_begin_another(mac: bytes, label: str, before: str, length: int) -> None:
    grammar = TokenGrammar(["URL", "URL_CREDENTIALS", "URL_CREDENTIALS_OLD"])
    token = token_of(mac, label)
    cut = 1 + length % (len(token) - 1)
    assert grammar.hold_from(before + token[:cut]) <= len(before)
    assert [found for *_, found in grammar.find(f"{token} ")] == [token]


def test_a_grammar_of_all_entity_types_is_made_quickly_enough_for_every_process_to_make_its_own() -> None:
    """The pattern grows with the labels, not with labels times the body: that one took seconds to compile."""
    labels = [f"{letters}_NUMBER" for letters in map("".join, product("ABCDEFGHIJ", repeat=3))]
    assert len(_partial_pattern(labels)) < 200 * len(labels), "it was 3,000"


@given(texts)
def test_what_is_held_back_is_never_longer_than_a_token(text: str) -> None:
    longest = max(len(label) for label in LABELS) * 2 + BODY_LENGTH + 8
    assert len(text) - GRAMMAR.hold_from(text) <= longest


def test_a_finished_token_is_not_held_back() -> None:
    assert GRAMMAR.hold_from(TOKEN) == len(TOKEN)
    assert GRAMMAR.hold_from(f"[{TOKEN}]") == len(TOKEN) + 2


@pytest.mark.parametrize("label", ["", "person", "A B", "_X", "X_", "张"])
def test_bad_labels_are_refused(label: str) -> None:
    with pytest.raises(ValueError):
        mint_body(b"12345678", label)
    with pytest.raises(ValueError):
        TokenGrammar([label])


def test_the_grammar_is_frozen() -> None:
    """If this fails, tokens that lie in other people's databases no longer restore: add a version instead."""
    assert token_of(bytes(range(8)), "PERSON") == "PERSON_F7FDJGDXGGKS"
    assert TOKEN == "EMAIL_ADDRESS_XMGXSPGRK4KD"
