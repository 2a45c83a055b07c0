"""Whatever a file holds: it is read, or told with its line; never another exception, never a guess."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.policy import parse_policy, policies_folder
from gateway.yamlfile import nearest, parse

from .conftest import ENTITIES

SHIPPED = (policies_folder() / "default.yaml").read_text(encoding="utf-8")
SNIPPETS = st.sampled_from(
    ["", "\t", "- ", ": ", "[", "{", "&a ", "*a", "!!str ", "~", "1", "block", "\n", "#", "'", "张"]
)


def placed(read: Callable[[], object]) -> bool:
    """It is read, or the complaint begins with its place."""
    try:
        read()
    except ConfigError as error:
        return re.match(r"p\.yaml:\d+:\d+: ", str(error)) is not None
    return True


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    assert placed(lambda: parse(text, "p.yaml"))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SHIPPED)), st.integers(0, 12), SNIPPETS)
def test_any_damage_to_a_policy(at: int, length: int, snippet: str) -> None:
    text = SHIPPED[:at] + snippet + SHIPPED[at + length :]
    assert placed(lambda: parse_policy(text, "p.yaml", ENTITIES))


@pytest.mark.parametrize(
    ("word", "known", "mend"),
    [
        ("persn", ["PERSON", "PHONE"], "Did you mean 'PERSON'?"),
        ("zzz", ["a", "b"], "Use one of: a, b."),
        ("zzz", [f"name{n}" for n in range(20)], "(20 in all)."),
    ],
)
def test_nearest(word: str, known: list[str], mend: str) -> None:
    assert nearest(word, known).endswith(mend)


def test_values_keep_their_place() -> None:
    root = parse("a: 1\nb:\n  - x\n  - y: {z: 'w'}\n", "f.yaml")
    item = root.mapping("f")["b"].sequence("b")[1]
    inner = item.mapping("item")["y"].mapping("y")["z"]
    assert (inner.line, inner.column, inner.scalar) == (4, 12, "w")
