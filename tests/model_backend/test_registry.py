"""Nothing is loaded that does not match its manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from model_backend.__main__ import main
from model_backend.registry import FILE_NAME, ManifestError, Serving, create, verify


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    (model / "sub").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "tokenizer.json", "sub/notes.txt"):
        (model / name).write_text(f"{{}} {name}", encoding="utf-8")
    return model


def test_an_untouched_folder_verifies(folder: Path) -> None:
    serving = Serving(True, True, 100, 50, ("<a>", "</a>"))
    create(folder, "tiny", serving)
    manifest = verify(folder)
    assert (manifest.name, manifest.serving) == ("tiny", serving)
    assert manifest.weights_sha256 == manifest.files["model.safetensors"]


def test_several_weight_files_have_one_digest(folder: Path) -> None:
    (folder / "model-2.safetensors").write_text("b")
    create(folder, "tiny")
    manifest = verify(folder)
    assert len(manifest.weights_sha256) == 64
    assert manifest.weights_sha256 not in manifest.files.values()


def test_a_manifest_may_lie_elsewhere(folder: Path, tmp_path: Path) -> None:
    path = create(folder, "tiny", path=tmp_path / "tiny.json")
    assert not (folder / FILE_NAME).exists()
    assert verify(folder, path).name == "tiny"


def _append(name: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        path = folder / name
        path.write_bytes(path.read_bytes() + b" ")

    return change


def _document(**changes: object) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        path = folder / FILE_NAME
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_append("model.safetensors"), "model.safetensors differs"),
        (_append("config.json"), "config.json differs"),
        (_append("sub/notes.txt"), "sub/notes.txt differs"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json is missing"),
        (lambda folder: (folder / "extra.json").write_text("{}"), "extra.json is not listed"),
        (lambda folder: (folder / "pytorch_model.bin").write_text(""), "pytorch_model.bin could run code"),
        (lambda folder: (folder / "modeling.py").write_text(""), "modeling.py could run code"),
        (lambda folder: (folder / FILE_NAME).unlink(), "manifest create"),
        (lambda folder: (folder / FILE_NAME).write_text("{"), "cannot be read"),
        (lambda folder: (folder / FILE_NAME).write_text("[]"), "is not a redline-model-manifest"),
        (lambda folder: (folder / "config.json").unlink(), "no config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no .safetensors"),
        (_document(serving={"placeholder_swap": "yes"}), "wrong type"),
        (_document(serving={"trust": True}), "may hold"),
        (_document(serving={"max_new_tokens": True}), "wrong type"),
        (_document(files={"config.json": "abc"}), "is not listed"),
    ],
)
def test_any_difference_refuses(folder: Path, change: Callable[[Path], object], words: str) -> None:
    create(folder, "tiny")
    change(folder)
    with pytest.raises(ManifestError, match=words):
        verify(folder)


def test_the_command_line_makes_checks_and_refuses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "create", str(folder), "--name", "tiny"]) == 0
    assert main(["manifest", "verify", str(folder)]) == 0
    assert "4 files match" in capsys.readouterr().out
    (folder / "tokenizer.json").write_text("changed")
    assert main(["manifest", "verify", str(folder)]) == 2
    error = capsys.readouterr().err
    assert "tokenizer.json differs" in error
    assert "Traceback" not in error
