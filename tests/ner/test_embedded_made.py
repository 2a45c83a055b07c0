"""Generated sentences: slots filled, mentions where they stand, nothing that depends on the day; the same run twice."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from detectors.ner.embedded.decode import LABELS, TAGS
from detectors.ner.embedded.features import BITS
from detectors.ner.train import prune, templates_short, values_en, wordlists
from detectors.ner.train.examples import Example, batches, collate, free_tags
from detectors.ner.train.loop import Plan, Trainer
from detectors.ner.train.model import Layer, Shape, Tagger
from detectors.ner.train.synthesis import SLOT_LABELS, Synthesis

PACKED = {"jieba": "张伟 60 nr\n北京 900 ns\n教育部 90 nt\n报告 900 n\n提交 900 v\n", "opencc": "張\t张\n"}


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lists")
    (folder / "lists").mkdir()
    with gzip.open(folder / "lists" / "admin_divisions_cn.pcas.json.gz", "wt", encoding="utf-8") as file:
        json.dump({"北京市": {"市辖区": {"朝阳区": ["建外街道"]}}}, file)
    with gzip.open(folder / "lists" / "world_cities.world-cities.csv.gz", "wt", encoding="utf-8") as file:
        file.write("name,country,subcountry,geonameid\nOslo,Norway,Oslo,1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values_en, "LOCALES", ["en_US"] * 7)
        patch.setattr(wordlists, "packed", lambda package, name: PACKED[package])
        wordlists.jieba_words.cache_clear()
        yield folder
        wordlists.jieba_words.cache_clear()


def test_every_template_of_short_text_is_filled_and_marked(lists: Path) -> None:
    made = Synthesis(random.Random(2), lists)
    pools = (
        ("en", templates_short.CELLS_EN, templates_short.CELLS_PLAIN_EN),
        ("zh", templates_short.CELLS_ZH, templates_short.CELLS_PLAIN_ZH),
    )
    for lang, named, plain in pools:
        for template in (*named, *plain):
            draft = made.fill(template, lang)
            assert not re.search(r"\{[A-Z]\}", draft.text), template
            wanted = [SLOT_LABELS[slot] for slot in re.findall(r"\{([A-Z])\}", template) if slot in SLOT_LABELS]
            assert [label for _, _, label in draft.spans] == wanted, template
            assert all(0 <= s < e <= len(draft.text) for s, e, _ in draft.spans), template
        people = {"PERSON", "LOCATION", "ORGANIZATION", "ADDRESS"}
        assert all(people & {SLOT_LABELS.get(s) for s in re.findall(r"\{([A-Z])\}", t)} for t in named), lang
        assert not any(people & {SLOT_LABELS.get(s) for s in re.findall(r"\{([A-Z])\}", t)} for t in plain), lang


def test_a_seed_makes_the_same_sentences_on_any_day(lists: Path) -> None:
    def text() -> list[str]:
        made = Synthesis(random.Random(3), lists)
        return [record.text for lang in ("en", "zh") for record in made.generate(lang, 40)]

    assert text() == text()
    values = values_en.EnglishValues(random.Random(1), lists)
    years = [int(y) for _ in range(200) for y in re.findall(r"\d{4}", values.date())]
    assert 1940 <= min(years) <= max(years) <= 2027


def test_a_title_and_a_nickname_are_marked_as_corpora_do(lists: Path) -> None:
    made = Synthesis(random.Random(5), lists)
    title, nick = made.fill("{T}总，您好", "zh"), made.fill("麻烦{Q}转告", "zh")
    (one,) = title.spans
    assert title.text[one[1] :] == "总，您好"
    (other,) = nick.spans
    assert nick.text[: other[0]] == "麻烦"
    assert nick.text[other[1] :] == "转告"


# --- training: an interruption changes nothing, smaller layers keep their moments

VOCABULARY, WIDTH = 40, 16
SHAPE = Shape(vocabulary=VOCABULARY, tags=len(TAGS), features=BITS, width=WIDTH, heads=2, inner=24, layers=2)


def examples(epoch: int) -> list[Example]:
    rng = np.random.default_rng(epoch)
    found = []
    for length in rng.integers(4, 12, 30):
        ids, tags = rng.integers(4, VOCABULARY, length), rng.integers(0, len(TAGS), length)
        bits = rng.integers(0, 2**31, length).astype(np.uint32)
        found.append(Example(ids, bits, tags, free_tags(frozenset(LABELS)), 1.0))
    return found


class Cut(Exception):
    """Stands for a machine that is switched off."""


def trainer(folder: Path, stop: int = 0) -> Trainer:
    torch.manual_seed(1)
    plan = Plan(epochs=2.5, cells=60, warm_up=3, seed=7, save_seconds=-1.0, inner=10)
    made = Trainer(Tagger(SHAPE), plan, torch.device("cpu"), folder / "checkpoint.pt")
    learn = made._learn

    def short(batch: object, done: float) -> float:
        if stop and made.step == stop:
            raise Cut
        return learn(batch, done)  # type: ignore[arg-type]

    made._learn = short  # type: ignore[method-assign]
    return made


def test_an_interrupted_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = trainer(tmp_path / "whole")
    whole.run(examples, lambda: examples(99))
    steps = whole.step
    assert whole.model.shape.inner == 10
    each = len(batches(examples(0), 60, random.Random(0)))
    for number, stop in enumerate(
        (each // 2, each, each + 2, 2 * each + 1, steps - 2)
    ):  # also at the border of the epochs
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(Cut):
            trainer(folder, stop).run(examples, lambda: examples(99))
        again = trainer(folder)
        assert again.resume()
        assert again.step == stop
        again.run(examples, lambda: examples(99))
        assert again.step == steps
        for name, value in whole.model.state_dict().items():
            assert torch.equal(value, again.model.state_dict()[name]), (stop, name)


def layer_of(model: Tagger, at: int) -> Layer:
    return cast(Layer, model.layers[at])


def test_pruning_keeps_what_counts_and_its_moments() -> None:
    torch.manual_seed(2)
    model = Tagger(SHAPE).eval()
    batch = collate(examples(1))
    optimiser = torch.optim.AdamW(model.parameters())
    model(batch.ids, batch.mask, batch.features).sum().backward()
    optimiser.step()
    with torch.no_grad():
        for at in (0, 1):
            layer_of(model, at).down.weight[:, 10:] = 0.0  # these neurons add nothing
    before = model(batch.ids, batch.mask, batch.features)
    kept = prune.choose(model, [batch], 10)
    assert [rows.tolist() for rows in kept] == [list(range(10))] * 2
    old = layer_of(model, 0).up.weight
    moved = prune.prune(model, kept)
    fresh = torch.optim.AdamW(model.parameters())
    prune.carry(optimiser, fresh, moved)
    new = layer_of(model, 0).up.weight
    assert torch.equal(fresh.state[new]["exp_avg"], optimiser.state[old]["exp_avg"][:10])
    assert torch.allclose(model(batch.ids, batch.mask, batch.features), before, atol=1e-5)
    assert model.shape.inner == 10
