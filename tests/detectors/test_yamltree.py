"""The one reader of people's YAML: a tree with places, or a complaint with a place and a mend."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.files import yamlfile, yamltree
from detectors.files.problems import PackError
from detectors.files.yamltree import Tree, YamlError
from gateway.errors import ConfigError
from gateway.yamlfile import parse as parse_for_gateway

REFUSED = {
    "a: 1\na: 2": (2, 1, "occurs twice"),
    "a: &x 1": (1, 4, "anchors and aliases"),
    "a: &x [1]\nb: *x": (1, 4, "anchors and aliases"),
    "a: !secret 1": (1, 4, "the tag '!secret'"),
    "a: !!map x": (1, 1, ""),
    "<<: {a: 1}": (1, 1, "a key must be text"),
    "1: a": (1, 1, "a key must be text"),
    "a: [": (1, 0, "not well-formed"),
    "": (1, 1, "empty"),
    "a: \x00": (1, 1, "well-formed"),
    "[" * 14 + "]" * 14: (1, 14, "nested deeper"),
}


def test_what_could_be_read_in_two_ways_is_refused_by_both_readers() -> None:
    for text, (line, column, words) in REFUSED.items():
        with pytest.raises(YamlError) as caught:
            yamltree.parse(text)
        error = caught.value
        assert (error.line, words in error.problem) == (line, True), (text, str(error))
        assert not column or error.column >= column
        with pytest.raises(PackError, match=f"p.yaml:{line}: "):
            yamlfile.parse(text, "p.yaml")
        with pytest.raises(ConfigError, match=f"p.yaml:{line}:{error.column}: "):
            parse_for_gateway(text, "p.yaml")


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab:- \n[]{}&*!~'\"#,|>1é张\t%"), max_size=40))
def test_any_text_is_a_tree_or_a_complaint_with_its_place(text: str) -> None:
    try:
        places = [(node.line, node.column) for node in _all(yamltree.parse(text))]
    except YamlError as error:
        places = [(error.line, error.column)]
    assert all(1 <= line <= text.count("\n") + 2 and column >= 1 for line, column in places)


def _all(tree: Tree) -> list[Tree]:
    inner = [*tree.items, *(one for pair in tree.entries for one in pair)]
    return [tree, *(node for one in inner for node in _all(one))]


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"#" * (yamltree.MAX_BYTES + 1))
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: \xe9\n")
    for name, words in {".": "is a folder", "none.yaml": "no such file", "big.yaml": "is larger than 1 MiB"}.items():
        with pytest.raises(YamlError, match=words):
            yamltree.content(tmp_path / name)
        with pytest.raises(PackError, match=rf"(The file|There is) {words}"):
            yamlfile.read(tmp_path / name)
    with pytest.raises(PackError, match=r"latin.yaml:2: Not UTF-8\."):
        yamlfile.read(tmp_path / "latin.yaml")


def test_a_mark_of_the_byte_order_is_no_text() -> None:
    assert yamltree.parse(yamltree.text_of(b"\xef\xbb\xbfa: 1")).entries[0][0].text == "a"


def test_a_missing_value_stands_where_its_key_does() -> None:
    (_, value), _ = yamltree.parse("a:\n\n\nb: 1").entries
    assert (value.tag, value.line) == ("null", 1)
