"""JSON bodies: numbers are read as a person reads them, and text that was turned into numbers is reported."""

from __future__ import annotations

import pytest

from gateway.content import parse
from gateway.types import Coverage, Route

from .samples import LIMITS, PHONE, TOKEN, request, swap, texts


@pytest.mark.parametrize(
    "number", [f"{PHONE}.0", "1.3800138e10", "1.3800138E+10", f"{PHONE}e0", "138001380.00e2", f"{PHONE}0e-1"]
)
def test_a_whole_number_is_read_as_its_digits_however_it_is_spelt(number: str) -> None:
    body = b'{"metadata": {"a": %s, "b": 1.5}}' % number.encode()
    document = parse(request(body), LIMITS)
    assert texts(document)["body/metadata/#0"] == PHONE
    assert document.rebuild(()).body == body
    assert swap(request(body)) == b'{"metadata": {"a": "%s", "b": 1.5}}' % TOKEN.encode()


@pytest.mark.parametrize("number", ["1e300", "0.5", "1e-9", "-0.0", "0e0", "123456789.5", "1.5e0"])
def test_other_numbers_are_read_as_written(number: str) -> None:
    assert texts(parse(request(b'{"seed": %s}' % number.encode()), LIMITS))["body/seed"] == number


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("embeddings", {"model": "m", "input": [40, 1053, 2360]}),
        ("embeddings", {"model": "m", "input": [[40, 1053], [2360]]}),
        ("completions", {"model": "m", "prompt": ["Call", 13, 800]}),
        ("completions", {"model": "m", "prompt": "x", "prompt_token_ids": [1, 2]}),
    ],
)
def test_text_that_was_turned_into_numbers_cannot_be_read(operation: str, body: object) -> None:
    document = parse(request(body, route=Route("openai", operation, known=True)), LIMITS)
    assert document.coverage is Coverage.PARTIAL
    assert len(document.unreadable) <= 2


def test_numbers_in_tool_input_are_no_encoded_text() -> None:
    body = {
        "messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "t", "input": {"input": [1, 2]}}]}]
    }
    assert parse(request(body, route=Route("anthropic", "messages", known=True)), LIMITS).coverage is Coverage.FULL
    assert parse(request({"tools": [{"parameters": {"input": [1, 2]}}]}), LIMITS).coverage is Coverage.FULL
