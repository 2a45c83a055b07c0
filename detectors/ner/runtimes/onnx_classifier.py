"""A Hugging Face token classifier as ONNX (int8 or fp32) on ONNX Runtime: the fast way on a CPU, without torch.

The folder holds config.json, tokenizer.json and model_int8.onnx, model_quantized.onnx or model.onnx, as
`redline model export` or Optimum write them.

Windows of an int8 model run one by one even where a batch is asked for: its products are scaled by the largest value
of what they are given, so an answer would else depend on its company; and on a CPU a batch gains nothing.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from detectors.ner.models.folder import check_folder, onnx_file
from detectors.ner.reading.classifier import Longs, TokenClassifier, log_softmax
from detectors.ner.runtime import ProfileError, RuntimeSettings


def _scales_by_batch(path: Path) -> bool:
    """Whether activations are quantized as they come. Names of operators stand in the file as they are."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"DynamicQuantize") >= 0


def open_session(path: Path, threads: int = 1) -> Any:
    """An InferenceSession whose threads sleep when idle, since the proxy wants the cores. Raises ProfileError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The arena grows to the largest batch that ever came and never shrinks.
    options.enable_cpu_mem_arena = False
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001  the library's own errors derive from nothing in common
        kind = type(error).__name__
        raise ProfileError(f"{path}: the model cannot be loaded ({kind}); check that its files are whole") from None


class OnnxRuntime(TokenClassifier):
    """A `Runtime`. Raises ProfileError at construction, with one clear sentence."""

    kind = "onnxruntime"

    def __init__(self, folder: Path, settings: RuntimeSettings | None = None) -> None:
        settings = settings or RuntimeSettings()
        check_folder(folder, weights=".onnx")
        if settings.device not in {"auto", "cpu"}:
            raise ProfileError(f"device {settings.device}: ONNX models run on the CPU; use `auto`, or safetensors")
        super().__init__(folder, settings)
        path = onnx_file(folder)
        assert path is not None  # noqa: S101  `check_folder` has seen it
        self._file = path
        self._session = open_session(path, settings.threads)
        self._alone = _scales_by_batch(path)
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._check()

    def _check(self) -> None:
        unknown = self._inputs - {"input_ids", "attention_mask", "token_type_ids"}
        if unknown or "input_ids" not in self._inputs:
            raise ProfileError(f"{self._file}: not the inputs of a token classifier; export the model again")
        try:
            rows = self.logits(np.full((1, 2), self._pad, np.int64), np.ones((1, 2), np.int64))
            known = rows.shape == (1, 2, len(self.profile.labels))
        except Exception:  # noqa: BLE001  whatever it raises on two tokens, it is no model for us
            known = False
        if not known:
            raise ProfileError(f"{self._file}: its answers do not fit config.json; they do not belong together")

    def describe(self) -> str:
        threads = self.settings.threads
        said = f"ONNX Runtime, {self._file.name}"
        size = f"{threads} thread{'' if threads == 1 else 's'}"
        return f"{self.name} ({said}) on cpu ({size}), window {self.window}{self.profile.told()}"

    def logits(self, ids: Longs, mask: Longs) -> Any:
        every = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        if self._alone and len(ids) > 1:
            return self._one_by_one(ids, mask)
        (logits,) = self._session.run(None, {name: every[name] for name in self._inputs})[:1]
        return log_softmax(logits.astype(np.float32))

    def _one_by_one(self, ids: Longs, mask: Longs) -> Any:
        rows = np.zeros((*ids.shape, len(self.profile.labels)), np.float16)
        for i, size in enumerate(mask.sum(-1).tolist()):
            rows[i, :size] = self.logits(ids[i : i + 1, :size], mask[i : i + 1, :size])[0]
        return rows
