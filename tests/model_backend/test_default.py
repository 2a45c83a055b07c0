"""The committed demo model and the corpus it learnt from."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from model_backend.default import MODEL_DIR
from model_backend.default.corpus import KINDS, PLACEHOLDER, Sample, copies, samples
from model_backend.default.publish import NAME, SERVING
from model_backend.default.slots import INDICES, PLACEHOLDERS, SLOTS
from model_backend.placeholders import Swap
from model_backend.registry import verify

MANY = list(itertools.islice(samples(5), 1500))


def test_the_corpus_is_reproducible() -> None:
    assert list(itertools.islice(samples(5), 50)) == MANY[:50]
    assert list(itertools.islice(samples(6), 50)) != MANY[:50]
    assert {one.kind for one in MANY} == set(KINDS)
    assert {one.kind for one in itertools.islice(copies(5), 20)} == {"copy"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "lookup"])
def test_every_answer_repeats_every_placeholder_once(kind: str) -> None:
    for one in MANY:
        if one.kind == kind and kind != "refuse":
            asked = {match.group() for match in PLACEHOLDER.finditer(one.question)}
            told = [match.group() for match in PLACEHOLDER.finditer(one.answer)]
            assert sorted(asked) == sorted(set(told)), one
            assert kind == "copy" or len(told) == len(set(told)), one


def test_extractions_are_json() -> None:
    assert all(isinstance(json.loads(one.answer), dict) for one in MANY if one.kind == "extract")


def test_no_personal_data_in_the_corpus() -> None:
    suspicious = re.compile(r"\d{5,}|@|\b\d{3}-\d{2}-\d{4}\b")
    assert [one for one in MANY if suspicious.search(one.question + one.answer)] == []


def test_answers_are_in_the_language_of_the_question() -> None:
    def wrong(one: Sample) -> bool:
        return bool(re.search("[\u4e00-\u9fff]", one.answer)) != (one.lang == "zh") and one.kind != "copy"

    assert [one for one in MANY if wrong(one)] == []


def test_the_committed_model_matches_its_manifest() -> None:
    manifest = verify(MODEL_DIR)
    assert (manifest.name, manifest.serving) == (NAME, SERVING)
    assert (MODEL_DIR / "model.safetensors").stat().st_size < 4_000_000
    assert "demonstration model" in (MODEL_DIR / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_every_placeholder_is_one_token() -> None:
    vocabulary = {each["content"] for each in json.loads((MODEL_DIR / "tokenizer.json").read_bytes())["added_tokens"]}
    assert set(PLACEHOLDERS) <= vocabulary
    assert len(PLACEHOLDERS) == len(SLOTS) * INDICES


ENTITY_TYPES = [
    "PERSON", "LOCATION", "ADDRESS", "ORGANIZATION", "DATE_OF_BIRTH", "CN_RESIDENT_ID", "CN_PASSPORT", "US_SSN",
    "US_ITIN", "US_PASSPORT", "US_DRIVER_LICENSE", "UK_NINO", "UK_NHS", "CN_USCC", "CN_VEHICLE_PLATE",
    "PHONE_NUMBER", "EMAIL_ADDRESS", "CREDIT_CARD", "CN_BANK_CARD", "IBAN_CODE", "CRYPTO", "IP_ADDRESS",
    "MAC_ADDRESS", "URL_CREDENTIALS", "API_KEY", "ACCESS_TOKEN", "PRIVATE_KEY", "PASSWORD",
]  # fmt: skip


@pytest.mark.parametrize("entity_type", [*ENTITY_TYPES, "HK_ID", "SOME_LATER_TYPE_2"])
def test_tokens_of_every_entity_type_have_a_placeholder(entity_type: str) -> None:
    slot = entity_type if entity_type in SLOTS else "VALUE"  # a type that the model has not met
    assert (slot == "VALUE") == (entity_type not in ENTITY_TYPES)
    assert Swap(PLACEHOLDERS).hide(f"{entity_type}_B4RTX7KMZ2QC") == f"<{slot}_1>"
