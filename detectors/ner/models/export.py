"""A Hugging Face token classifier -> int8 ONNX beside its weights, for ONNX Runtime on a CPU. Needs torch and onnx.

Weights of matrix products become int8 by channel with seven bits, which older CPUs multiply without overflow; the rest
stays fp32. How much the scores move is measured on a few sentences and told.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from detectors.ner.models.load import settled
from detectors.ner.runtime import ProfileError
from detectors.ner.runtimes.onnx_classifier import OnnxRuntime
from detectors.ner.runtimes.torch_classifier import TorchRuntime

INT8: Final = "model_int8.onnx"
OPSET: Final = 17
SAMPLES: Final = (
    "Please call Ms. Mary Miller of Example Ltd. at 12 High Street, Oxford, before Friday.",
    "请转告李娜女士，明天上午九点到北京市海淀区中关村大街1号开会。",
)


@dataclass(frozen=True, slots=True)
class Exported:
    path: Path
    size: int
    """Bytes."""
    difference: float
    """Largest change of a label's probability over the sample sentences."""
    agreement: float
    """Share of tokens whose best label stayed."""
    tokens: int
    """That were compared."""


def export(folder: Path) -> Exported:
    """Write `model_int8.onnx` into the folder. Raises ProfileError: one clear sentence."""
    quantize = _quantizer(folder)
    original = TorchRuntime(folder, settled(folder, {"device": "cpu"}))
    if original.config.get("model_type") == "openai_privacy_filter":
        raise ProfileError(f"{folder}: a mixture of experts does not export to ONNX; run it on torch")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as work:
        whole, small = Path(work) / "model.onnx", Path(work) / INT8
        _trace(original, whole)
        with _hushed():
            quantize(whole, small, per_channel=True, reduce_range=True, op_types_to_quantize=["MatMul", "Gather"])
        target = small.replace(folder / INT8)
    exported = OnnxRuntime(folder, settled(folder, {"device": "cpu"}))
    difference, agreement, tokens = compare(original, exported, SAMPLES)
    return Exported(target, target.stat().st_size, difference, agreement, tokens)


def compare(one: Any, other: Any, texts: Sequence[str]) -> tuple[float, float, int]:
    """Largest difference of a probability, share of tokens with the same best label, tokens."""
    differences, same, count = [0.0], 0, 0
    for text in texts:
        chunks = one.prepare(text).chunks
        for a, b in zip(one.forward(chunks), other.forward(chunks), strict=True):
            differences.append(float(np.abs(np.exp(a.astype(np.float32)) - np.exp(b.astype(np.float32))).max()))
            same += int((a.argmax(-1) == b.argmax(-1)).sum())
            count += len(a)
    return max(differences), same / max(1, count), count


def _quantizer(folder: Path) -> Any:
    try:
        from onnxruntime.quantization import quantize_dynamic  # type: ignore[import-untyped]
    except ImportError as error:
        raise ProfileError(f"{folder}: an export needs {error.name}; install it with: pip install onnx") from None
    return quantize_dynamic


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """The tracer warns of each Python branch, the quantizer advises on the root logger."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


class _Logits(torch.nn.Module):
    """Only what is asked at inference: ids and mask in, logits out."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def _trace(original: TorchRuntime, path: Path) -> None:
    ids = torch.tensor([[1, 2, 3, 4], [1, 2, 3, 0]]) % original.model.config.vocab_size
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    axes = {0: "batch", 1: "tokens"}
    module = _Logits(original.model).eval()
    try:
        with _hushed():
            torch.onnx.export(
                module,
                (ids, mask),
                str(path),
                input_names=["input_ids", "attention_mask"],
                output_names=["logits"],
                dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": axes},
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:  # noqa: BLE001  the tracer raises what the model's code raises
        kind = type(error).__name__
        raise ProfileError(
            f"{original.folder}: this architecture does not export to ONNX ({kind}); use torch"
        ) from None
