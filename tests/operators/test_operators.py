"""Operators: what each leaves of a value, as tables and properties."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import operators
from gateway.errors import StoreError
from gateway.operators.hash import fold
from gateway.operators.mask import HIDE, Mask, masked
from gateway.operators.tokenize import TokenizeOperator
from gateway.stores.keys import KeyRing
from gateway.stores.memory import MemoryTokenVault
from gateway.tokens import parse
from gateway.types import Finding, Scope

KEYS = KeyRing([bytes(range(32))])
HASH_KEY = KEYS.identity("hash-operator")
SCOPE = Scope("acme", "5e1f", "c1")
BUILT = operators.build(MemoryTokenVault(KEYS), HASH_KEY)

TYPES = [
    "PERSON",
    "CN_RESIDENT_ID",
    "PHONE_NUMBER",
    "CREDIT_CARD",
    "CN_BANK_CARD",
    "IBAN_CODE",
    "EMAIL_ADDRESS",
    "API_KEY",
    "PASSWORD",
    "IP_ADDRESS",
    "ADDRESS",
]
VALUES = [
    ("PERSON", "张三"),
    ("PERSON", "Maria Schmidt"),
    ("CN_RESIDENT_ID", "11010519491231002X"),
    ("PHONE_NUMBER", "13800138000"),
    ("CREDIT_CARD", "4111 1111 1111 1111"),
    ("EMAIL_ADDRESS", "zhang@example.com"),
    ("API_KEY", "sk-test-0123456789abcdef"),
]


def apply(name: str, pairs: Sequence[tuple[str, str]], scope: Scope = SCOPE) -> list[str]:
    findings = [Finding(0, 0, len(value), entity_type, 1.0, "p/r@1") for entity_type, value in pairs]
    return list(asyncio.run(BUILT[name].apply(scope, findings, [value for _, value in pairs])))


def test_the_list_of_names_is_what_is_built() -> None:
    assert tuple(BUILT) == operators.NAMES
    assert {name for name, operator in BUILT.items() if operator.reversible} == {"tokenize"}
    assert all(operator.name == name for name, operator in BUILT.items())


@pytest.mark.parametrize("name", operators.NAMES)
def test_one_answer_for_each_value_in_order(name: str) -> None:
    together = apply(name, VALUES)
    assert together == [apply(name, [pair])[0] for pair in VALUES]
    assert apply(name, []) == []


@pytest.mark.parametrize("name", operators.NAMES)
def test_nothing_recognisable_is_left(name: str) -> None:
    for (_, value), replacement in zip(VALUES, apply(name, VALUES), strict=True):
        assert value not in replacement
        digits = re.sub(r"\D", "", value)
        assert len(digits) < 5 or all(digits[start : start + 5] not in replacement for start in range(len(digits) - 4))


@pytest.mark.parametrize("name", operators.NAMES)
def test_a_missing_value_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="zip"):
        asyncio.run(BUILT[name].apply(SCOPE, [Finding(0, 0, 1, "PERSON", 1.0, "p/r@1")], []))


def test_tokens_restore() -> None:
    vault = MemoryTokenVault(KEYS)
    operator = operators.TokenizeOperator(vault)
    findings = [Finding(0, 0, len(value), entity_type, 1.0, "p/r@1") for entity_type, value in VALUES]

    async def round_trip() -> Sequence[str | None]:
        tokens = await operator.apply(SCOPE, findings, [value for _, value in VALUES])
        assert all(parse(token) for token in tokens)
        return await vault.detokenize(SCOPE, tokens)

    assert asyncio.run(round_trip()) == [value for _, value in VALUES]


class _ForgetfulVault(MemoryTokenVault):
    async def tokenize(self, scope: Scope, values: Sequence[tuple[str, str]]) -> Sequence[str]:
        return (await super().tokenize(scope, values))[:-1]


async def test_a_token_left_out_is_an_error() -> None:
    operator = operators.TokenizeOperator(_ForgetfulVault(KEYS))
    findings = [Finding(0, 0, 1, "PERSON", 1.0, "p/r@1")] * 2
    with pytest.raises(StoreError, match="vault_failed"):
        await operator.apply(SCOPE, findings, ["张三", "李四"])


def test_redact_depends_on_the_type_only() -> None:
    assert apply("redact", [("PERSON", "张三"), ("PERSON", "Maria")]) == ["<PERSON>", "<PERSON>"]


MASKED = [
    ("PERSON", "张三", "张***"),
    ("PERSON", "欧阳娜娜", "欧***"),
    ("PERSON", "Maria Schmidt", "M***"),
    ("PERSON", "张", "***"),
    ("PERSON", "", "<PERSON>"),
    ("PHONE_NUMBER", "13800138000", "*******8000"),
    ("PHONE_NUMBER", "+86 138-0013-8000", "+** ***-****-8000"),
    ("PHONE_NUMBER", "１３８００１３８０００", "*******８０００"),
    ("PHONE_NUMBER", "555-0100", "***"),
    ("CREDIT_CARD", "4111111111111111", "************1111"),
    ("CREDIT_CARD", "4111 1111 1111 1111", "**** **** **** 1111"),
    ("CREDIT_CARD", "4111\u200b1111|1111 1111", "************** 1111"),
    ("CREDIT_CARD", "41111111", "***"),
    ("IBAN_CODE", "DE89370400440532013000", "******************3000"),
    ("EMAIL_ADDRESS", "zhang@example.com", "z***@example.com"),
    ("EMAIL_ADDRESS", "ab@example.com", "***@example.com"),
    ("EMAIL_ADDRESS", "a@b@example.com", "***@example.com"),
    ("EMAIL_ADDRESS", "no-at-sign", "***"),
    ("EMAIL_ADDRESS", "@example.com", "***"),
    ("CN_RESIDENT_ID", "11010519491231002X", "***"),
    ("API_KEY", "sk-test-0123456789abcdef", "***"),
    ("UNHEARD_OF", "whatever", "***"),
    ("PASSWORD", "***", "<PASSWORD>"),
    ("PASSWORD", "*", "<PASSWORD>"),
]


@pytest.mark.parametrize(("entity_type", "value", "expected"), MASKED)
def test_mask(entity_type: str, value: str, expected: str) -> None:
    assert apply("mask", [(entity_type, value)]) == [expected]


def test_masks_are_configurable() -> None:
    own = operators.MaskOperator({"IP_ADDRESS": Mask(last=1, least=4, spelling=True)})
    finding = Finding(0, 0, 1, "IP_ADDRESS", 1.0, "p/r@1")
    assert asyncio.run(own.apply(SCOPE, [finding], ["192.0.2.17"])) == ["***.*.*.*7"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TYPES), st.text(min_size=1, max_size=60))
def test_a_mask_hides_more_than_it_shows(entity_type: str, value: str) -> None:
    mask = operators.DEFAULT_MASKS.get(entity_type, HIDE)
    shown = masked(value, mask)
    if mask.domain:
        shown = shown.rpartition("@")[0] or shown
        value = value.strip().rpartition("@")[0] or value
    known = sum(character.isalnum() for character in shown)
    total = sum(character.isalnum() for character in value)
    assert known == 0 or 2 * known <= total
    assert known <= mask.first + mask.last


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TYPES), st.text(min_size=1, max_size=60))
def test_a_mask_never_contains_its_value(entity_type: str, value: str) -> None:
    (shown,) = apply("mask", [(entity_type, value)])
    assert value not in shown or shown == f"<{entity_type}>"


def test_hash_is_keyed_typed_and_stable_for_a_tenant() -> None:
    (one,) = apply("hash", [("EMAIL_ADDRESS", "zhang@example.com")])
    assert re.fullmatch(r"<EMAIL_ADDRESS:[0-9a-f]{20}>", one)
    assert parse(one) is None
    other_conversation = Scope("acme", "another", "c2")
    assert apply("hash", [("EMAIL_ADDRESS", "zhang@example.com")], other_conversation) == [one]
    assert apply("hash", [("EMAIL_ADDRESS", "zhang@example.com")], Scope("other", "5e1f", "c1")) != [one]
    assert apply("hash", [("PERSON", "zhang@example.com")])[0][-21:] != one[-21:]
    rotated = KeyRing([bytes(range(32)), bytes(range(32, 64))])
    assert rotated.identity("hash-operator") == HASH_KEY


@pytest.mark.parametrize(
    ("entity_type", "one", "other", "same"),
    [
        ("PHONE_NUMBER", "13800138000", "１３８ 0013-8000", True),
        ("CN_RESIDENT_ID", "11010519491231002X", "11010519491231002x", True),
        ("EMAIL_ADDRESS", "Zhang@Example.com", "zhang@example.com ", True),
        ("PERSON", "José", "Jose\u0301", True),
        ("PERSON", "张三", "张 三", False),
        ("API_KEY", "sk-ABC", "sk-abc", False),
        ("PASSWORD", "a b", "ab", False),
    ],
)
def test_hash_folds_spellings(entity_type: str, one: str, other: str, same: bool) -> None:
    assert (fold(entity_type, one) == fold(entity_type, other)) is same
    hashed = apply("hash", [(entity_type, one), (entity_type, other)])
    assert (hashed[0] == hashed[1]) is same


def test_a_weak_hash_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        operators.HashOperator(b"short")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["redact", "hash", "tokenize"]), st.sampled_from(TYPES), st.text(max_size=60))
def test_length_and_characters_tell_nothing(name: str, entity_type: str, value: str) -> None:
    """Whatever the value, the replacement has one form for its type."""
    form = re.compile(
        {
            "redact": rf"<{entity_type}>",
            "hash": rf"<{entity_type}:[0-9a-f]{{20}}>",
            "tokenize": rf"{entity_type}_[A-Z0-9]{{12}}",
        }[name]
    )
    (replacement,) = apply(name, [(entity_type, value)])
    assert form.fullmatch(replacement)


async def test_the_vault_is_asked_for_each_value_once() -> None:
    asked: list[tuple[str, str]] = []

    class Watched(MemoryTokenVault):
        async def tokenize(self, scope: Scope, values: Sequence[tuple[str, str]]) -> Sequence[str]:
            asked.extend(values)
            return await super().tokenize(scope, values)

    values = ["张伟", "李娜", "张伟", "张伟"]
    findings = [Finding(0, at, at + 1, "PERSON", 0.9, "test/x@1") for at in range(4)]
    tokens = await TokenizeOperator(Watched()).apply(Scope("t", "s", ""), findings, values)
    assert asked == [("PERSON", "张伟"), ("PERSON", "李娜")]
    assert tokens[0] == tokens[2] == tokens[3] != tokens[1]
