"""MANIFEST.json and the hash that can be pinned: a changed model is refused before it is loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from detectors.ner.models import manifest
from detectors.ner.models.folder import MANIFEST, model_hash
from detectors.ner.models.load import open_runtime
from detectors.ner.models.profiles import ProfileError


@pytest.fixture
def folder(table_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(table_folder, tmp_path / "tiny")


def states(folder: Path) -> dict[str, str]:
    return {one.name: one.state for one in manifest.check(folder).bad}


def test_a_whole_folder_agrees_with_its_manifest(folder: Path) -> None:
    before = model_hash(folder)
    assert not manifest.check(folder).listed
    assert manifest.write(folder) == folder / MANIFEST
    report = manifest.check(folder)
    assert (report.listed, report.bad, report.revision) == (True, (), before)
    assert manifest.require(folder) == manifest.require(folder, before.upper()) == before
    assert json.loads((folder / MANIFEST).read_text())["sha256"] == before == open_runtime(folder).revision
    (folder / "README.md").write_text("a document is no part of the model")
    assert states(folder) == {}


def test_every_difference_is_named_and_refused(folder: Path) -> None:
    manifest.write(folder)
    weights = folder / "model.onnx"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    (folder / "viterbi_calibration.json").write_text("{}")
    (folder / "tokenizer.json").rename(folder / ".tokenizer.json")
    assert states(folder) == {
        "model.onnx": "changed",
        "tokenizer.json": "missing",
        "viterbi_calibration.json": "not listed",
    }
    with pytest.raises(ProfileError, match=r"MANIFEST\.json: model\.onnx is changed; restore the model"):
        open_runtime(folder)


def test_a_pinned_hash_is_held_without_a_manifest(folder: Path) -> None:
    right = model_hash(folder)
    assert open_runtime(folder, sha256=right).revision == right
    (folder / "config.json").write_text((folder / "config.json").read_text() + "\n")
    with pytest.raises(ProfileError, match=f"SHA-256 is {model_hash(folder)}, not the one that ner_model_sha256 names"):
        open_runtime(folder, sha256=right)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"format": "other/1", "files": {}}', '{"files": 1}'])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / MANIFEST).write_text(content)
    with pytest.raises(ProfileError, match="not a redline-ner-manifest/1 manifest; restore it"):
        manifest.check(folder)


def test_an_empty_folder_gets_none(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="there is no model in this folder"):
        manifest.write(tmp_path)
    with pytest.raises(ProfileError, match="no such model folder"):
        manifest.check(tmp_path / "none")


def test_a_folder_that_does_not_fit_together_says_what_is_wrong(table_folder: Path, tmp_path: Path) -> None:
    config = json.loads((table_folder / "config.json").read_text())
    for number, (change, says) in enumerate(
        [
            ({"id2label": {"0": "O", "1": "B-PER"}}, r"model\.onnx: its answers do not fit config\.json"),
            ({"id2label": config["id2label"] | {"4": "B-FROB"}}, r"config\.json: no entity type is known for FROB"),
            ({"id2label": {}}, "it names no labels"),
            ({"max_position_embeddings": 4}, "the model reads too few tokens at once"),
            ({"auto_map": {"AutoModel": "x.Y"}}, "code of its own, which is never run"),
        ]
    ):
        folder = shutil.copytree(table_folder, tmp_path / str(number))
        (folder / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(ProfileError, match=says):
            open_runtime(folder)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ProfileError, match=r"tokenizer\.json: cannot be read"):
        open_runtime(folder)
    with pytest.raises(ProfileError, match=r"no \.safetensors weights"):
        open_runtime(table_folder, {"device": "cuda"})
