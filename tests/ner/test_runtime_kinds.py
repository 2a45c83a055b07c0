"""A small model of every architecture through the same seam: places, windows, labels, decoding."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import pytest

from detectors.ner.models.export import export
from detectors.ner.models.load import open_runtime
from detectors.ner.models.profiles import ProfileError
from detectors.ner.runtime import Runtime, read_alone
from tests.ner.tiny_model import build, build_table
from tests.ner.tiny_others import build_gliner2, build_privacy_filter, build_spacy


def said(runtime: Runtime, text: str) -> list[tuple[str, str]]:
    return [(text[s.start : s.end], s.entity) for s in read_alone(runtime, text)]


def test_privacy_filter(tmp_path: Path) -> None:
    folder = build_privacy_filter(tmp_path / "privacy-filter")
    runtime = open_runtime(folder)
    assert runtime.describe() == (
        "privacy-filter (OpenAIPrivacyFilterForTokenClassification, torch float32) on cpu (1 thread), window 1024"
    )
    assert set(runtime.entity_types) == {
        *("ADDRESS", "API_KEY", "BANK_ACCOUNT", "DATE_OF_BIRTH", "EMAIL_ADDRESS", "PERSON", "PHONE_NUMBER", "URL")
    }
    text = "x mary de miller x de x zed 我叫甄嬛😀\ud83d zed "
    expected = [("mary de miller", "PERSON"), ("zed", "PERSON"), ("甄嬛", "PERSON"), ("zed", "PERSON")]
    assert said(runtime, text) == expected
    narrow = open_runtime(folder, {"window": 8, "overlap": 4})
    assert said(narrow, text * 40) == expected * 40
    assert said(open_runtime(_with(folder, decoding="lenient")), "x mary de miller") == [
        ("mary", "PERSON"),
        ("miller", "PERSON"),
    ]
    with pytest.raises(ProfileError, match="a mixture of experts does not export"):
        export(folder)


def _with(folder: Path, **sidecar: object) -> Path:
    copy = folder.parent / f"{folder.name}-copy"
    shutil.copytree(folder, copy)
    (copy / "redline.json").write_text(json.dumps(sidecar))
    return copy


def test_int8_onnx_answers_as_torch_does(tmp_path: Path) -> None:
    folder = build(tmp_path / "tiny", noise=0.3)
    torch_first = open_runtime(folder, {"device": "cpu"})
    assert torch_first.kind == "torch"
    done = export(folder)
    assert done.agreement == 1.0
    assert done.difference < 0.1
    runtime = open_runtime(folder, {"device": "cpu"})
    assert runtime.describe() == "tiny (ONNX Runtime, model_int8.onnx) on cpu (1 thread), window 60"
    assert runtime.revision != torch_first.revision
    texts = ["Zed met 甄嬛 of Oz 😀 zedmark", "the patient called", "zed " * 100]
    assert [said(runtime, text) for text in texts] == [said(torch_first, text) for text in texts]
    chunks = [runtime.prepare(text).chunks[0] for text in texts]
    together = [rows.tolist() for rows in runtime.forward(chunks)]
    assert together == [runtime.forward([chunk])[0].tolist() for chunk in chunks]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("O", "B-PER", "I-PER", "B-LOC", "I-LOC"), [("zed", "PERSON"), ("甄嬛", "PERSON"), ("oz", "LOCATION")]),
        (("O", "B-PER", "E-PER", "S-LOC", "I-LOC"), [("zed", "PERSON"), ("甄嬛", "PERSON"), ("oz", "LOCATION")]),
        (("O", "PER", "NAME", "LOC", "MISC"), [("zed", "PERSON"), ("甄嬛", "PERSON"), ("oz", "LOCATION")]),
        (
            ("O", "U-PER", "L-PER", "U-LOC", "I-LOC"),
            [("zed", "PERSON"), ("甄", "PERSON"), ("嬛", "PERSON"), ("oz", "LOCATION")],
        ),
    ],
)
def test_schemes(tmp_path: Path, labels: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    assert said(open_runtime(build_table(tmp_path / "m", labels=labels)), "zed 说 甄嬛 in oz") == expected


def test_a_threshold_below_one_half_asks_for_less(tmp_path: Path) -> None:
    import numpy as np
    import onnx

    folder = build_table(tmp_path / "m")
    model = onnx.load(folder / "model.onnx")
    table = onnx.numpy_helper.to_array(model.graph.initializer[0]).copy()
    table[table[:, 1] > 0] = np.log([0.7, 0.2, 0.08, 0.01, 0.01])  # `zed`: 0.28 a person
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(table, "table"))
    onnx.save(model, folder / "model.onnx")
    assert said(open_runtime(folder), "zed met oz") == [("oz", "LOCATION")]
    low = open_runtime(folder, {"min_score": 0.25})
    assert said(low, "zed met oz") == [("zed", "PERSON"), ("oz", "LOCATION")]
    assert read_alone(low, "zed")[0].score == pytest.approx(0.28, abs=0.01)
    assert said(open_runtime(folder, {"min_score": 0.3}), "zed met oz") == [("oz", "LOCATION")]


def test_spacy(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library about itself
        folder = build_spacy(tmp_path / "en_tiny")
        runtime = open_runtime(folder)
        assert (runtime.kind, runtime.entity_types) == ("spacy", ("LOCATION", "PERSON"))
        assert runtime.describe().endswith("window 1000 words; not looked for: CARDINAL")
        text = "the patient called 😀 \ud83d \r\n" * 150 + "we met zed of oz"
        narrow = open_runtime(folder, {"window": 40, "overlap": 10})
        assert len(narrow.prepare(text).chunks) > 20
        for one in (runtime, narrow):
            assert [(s.start, s.end) for s in read_alone(one, text)][-2:] == [
                (len(text) - 9, len(text) - 6),
                (len(text) - 2, len(text)),
            ]
        (folder / "ner" / "model").write_bytes(b"x")
        with pytest.raises(ProfileError, match="the pipeline cannot be loaded"):
            open_runtime(folder)


def test_gliner2(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = build_gliner2(tmp_path / "gliner2-tiny")
        runtime = open_runtime(
            _with(folder, labels=["person", "city"]), {"min_score": 0.01, "window": 12, "overlap": 4}
        )
        assert (runtime.kind, runtime.entity_types) == ("gliner2", ("LOCATION", "PERSON"))
        text = "Zed met 甄嬛😀 in  Oz,\r\nwell-known zedmark " * 4
        found = said(runtime, text)
        assert found
        words = {"Zed", "met", "甄", "嬛", "😀", "in", "Oz", ",", "well-known", "zedmark"}
        assert all(
            any(value.startswith(w) for w in words) and any(value.endswith(w) for w in words) for value, _ in found
        )
        assert {entity for _, entity in found} <= {"PERSON", "LOCATION"}
        with pytest.raises(ProfileError, match="no entity type is known for favourite colour"):
            (folder / "redline.json").write_text('{"labels": ["favourite colour"]}')
            open_runtime(folder)
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        (folder / "redline.json").unlink()
        with pytest.raises(ProfileError, match="pickled weights are not loaded"):
            open_runtime(folder)


@pytest.mark.gpu
def test_cuda_answers_as_the_cpu_does(tmp_path: Path) -> None:
    folders = [build(tmp_path / "tiny"), build_privacy_filter(tmp_path / "privacy-filter")]
    text = "Zed met 甄嬛 of Oz. x mary de miller x zed " * 30
    for folder in folders:
        device = open_runtime(folder, {"device": "cuda", "compile": folder is folders[0]})
        assert (device.device, device.lanes) == ("cuda:0", 2)
        assert said(device, text) == said(open_runtime(folder, {"device": "cpu"}), text)
