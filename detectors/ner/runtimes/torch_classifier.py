"""A local Hugging Face token-classification folder on torch: CUDA in bf16 or fp16 where there is one, else CPU.

Nothing is fetched and no code of the folder runs: local files only, safetensors only, `trust_remote_code` off.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch

from detectors.ner.models.folder import check_folder
from detectors.ner.reading.classifier import Longs, TokenClassifier
from detectors.ner.runtime import ProfileError, RuntimeSettings


def pick_device(wanted: str) -> torch.device:
    """Raises ProfileError."""
    if wanted == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if wanted.startswith("cuda"):
        _check_cuda(wanted)
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise ProfileError(f"device {wanted}: not a torch device; use `auto`, `cpu` or `cuda:0`") from None
    return torch.device("cuda:0") if device.type == "cuda" and device.index is None else device


def _check_cuda(wanted: str) -> None:
    if not torch.cuda.is_available():
        raise ProfileError(f"device {wanted}: torch sees no CUDA device; use `auto` or `cpu`")
    number = wanted.partition(":")[2]
    if number.isdigit() and int(number) >= torch.cuda.device_count():
        raise ProfileError(f"device {wanted}: there are {torch.cuda.device_count()} CUDA devices; count from cuda:0")


def number_format(device: torch.device) -> torch.dtype:
    """bf16 keeps the range of fp32; cards before Ampere have fp16 only."""
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16


class TorchRuntime(TokenClassifier):
    """A `Runtime`. Loads at construction; raises ProfileError with one clear sentence."""

    kind = "torch"

    def __init__(self, folder: Path, settings: RuntimeSettings | None = None) -> None:
        settings = settings or RuntimeSettings()
        check_folder(folder)
        self._device = pick_device(settings.device)
        super().__init__(folder, settings)
        self.device = str(self._device)
        if self._device.type == "cpu":
            torch.set_num_threads(settings.threads)
        else:
            self.batch_tokens = 32768
        self.lanes = 2 if self._device.type == "cuda" else 1
        self._streams = threading.local()
        self.model = _load(folder, self._device)
        self._check_sizes()
        self._call = torch.compile(self.model, dynamic=True) if self._compiled() else self.model

    def _compiled(self) -> bool:
        return self.settings.compile and self._device.type == "cuda"

    def _check_sizes(self) -> None:
        if self.tokenizer.get_vocab_size() > self.model.get_input_embeddings().num_embeddings:
            raise ProfileError(
                f"{self.folder}: the tokenizer has more tokens than the model; they do not belong together"
            )
        if self.model.config.num_labels != len(self.profile.labels):
            raise ProfileError(f"{self.folder}/config.json: id2label does not number all classes of the weights")

    def describe(self) -> str:
        kind = type(self.model).__name__
        name = torch.cuda.get_device_name(self._device) if self._device.type == "cuda" else _threads(self.settings)
        dtype = str(self.model.dtype).removeprefix("torch.")
        told = self.profile.told()
        compiled = ", compiled" if self._compiled() else ""
        return f"{self.name} ({kind}, torch {dtype}{compiled}) on {self.device} ({name}), window {self.window}{told}"

    def logits(self, ids: Longs, mask: Longs) -> Any:
        with torch.inference_mode():
            if self._device.type == "cuda":
                return self._on_stream(ids, mask)
            rows = self._rows(torch.from_numpy(ids), torch.from_numpy(mask))
            return rows.cpu().numpy()

    def _rows(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        ids, mask = ids.to(self._device, non_blocking=True), mask.to(self._device, non_blocking=True)
        logits = self._call(input_ids=ids, attention_mask=mask).logits
        return torch.log_softmax(logits.float(), -1).clamp_(min=-60000.0).half()

    def _on_stream(self, ids: Longs, mask: Longs) -> Any:
        """A stream for each calling thread: one copies while another computes."""
        stream = getattr(self._streams, "stream", None)
        if stream is None:
            stream = self._streams.stream = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        with torch.cuda.stream(stream):
            rows = self._rows(torch.from_numpy(ids).pin_memory(), torch.from_numpy(mask).pin_memory())
            answer = torch.empty(rows.shape, dtype=rows.dtype, pin_memory=True)
            answer.copy_(rows, non_blocking=True)
        stream.synchronize()
        return answer.numpy().astype(np.float16, copy=True)


def _threads(settings: RuntimeSettings) -> str:
    return f"{settings.threads} thread{'' if settings.threads == 1 else 's'}"


def _load(folder: Path, device: torch.device) -> Any:
    from transformers import AutoModelForTokenClassification

    try:
        model, report = AutoModelForTokenClassification.from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            dtype=number_format(device),
        )
        model = model.eval().to(device)
    except torch.OutOfMemoryError:
        raise ProfileError(f"{folder}: the model does not fit into the memory of {device}; use a smaller one") from None
    except Exception as error:  # noqa: BLE001  the libraries raise what they like on a broken folder
        kind = type(error).__name__
        raise ProfileError(f"{folder}: the model cannot be loaded ({kind}); check that its files are whole") from None
    missing = sorted(report.get("missing_keys", ()))
    if missing:
        raise ProfileError(f"{folder}: the weights lack {missing[0]}; this is no trained token classifier")
    return model
