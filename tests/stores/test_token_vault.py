"""What every TokenVault does: one suite for the real servers and for the one in memory."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.stores import identity
from gateway.stores.embedded import EmbeddedValkey
from gateway.stores.identity import TokenIdentity
from gateway.stores.keys import KeyRing
from gateway.stores.memory import MemoryTokenVault
from gateway.stores.vault import RedisTokenVault
from gateway.tokens import parse
from gateway.types import Scope, TokenVault

from .conftest import BINARIES, Running, _emptied
from .samples import SCOPE, VALUES, closing

KEYS = KeyRing([bytes(range(32))])


@pytest.fixture(params=["memory", *BINARIES])
async def vault(request: pytest.FixtureRequest, running: Running) -> AsyncIterator[TokenVault]:
    if request.param == "memory":
        yield MemoryTokenVault(KEYS)
        return
    async with closing(RedisTokenVault(_emptied(running, "vault", request.param).url(), KEYS)) as real:
        yield real


async def test_there_and_back(vault: TokenVault) -> None:
    tokens = await vault.tokenize(SCOPE, VALUES)
    assert [parse(token) is not None for token in tokens] == [True] * 4
    assert [token.rpartition("_")[0] for token in tokens] == [entity_type for entity_type, _ in VALUES]
    assert await vault.detokenize(SCOPE, tokens) == [value for _, value in VALUES]


async def test_the_order_of_a_question_is_that_of_its_answer(vault: TokenVault) -> None:
    tokens = await vault.tokenize(SCOPE, VALUES)
    asked = [tokens[2], "PERSON_NOBODY", tokens[0], tokens[2]]
    assert await vault.detokenize(SCOPE, asked) == ["13800138000", None, "张三", "13800138000"]


async def test_nothing_asked_nothing_answered(vault: TokenVault) -> None:
    assert list(await vault.tokenize(SCOPE, [])) == []
    assert list(await vault.detokenize(SCOPE, [])) == []
    assert not await vault.erase(SCOPE)


async def test_the_same_value_has_the_same_token(vault: TokenVault) -> None:
    first = await vault.tokenize(SCOPE, VALUES)
    assert await vault.tokenize(SCOPE, [*VALUES, *VALUES]) == [*first, *first]


async def test_the_same_value_of_another_type_has_another_token(vault: TokenVault) -> None:
    tokens = await vault.tokenize(SCOPE, [("PERSON", "Paris"), ("LOCATION", "Paris")])
    assert len(set(tokens)) == 2
    assert await vault.detokenize(SCOPE, tokens) == ["Paris", "Paris"]


@pytest.mark.parametrize("field", ["tenant", "subject", "conversation"])
async def test_tokens_never_cross_a_scope(vault: TokenVault, field: str) -> None:
    tokens = await vault.tokenize(SCOPE, VALUES)
    foreign = dataclasses.replace(SCOPE, **{field: "another"})
    assert await vault.detokenize(foreign, tokens) == [None] * 4
    others = await vault.tokenize(foreign, VALUES)
    assert not set(others) & set(tokens)
    assert await vault.detokenize(foreign, tokens) == [None] * 4


async def test_scopes_that_concatenate_alike_are_not_alike(vault: TokenVault) -> None:
    one = await vault.tokenize(Scope("ab", "c", "d"), VALUES)
    assert not set(one) & set(await vault.tokenize(Scope("a", "bc", "d"), VALUES))


async def test_erasure_destroys_one_scope_only(vault: TokenVault) -> None:
    other = dataclasses.replace(SCOPE, conversation="2")
    tokens, kept = await vault.tokenize(SCOPE, VALUES), await vault.tokenize(other, VALUES)
    assert await vault.erase(SCOPE)
    assert not await vault.erase(SCOPE)
    assert await vault.detokenize(SCOPE, tokens) == [None] * 4
    assert await vault.detokenize(other, kept) == [value for _, value in VALUES]


async def test_a_value_has_its_token_again_after_erasure(vault: TokenVault) -> None:
    tokens = await vault.tokenize(SCOPE, VALUES)
    await vault.erase(SCOPE)
    assert await vault.tokenize(SCOPE, VALUES) == tokens
    assert await vault.detokenize(SCOPE, tokens) == [value for _, value in VALUES]


async def test_many_mints_of_one_value_at_once_are_one_token(vault: TokenVault) -> None:
    minted = await asyncio.gather(*(vault.tokenize(SCOPE, VALUES) for _ in range(64)))
    assert {tuple(tokens) for tokens in minted} == {tuple(minted[0])}
    assert await vault.detokenize(SCOPE, minted[0]) == [value for _, value in VALUES]


async def test_more_values_than_one_script_takes(vault: TokenVault) -> None:
    values = [("PERSON", f"person {number}") for number in range(2500)]
    tokens = await vault.tokenize(SCOPE, values)
    assert len(set(tokens)) == 2500
    assert await vault.detokenize(SCOPE, tokens) == [value for _, value in values]


async def test_two_values_on_one_token_get_two_tokens(vault: TokenVault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real bodies practically never meet, so here all first candidates of a type are the same."""
    real = TokenIdentity.token

    def crowded(self: TokenIdentity, name: str, entity_type: str, value: str, attempt: int = 0) -> str:
        return real(self, name, entity_type, value if attempt else "anybody", attempt)

    monkeypatch.setattr(TokenIdentity, "token", crowded)
    values = [("PERSON", "张三"), ("PERSON", "李四"), ("PERSON", "张三"), ("PERSON", "王五")]
    tokens = await vault.tokenize(SCOPE, values)
    assert tokens[0] == tokens[2]
    assert len(set(tokens)) == 3
    assert await vault.detokenize(SCOPE, tokens) == [value for _, value in values]
    assert await vault.tokenize(SCOPE, values[::-1]) == tokens[::-1]


SPELLINGS = [
    "José",
    "Jose\u0301",
    "１３８００１３８０００",
    "13800138000",
    "138 0013 8000",
    " 张三",
    "张三",
    "",
    "\x00",
    "\ud800",
]


async def test_every_spelling_comes_back_as_it_was(vault: TokenVault) -> None:
    tokens = await vault.tokenize(SCOPE, [("PERSON", spelling) for spelling in SPELLINGS])
    assert len(set(tokens)) == len(SPELLINGS)
    assert await vault.detokenize(SCOPE, tokens) == SPELLINGS


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["PERSON", "API_KEY"]), st.text(max_size=80)), max_size=12))
def test_any_text_round_trips(any_vault_server: EmbeddedValkey, values: list[tuple[str, str]]) -> None:
    async def round_trip() -> None:
        async with closing(RedisTokenVault(any_vault_server.url(), KEYS)) as vault:
            tokens = await vault.tokenize(SCOPE, values)
            assert await vault.detokenize(SCOPE, tokens) == [value for _, value in values]

    asyncio.run(round_trip())


async def test_all_vaults_mint_the_same_tokens(vault_server: EmbeddedValkey) -> None:
    async with (
        closing(RedisTokenVault(vault_server.url(), KEYS)) as one,
        closing(RedisTokenVault(vault_server.url(), KEYS)) as two,
    ):
        tokens = await one.tokenize(SCOPE, VALUES)
        assert await two.detokenize(SCOPE, tokens) == [value for _, value in VALUES]
        assert await two.tokenize(SCOPE, VALUES) == tokens
    assert await MemoryTokenVault(KEYS).tokenize(SCOPE, VALUES) == tokens
    assert await MemoryTokenVault().tokenize(SCOPE, VALUES) != tokens


def test_framing_keeps_tuples_apart() -> None:
    assert identity.frame("ab", "c") != identity.frame("a", "bc") != identity.frame("abc")


def test_a_subject_is_a_keyed_hash() -> None:
    subject = identity.subject_hash(KEYS, b"Bearer sk-test")
    assert subject == identity.subject_hash(KEYS, b"Bearer sk-test")
    assert subject != identity.subject_hash(KeyRing.generate(), b"Bearer sk-test")
    assert len(subject) == 32
