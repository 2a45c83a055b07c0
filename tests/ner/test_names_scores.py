"""The tables that serve are the features that were trained, to the last bit."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.names import chinese, english
from detectors.names.chinese_scores import ChineseScores
from detectors.names.lexicon import chinese_characters, chinese_words, compound_surnames
from detectors.names.linear import chinese_model, english_model

SURNAMES = sorted(c for c, levels in chinese_characters().items() if levels[0])
COMMON = sorted({c for word in chinese_words() for c in word} | set(SURNAMES))
SIGNS = "，。：、 \n\u3000a9Z１²_（·的了在先生女士张王李"
SCORES = ChineseScores(chinese_model(), chinese.TITLE.match)


def compared(text: str) -> int:
    """How many candidates of the text were compared."""
    guarded, words, model = chinese.Text(text), chinese_words(), chinese_model()
    t, count = guarded.simple, 0
    for start, size, level in chinese.surnames(guarded):
        features = chinese.start_features(t, start, size, level, words)
        assert SCORES.start(t, start, size, level) == model.total(features)[0]
        for end in chinese.ends(t, start, size):
            features = chinese.end_features(t, start, size, level, end, words)
            assert SCORES.end(t, start, size, level, end) == model.total(features)[0]
            count += 1
    return count


@pytest.mark.parametrize("seed", range(4))
def test_sums_of_chinese_candidates(seed: int) -> None:
    rng = random.Random(seed)
    pools = (SURNAMES, COMMON, SIGNS, sorted(compound_surnames()), sorted(chinese.TITLES))
    texts = ("".join(rng.choice(rng.choices(pools, (4, 6, 2, 1, 1))[0]) for _ in range(400)) for _ in range(10))
    assert sum(map(compared, texts)) > 1000


@given(st.text(st.sampled_from(COMMON[:200] + SURNAMES + list(SIGNS)), max_size=40))
def test_sums_of_any_chinese_candidates(text: str) -> None:
    compared(text)


@given(
    st.lists(
        st.sampled_from(
            [
                "The",
                "Anna",
                "Smith",
                "Dr.",
                "of",
                "Paris",
                "Inc",
                ",",
                ".",
                "\n",
                "said",
                "in",
                "de",
                "la",
                "New",
                "York",
                "X.",
            ]
        ),
        max_size=12,
    )
)
def test_sums_of_english_words_in_their_context(words: list[str]) -> None:
    tagger, model = english.EnglishTagger(english_model()), english_model()
    for run in english.runs(english.words(" ".join(words))):
        kinds = [tagger._word(word)[1] for word in run]
        for i in range(len(run)):
            label = "P" if i else "^"
            expected = model.total(english.context_features(run, i, kinds, label))
            assert tagger._context(run, i, kinds, label) == expected
