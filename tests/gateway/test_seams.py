"""A value that is cut in two by the border between content parts is found all the same, in both."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.seams import REACH, stretches
from gateway.types import Finding, Part, PartKind

from .world import World, answered, forwarded, refused

VALUE = "13800138000"


def parts(*texts: str) -> list[Part]:
    return [Part(10 + at, f"body/messages/0/content/{at}/text", PartKind.TEXT, text) for at, text in enumerate(texts)]


def crossing(some: list[Part], value: str) -> list[Finding]:
    """Pieces of `value` wherever it stands across a seam."""
    found = []
    for stretch in stretches(some):
        at = stretch.text.find(value)
        while at >= 0:
            found += stretch.split(Finding(0, at, at + len(value), "PHONE_NUMBER", 0.9, "test/phone@1"))
            at = stretch.text.find(value, at + 1)
    return found


@given(
    before=st.text("ab c", max_size=300),
    after=st.text("ab c", max_size=300),
    cuts=st.lists(st.integers(0, 620), min_size=1, max_size=12),
)
def test_wherever_it_is_cut_its_pieces_are_found(before: str, after: str, cuts: list[int]) -> None:
    text = before + VALUE + after
    places = sorted({0, *(min(cut, len(text)) for cut in cuts), len(text)})
    some = parts(*(text[low:high] for low, high in pairwise(places)))
    texts = {part.id: part.text for part in some}
    found = crossing(some, VALUE)
    inside = any(VALUE in part.text for part in some)
    assert "".join(texts[f.part][f.start : f.end] for f in found) == ("" if inside else VALUE)
    assert sum(len(stretch.text) for stretch in stretches(some)) <= len(text)


def test_only_what_is_near_a_seam_is_read_again() -> None:
    (stretch,) = stretches(parts("a" * 10_000, "b" * 10_000))
    assert stretch.text == "a" * REACH + "b" * REACH


def test_texts_that_no_model_reads_as_one_are_not_joined() -> None:
    apart = [
        Part(0, "body/input/0", PartKind.TEXT, "138001"),
        Part(1, "body/input/1", PartKind.TEXT, "38000"),
        Part(2, "body/messages/0/content/0/text", PartKind.TEXT, "138001"),
        Part(3, "body/messages/1/content/0/text", PartKind.TEXT, "38000"),
    ]
    assert stretches(apart) == []


def ask(*texts: str) -> bytes:
    content = [{"type": "text", "text": text} for text in texts]
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": content}]}).encode()


@pytest.mark.parametrize("texts", [("call 138001", "38000 now"), tuple(VALUE), ("a 1380013800", "0", "")], ids=len)
async def test_on_the_road_each_piece_becomes_a_token(texts: tuple[str, ...]) -> None:
    exchange = await World().begin()
    sent = json.loads(await forwarded(exchange, ask(*texts)))
    pieces = [one["text"] for one in sent["messages"][0]["content"]]
    assert [piece.count("PHONE_NUMBER_") for piece in pieces] == [int(any(map(str.isdigit, t))) for t in texts]
    echo = json.dumps({"choices": [{"message": {"role": "assistant", "content": " ".join(pieces)}}]}).encode()
    _, answer = await answered(exchange, echo)
    assert json.loads(answer)["choices"][0]["message"]["content"] == " ".join(texts)


async def test_a_secret_in_two_parts_is_refused() -> None:
    refusal = await refused(await World().begin(), ask("key sk-abcdefghij", "abcdefghij"))
    assert refusal.code == "policy_block"
