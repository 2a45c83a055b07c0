"""From one line to a model: names, folders, packages, the Hub's cache; and what stands in redline.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from detectors.entities import load_entities
from detectors.ner.models import choice as models
from detectors.ner.models.choice import Choice, choose
from detectors.ner.models.folder import kind_of, model_files
from detectors.ner.models.labels import ALIASES, OTHERS
from detectors.ner.models.load import open_runtime, runtime_kind, settled
from detectors.ner.models.profiles import ProfileError, map_labels, profile
from detectors.ner.runtime import RuntimeSettings

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_every_type_that_we_map_to_is_in_the_catalogue() -> None:
    assert set(ALIASES.values()) <= set(load_entities())
    assert not set(ALIASES) & OTHERS


@pytest.mark.parametrize(
    ("label", "entity"),
    [
        ("PER", "PERSON"),
        ("private_person", "PERSON"),
        ("GIVENNAME", "PERSON"),
        ("姓名", "PERSON"),
        ("GPE", "LOCATION"),
        ("street address", "ADDRESS"),
        ("private_date", "DATE_OF_BIRTH"),
        ("account_number", "BANK_ACCOUNT"),
        ("secret", "API_KEY"),
        ("CARDINAL", ""),
        ("WORK_OF_ART", ""),
    ],
)
def test_labels_of_common_models(label: str, entity: str) -> None:
    assert map_labels([label]) == {label: entity}


def test_an_unknown_label_is_named_with_its_mend() -> None:
    with pytest.raises(ProfileError, match=r'no entity type is known for FROB; .*"label_map": \{"FROB": "PERSON"\}'):
        profile({0: "O", 1: "B-PER", 2: "B-FROB", 3: "I-FROB"})
    assert profile({0: "O", 1: "B-PER", 2: "B-FROB"}, {"FROB": ""}).ignored == ("FROB",)
    with pytest.raises(ProfileError, match=r"'frob' is no label of config\.json; it knows PER"):
        profile({0: "O", 1: "B-PER"}, {"frob": "PERSON"})
    with pytest.raises(ProfileError, match="'person' is no entity type"):
        profile({0: "O", 1: "B-PER"}, {"PER": "person"})


def test_words_that_are_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert choose("off") == Choice("off")
    assert choose("names") == Choice("names")
    monkeypatch.setattr(models, "EMBEDDED", tmp_path / "model")
    absent = choose("auto")
    assert absent.kind == "names"
    assert "not installed" in absent.why
    with pytest.raises(ProfileError, match="the embedded model cannot run: its files are not installed"):
        choose("embedded")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "redline.json").write_text('{"runtime": "embedded"}')
    assert choose("auto") == choose("embedded") == Choice("model", tmp_path / "model")
    monkeypatch.setattr(models, "NEEDS", ("numpy", "no_such_library"))
    assert "no_such_library missing" in choose("auto").why


def test_a_folder_a_package_and_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, table_folder: Path) -> None:
    assert choose(table_folder).folder == table_folder
    package = tmp_path / "en_core_web_zz" / "en_core_web_zz-3.8.0"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("raise SystemExit('never imported')")
    (package / "config.cfg").write_text("")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert choose("en_core_web_zz").folder == package
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    cached = tmp_path / "hub" / "models--openai--privacy-filter" / "snapshots" / COMMIT
    with pytest.raises(ProfileError, match=r"not in the local cache .*hf download openai/privacy-filter --revision"):
        choose(f"openai/privacy-filter@{COMMIT}")
    cached.mkdir(parents=True)
    assert choose(f"openai/privacy-filter@{COMMIT}").folder == cached


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("openai/privacy-filter", r"pin a Hub model's revision: openai/privacy-filter@COMMIT"),
        ("openai/privacy-filter@main", "a revision is the 40 hexadecimal digits of a commit"),
        ("/no/such/folder", "/no/such/folder: no such folder; check the path"),
        ("en_core_web_none", "nor an installed spaCy package"),
    ],
)
def test_a_line_that_names_no_model_says_why(line: str, says: str) -> None:
    with pytest.raises(ProfileError, match=says):
        choose(line)


def test_kinds_are_seen_from_files(tmp_path: Path) -> None:
    def made(name: str, **files: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file, content in files.items():
            (folder / file.replace("_json", ".json").replace("_cfg", ".cfg")).write_text(content)
        return folder

    assert kind_of(made("a", config_json='{"model_type": "bert"}')) == "huggingface"
    assert kind_of(made("b", config_json='{"model_type": "extractor"}')) == "gliner2"
    assert kind_of(made("c", gliner_config_json="{}")) == "gliner"
    assert kind_of(made("d", meta_json="{}", config_cfg="")) == "spacy"
    assert kind_of(made("e", redline_json='{"runtime": "embedded", "anything": 1}')) == "embedded"
    with pytest.raises(ProfileError, match=r"config\.json is missing"):
        kind_of(made("f"))


def test_settings_come_from_the_operator_then_the_folder_then_the_architecture(tmp_path: Path) -> None:
    config = {"model_type": "openai_privacy_filter"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert settled(tmp_path, {}) == RuntimeSettings(window=1024, overlap=256)
    assert settled(tmp_path, {"candidates": 0.3}).min_score == 0.3
    sidecar = {"window": 512, "min_score": 0.7, "label_map": {"a": "PERSON", "b": "LOCATION"}}
    (tmp_path / "redline.json").write_text(json.dumps(sidecar))
    assert settled(tmp_path, {"candidates": 0.3}).min_score == 0.7
    given = settled(tmp_path, {"min_score": 0.3, "labels": {"b": ""}, "device": "cpu"})
    assert (given.window, given.overlap, given.min_score) == (512, 256, 0.3)
    assert given.labels == {"a": "PERSON", "b": ""}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not valid JSON"),
        ("[]", "one JSON object"),
        ('{"windows": 3}', "windows is unknown; it may hold decoding, label_map"),
        ('{"window": "3"}', "window must be a number of tokens"),
        ('{"min_score": 2}', "min_score must be a number between 0 and 1"),
        ('{"runtime": "tensorflow"}', "runtime must be one of embedded"),
        ('{"label_map": {"PER": 1}}', "label_map must be an object"),
        ('{"decoding": "crf"}', "decoding must be viterbi or lenient"),
    ],
)
def test_a_wrong_sidecar_says_so(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "redline.json").write_text(content)
    with pytest.raises(ProfileError, match=says):
        kind_of(tmp_path)


def test_onnx_is_chosen_for_a_cpu_and_torch_for_the_rest(table_folder: Path, tmp_path: Path) -> None:
    assert runtime_kind(table_folder, "auto") == runtime_kind(table_folder, "cpu") == "onnxruntime"
    with pytest.raises(ProfileError, match=r"no \.safetensors weights"):
        runtime_kind(table_folder, "cuda")


def test_documents_do_not_count_as_model(tmp_path: Path) -> None:
    for name in ("README.md", "LICENSE", "MANIFEST.json", ".gitattributes", "config.json", "ner/model", "x.onnx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert model_files(tmp_path) == ["config.json", "ner/model", "x.onnx"]


def test_a_missing_library_names_its_extra(monkeypatch: pytest.MonkeyPatch, table_folder: Path) -> None:
    monkeypatch.delitem(sys.modules, "detectors.ner.runtimes.onnx_classifier", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(
        ProfileError, match=r"needs onnxruntime; install it with: pip install 'redline-gateway\[ner-cpu"
    ):
        open_runtime(table_folder, {"device": "cpu"})
