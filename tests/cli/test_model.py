"""`redline model`: verify, manifest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway.commands import probes
from gateway.config import load
from tests.ner.tiny_model import build_table

from .conftest import Redline


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_table(tmp_path_factory.mktemp("model") / "tiny")


def test_a_manifest_is_written_and_verified(redline: Redline, made: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(made, tmp_path / "tiny")
    said = redline("model", "verify", str(folder))
    assert said.code == 1
    assert f"there is no MANIFEST.json; if you trust the files, run `redline model manifest {folder}`" in said.err
    said = redline("model", "manifest", str(folder))
    assert said.code == 0
    revision = said.out.split()[-1]
    assert len(revision) == 64
    said = redline("model", "verify", str(folder))
    assert (said.code, said.err) == (0, "")
    assert said.out.count("ok  ") == 3
    assert revision in said.out
    assert redline("model", "verify", "--ner-model", str(folder), "--ner-model-sha256", revision).code == 0
    said = redline("model", "verify", "--ner-model", str(folder), "--ner-model-sha256", "0" * 64)
    assert (said.code, "ner_model_sha256 names another model" in said.err) == (1, True)
    (folder / "config.json").write_text("{}")
    said = redline("model", "verify", str(folder))
    assert (said.code, said.err) == (1, "config.json: changed\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("verify", "names"), "redline: names: no model runs, so there is nothing to verify."),
        (("verify", "/no/such"), "redline: /no/such: no such folder; check the path."),
        (("manifest", "/no/such"), "redline: /no/such: no such model folder; check the path."),
        (("verify", "--ner-model-sha256", "12"), "not a SHA-256"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(redline: Redline, words: tuple[str, ...], says: str) -> None:
    said = redline("model", *words)
    assert said.code == 2
    assert says in said.err
    assert "Traceback" not in said.err


def test_doctor_says_what_really_runs(made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def probed(model: str) -> tuple[str, str]:
        probe = probes._ner(load(None, {"ner_model": model}, {}))
        return probe.state, f"{probe.found} {probe.mend}"

    monkeypatch.setattr(probes, "GPU", tmp_path / "none")
    state, told = probed(str(made))
    assert state == probes.OK
    assert told.startswith("tiny (ONNX Runtime, model.onnx) on cpu (1 thread), window 254, SHA-256 ")
    monkeypatch.setattr(probes, "GPU", tmp_path)
    state, told = probed(str(made))
    assert (state, "there is a GPU, which it does not use" in told) == (probes.NOTE, True)
    assert probed("names")[1].startswith("offline name detector")
    state, told = probed(str(tmp_path))
    assert (state, "config.json is missing" in told) == (probes.BAD, True)
    assert probed("no-such/model")[0] == probes.BAD
