"""Streamed text: whole = in any pieces, tokens restored, findings rewritten or refused before they leave."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels import AnswerFilters, Hit, Rewrite
from gateway.errors import ContentError
from gateway.protocols.streaming import ChannelKind
from gateway.restore import Restorer
from gateway.stores.memory import MemoryTokenVault
from gateway.tokens import TokenGrammar, decorate
from gateway.types import Finding, Scope

GRAMMAR = TokenGrammar(["PERSON", "PHONE_NUMBER", "ADDRESS", "EMAIL_ADDRESS"])
ALICE = Scope("bank", "alice", "")
BOB = Scope("bank", "bob", "")
SECRET = re.compile(r"KEY-\d{4}")


async def restorer(values: Sequence[tuple[str, str]], scope: Scope = ALICE) -> tuple[Restorer, list[str]]:
    vault = MemoryTokenVault()
    tokens = list(await vault.tokenize(ALICE, values))
    return Restorer(GRAMMAR, vault, scope, {}), tokens


async def redacts(text: str) -> Sequence[Hit]:
    return [Hit(Finding(0, m.start(), m.end(), "API_KEY", 0.9, "t/k@1"), "<KEY>") for m in SECRET.finditer(text)]


def pieces(text: str, cuts: Sequence[int]) -> list[str]:
    marks = [0, *sorted({cut % (len(text) + 1) for cut in cuts}), len(text)]
    return [text[a:b] for a, b in pairwise(marks)]


async def through(filters: AnswerFilters, parts: Sequence[str], kind: ChannelKind = ChannelKind.TEXT) -> str:
    channel = filters.open(kind)
    out = [await channel.feed(part) for part in parts]
    return "".join(out) + await channel.finish()


VALUES = [("PERSON", "张伟"), ("EMAIL_ADDRESS", 'o"brien@example.com'), ("ADDRESS", "1 Main St\nSpringfield")]


@given(st.lists(st.integers(0, 400), max_size=12))
async def test_any_chunking_restores_the_same_text(cuts: list[int]) -> None:
    source, tokens = await restorer(VALUES)
    text = f"您好{tokens[0]}，mail [{tokens[1]}] or {tokens[1].lower()}; at {tokens[2]}{tokens[0]} PERSON_ [x] 好"
    whole = '您好张伟，mail o"brien@example.com or o"brien@example.com; at 1 Main St\nSpringfield张伟 PERSON_ [x] 好'
    assert await through(AnswerFilters(source, None, 0), pieces(text, cuts)) == whole
    assert await through(AnswerFilters(source, redacts, 24), pieces(text, cuts)) == whole


@given(st.lists(st.integers(0, 400), max_size=12))
async def test_in_json_source_a_value_is_escaped(cuts: list[int]) -> None:
    source, tokens = await restorer(VALUES)
    text = json.dumps({"mail": tokens[1], "at": tokens[2]})
    got = await through(AnswerFilters(source, None, 0), pieces(text, cuts), ChannelKind.JSON_FRAGMENT)
    assert json.loads(got) == {"mail": VALUES[1][1], "at": VALUES[2][1]}


@given(st.lists(st.integers(0, 400), max_size=12), st.integers(9, 64))
async def test_a_finding_cut_in_two_is_still_rewritten(cuts: list[int], window: int) -> None:
    source, tokens = await restorer(VALUES[:1])
    text = f"a KEY-1234 b {tokens[0]}KEY-5678 and KEY-12345678 end KEY-0000"
    filters = AnswerFilters(source, redacts, window)
    assert await through(filters, pieces(text, cuts)) == "a <KEY> b 张伟<KEY> and <KEY>5678 end <KEY>"
    assert len(filters.released) == 4


async def test_a_blocked_finding_leaves_no_byte_behind() -> None:
    class Stop(Exception):
        pass

    async def blocks(text: str) -> Sequence[Hit]:
        if SECRET.search(text):
            raise Stop
        return ()

    source, _ = await restorer(VALUES)
    channel = AnswerFilters(source, blocks, 16).open(ChannelKind.TEXT)
    sent = ""
    with pytest.raises(Stop):
        for character in "this is a long harmless beginning KEY-1234 more text that follows":
            sent += await channel.feed(character)
    assert "KEY" not in sent


def endless(looked: list[int]) -> Rewrite:
    """One finding from the first `KEY-` to the end of whatever is shown."""

    async def rewrite(text: str) -> Sequence[Hit]:
        looked.append(len(text))
        start = text.find("KEY-")
        return [] if start < 0 else [Hit(Finding(0, start, len(text), "API_KEY", 0.9, "t/k@1"), "<KEY>")]

    return rewrite


async def test_a_finding_that_goes_on_costs_no_more_than_its_length() -> None:
    source, _ = await restorer(VALUES)
    looked: list[int] = []
    channel = AnswerFilters(source, endless(looked), 16).open(ChannelKind.TEXT)
    out = [await channel.feed("a KEY-")] + [await channel.feed("x") for _ in range(20_000)]
    assert "".join(out) + await channel.finish() == "a <KEY>"
    assert sum(looked) < 2_000_000


async def test_a_finding_without_end_is_refused() -> None:
    source, _ = await restorer(VALUES)
    channel = AnswerFilters(source, endless([]), 16).open(ChannelKind.TEXT)
    await channel.feed("a KEY-")
    with pytest.raises(ContentError, match="response_unreadable"):
        await channel.feed("x" * 300_000)


async def test_tokens_of_another_client_stay_as_they_are() -> None:
    source, tokens = await restorer(VALUES, BOB)
    text = f"who is {tokens[0]}?"
    assert await source.text(text) == text
    assert (source.restored, source.unresolved) == (0, 1)


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(VALUES))
async def test_restore_undoes_decorate_exactly(before: str, after: str, value: tuple[str, str]) -> None:
    source, (token,) = await restorer([value])
    text = before + decorate(token, before[-1:], after[:1]) + after
    assert await source.text(text) == before + value[1] + after


async def test_only_what_may_be_a_token_is_held_back() -> None:
    source, (token,) = await restorer(VALUES[:1])
    channel = AnswerFilters(source, None, 0).open(ChannelKind.TEXT)
    assert await channel.feed("Dear ") == "Dear "
    assert await channel.feed(token[:10]) == ""
    assert await channel.feed(token[10:] + ", ") == "张伟, "
