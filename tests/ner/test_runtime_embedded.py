"""The embedded model on torch, as it runs on CUDA: the same weights, so the same answers; here on the CPU."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from detectors.ner.embedded.runtime import EmbeddedRuntime
from detectors.ner.models.choice import EMBEDDED
from detectors.ner.models.load import runtime_kind
from detectors.ner.models.profiles import ProfileError
from detectors.ner.runtime import Runtime, RuntimeSettings, read_alone
from detectors.ner.runtimes.embedded_torch import EmbeddedTorchRuntime
from detectors.ner.runtimes.onnxweights import initializers

CPU = RuntimeSettings(device="cpu")
TEXTS = (
    "请转告李娜女士，欧阳修远在北京市海淀区中关村大街1号等张伟。",
    "John Smith met Mary O'Brien at 12 High Street, London.",
    "def main(argv): return 0",
)


def test_the_same_weights_answer_the_same_on_torch() -> None:
    shipped, unpacked = EmbeddedRuntime(EMBEDDED, CPU), EmbeddedTorchRuntime(EMBEDDED, CPU)
    assert isinstance(unpacked, Runtime)
    assert (unpacked.revision, unpacked.entity_types) == (shipped.revision, shipped.entity_types)
    assert "torch float32" in unpacked.describe()
    chunks = [chunk for text in TEXTS for chunk in shipped.prepare(text).chunks]
    together = unpacked.forward(chunks)
    for one, chunk, other in zip(together, chunks, shipped.forward(chunks), strict=True):
        assert one.shape == other.shape
        assert np.allclose(one, unpacked.forward([chunk])[0], atol=1e-3), "padding says nothing"
        assert (one.argmax(-1) == other.argmax(-1)).mean() > 0.95
    for text in TEXTS:
        spans = [[(s.start, s.end, s.entity) for s in read_alone(one, text)] for one in (shipped, unpacked)]
        assert spans[0] == spans[1]


def test_which_of_both_runs() -> None:
    assert runtime_kind(EMBEDDED, "cpu") == "embedded"
    assert runtime_kind(EMBEDDED, "cuda:0") == "embedded on torch"


def test_a_file_that_cannot_be_unpacked_is_one_sentence(tmp_path: Path) -> None:
    whole = (EMBEDDED / "model.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.onnx").write_bytes(b"\x0b\x0b")
    for name in ("cut.onnx", "none.onnx"):
        with pytest.raises(ValueError, match=r"cut short|not an ONNX file"):
            initializers(tmp_path / name)
    folder = shutil.copytree(EMBEDDED, tmp_path / "model")
    (folder / "model.onnx").write_bytes(_without(whole, b"model.layers.0.up.bias"))
    with pytest.raises(ProfileError, match=r"model\.onnx: cannot be (un|lo)|the model cannot be loaded"):
        EmbeddedTorchRuntime(folder, CPU)


def _without(content: bytes, name: bytes) -> bytes:
    return content.replace(name, name[:-1] + b"_")


@pytest.mark.gpu
def test_on_cuda_it_answers_as_on_the_cpu() -> None:
    shipped, device = EmbeddedRuntime(EMBEDDED, CPU), EmbeddedTorchRuntime(EMBEDDED, RuntimeSettings(device="cuda"))
    assert device.device == "cuda:0"
    for text in TEXTS:
        spans = [[(s.start, s.end, s.entity) for s in read_alone(one, text)] for one in (shipped, device)]
        assert spans[0] == spans[1]
