"""Which findings are no news, and that telling them costs no more than one look at each part."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detectors.entities import load_entities
from gateway.expected import unexpected
from gateway.tokens import TokenGrammar, format_token, mint_body
from gateway.types import Finding, Part, PartKind

GRAMMAR = TokenGrammar(load_entities())
TOKEN = format_token("PERSON", mint_body(bytes(range(8)), "PERSON"))


def finding(start: int, end: int, part: int = 0, entity_type: str = "PERSON") -> Finding:
    return Finding(part, start, end, entity_type, 0.9, "test/x@1")


class Counted(TokenGrammar):
    looks = 0

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        self.looks += 1
        return super().find(text)


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (2, 2 + len(TOKEN), False),
        (9, 12, False),
        (2, 3 + len(TOKEN), True),
        (0, 4, True),
        (0, 40, True),
        (3 + len(TOKEN), 6 + len(TOKEN), True),
    ],
)
def test_only_what_lies_within_a_token_is_dropped(start: int, end: int, kept: bool) -> None:
    part = Part(7, "body", PartKind.TEXT, f"x {TOKEN} yyyyyyyyyyyyyyyy {TOKEN}")
    some = [finding(start, end, part=7)]
    assert unexpected(some, [part], GRAMMAR, ()) == (some if kept else [])


def test_a_credential_is_expected_only_where_credentials_are() -> None:
    parts = [Part(0, "headers/authorization", PartKind.CREDENTIAL, "abc"), Part(1, "body", PartKind.TEXT, "abc")]
    some = [finding(0, 3, part, kind) for part in (0, 1) for kind in ("API_KEY", "PERSON")]
    kept = unexpected(some, parts, GRAMMAR, {"API_KEY"})
    assert [(f.part, f.entity_type) for f in kept] == [(0, "PERSON"), (1, "API_KEY"), (1, "PERSON")]


def test_a_part_is_searched_once() -> None:
    grammar = Counted(load_entities())
    part = Part(0, "body", PartKind.TEXT, "a_b " * 500)
    some = [finding(at, at + 1) for at in range(500)]
    assert unexpected(some, [part], grammar, ()) == some
    assert grammar.looks == 1
