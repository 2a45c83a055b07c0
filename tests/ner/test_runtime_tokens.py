"""Offsets of every family of tokenizers: in order, inside the text, and no letter or digit is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.ner.reading.tokens import load_tokenizer, specials, tokenize
from detectors.ner.runtime import readable
from tests.ner.tiny_model import write_tokenizer
from tests.ner.tiny_others import byte_tokenizer

CHARACTERS = st.sampled_from(
    [*"aZé1 \t\n\r.,'-", *"病𠮷！１Ａ", "ﬁ", "ß", "İ", "\u0301", "\u200d", "\ud83d", "\udc00", "😀", "\x00"]
)
TEXTS = st.lists(CHARACTERS | st.sampled_from(["zed", " mary", "甄嬛", "the ", "\r\n", "[SEP]"]), max_size=40).map(
    "".join
)


def pieces_of_words(folder: Path) -> None:
    """A sentence-piece model with NFKC, as XLM-RoBERTa, mDeBERTa and their kin have."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = [("<s>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((f"▁{w}", -2.0) for w in ("zed", "the", "a"))]
    vocabulary += [(c, -5.0) for c in "▁abcdefghijklmnopqrstuvwxyz甄嬛病1.,"]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=2, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(" {2,}", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("tokenizers")
    for name, make in (("word", write_tokenizer), ("byte", byte_tokenizer), ("piece", pieces_of_words)):
        make(root / name)
    return {name: load_tokenizer(root / name) for name in ("word", "byte", "piece")}


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.integers(3, 60))
def test_no_letter_or_digit_is_left_out(tokenizers: dict[str, Any], text: str, segment: int) -> None:
    for name, tokenizer in tokenizers.items():
        ids, offsets = tokenize(tokenizer, readable(text), segment)
        assert len(ids) == len(offsets)
        covered: set[int] = set()
        before = 0
        for start, end in offsets.tolist():
            assert 0 <= start <= end <= len(text), name
            assert start >= before, name
            before = start
            covered.update(range(start, end))
        assert {i for i, c in enumerate(text) if c.isalnum()} <= covered, name


def test_special_tokens_around_a_text(tokenizers: dict[str, Any]) -> None:
    assert [tuple(map(len, specials(one))) for one in tokenizers.values()] == [(1, 1), (0, 0), (1, 1)]
