"""The embedded model on CUDA: the weights of its int8 ONNX file, unpacked once, as a torch module in bf16 or fp16.

Everything but `forward` is that of the CPU runtime: pieces, features, windows, decoding, hash. Products of int8 weights
with float activations differ from ONNX Runtime's by rounding alone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as fn

from detectors.ner.embedded.runtime import EmbeddedRuntime
from detectors.ner.runtime import Chunk, ProfileError, RuntimeSettings
from detectors.ner.runtimes.onnxweights import initializers
from detectors.ner.runtimes.torch_classifier import number_format, pick_device

HEAD_WIDTH = 32
PRODUCTS = ("attention.joint", "attention.out", "up", "down")
"""Of one layer, in the order in which the graph has them."""
type Weights = Mapping[str, NDArray[Any]]


class _Layer(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.attention = nn.ModuleDict({"joint": nn.Linear(width, 3 * width), "out": nn.Linear(width, width)})
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        b, n, width = x.shape
        joint = self.attention["joint"](x).view(b, n, 3, self.heads, width // self.heads)
        q, k, v = joint.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = fn.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(b, n, width)
        x = self.norm1(x + self.attention["out"](mixed))
        y: Tensor = self.norm2(x + self.down(fn.gelu(self.up(x))))
        return y


class _Tagger(nn.Module):
    """ids (b, n), mask (b, n) of bool, features (b, n, bits) -> logits (b, n, tags)."""

    def __init__(self, pieces: int, width: int, positions: int, bits: int, inner: int, layers: int, tags: int) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(pieces, width), nn.Embedding(positions, width)
        self.features = nn.Linear(bits, width, bias=False)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(_Layer(width, inner) for _ in range(layers))
        self.head = nn.Linear(width, tags)

    def forward(self, ids: Tensor, mask: Tensor, features: Tensor) -> Tensor:
        rows = self.words(ids) + self.features(features.to(self.words.weight.dtype))
        x = self.norm(rows + self.places.weight[: ids.shape[1]])
        wide = mask[:, None, None, :]
        for layer in self.layers:
            x = layer(x, wide)
        logits: Tensor = self.head(x)
        return logits


class EmbeddedTorchRuntime(EmbeddedRuntime):
    """A `Runtime`. Raises ProfileError at construction, with one clear sentence."""

    kind = "torch"

    def __init__(self, folder: Path, settings: RuntimeSettings | None = None) -> None:
        settings = settings or RuntimeSettings()
        self._on = pick_device(settings.device)
        super().__init__(folder, replace(settings, device="cpu"))
        self._session = None
        self.device = str(self._on)
        try:
            model = _load(initializers(folder / "model.onnx"))
        except (OSError, ValueError, KeyError, IndexError, RuntimeError) as error:
            kind = type(error).__name__
            raise ProfileError(f"{folder}/model.onnx: cannot be unpacked for torch ({kind}); use device cpu") from None
        self._model = model.eval().to(self._on, number_format(self._on))
        cuda = self._on.type == "cuda"
        self.batch_tokens, self.lanes = (65536, 2) if cuda else (1024, 1)
        self._streams = threading.local()

    def describe(self) -> str:
        where = torch.cuda.get_device_name(self._on) if self._on.type == "cuda" else "torch on the CPU"
        dtype = str(next(self._model.parameters()).dtype).removeprefix("torch.")
        return f"{self.name} (torch {dtype}, zh and en) on {self.device} ({where}), window {self._size}"

    def forward(self, batch: Sequence[Chunk]) -> list[NDArray[np.float32]]:
        """Logits (n, tags) of each chunk's own pieces."""
        longest = max(map(len, batch))
        bits = batch[0].payload[1].shape[-1]
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        features = torch.zeros(len(batch), longest, bits, dtype=torch.uint8)
        mask = torch.zeros(len(batch), longest, dtype=torch.bool)
        for row, chunk in enumerate(batch):
            own, marks = chunk.payload
            ids[row, : len(chunk)] = torch.from_numpy(own.reshape(-1))
            features[row, : len(chunk)] = torch.from_numpy(marks.reshape(-1, bits))
            mask[row, : len(chunk)] = True
        with torch.inference_mode():
            rows = self._on_stream(ids, mask, features) if self._on.type == "cuda" else self._rows(ids, mask, features)
        answers = rows.numpy()
        return [answers[row, 1 : len(chunk) - 1].copy() for row, chunk in enumerate(batch)]

    def _rows(self, *inputs: Tensor) -> Tensor:
        logits: Tensor = self._model(*(one.to(self._on, non_blocking=True) for one in inputs))
        return logits.float()

    def _on_stream(self, *inputs: Tensor) -> Tensor:
        """A stream for each calling thread: one copies while another computes."""
        stream = getattr(self._streams, "stream", None)
        if stream is None:
            stream = self._streams.stream = torch.cuda.Stream(self._on)  # type: ignore[no-untyped-call]
        with torch.cuda.stream(stream):
            rows = self._rows(*(one.pin_memory() for one in inputs))
            answer = torch.empty(rows.shape, dtype=rows.dtype, pin_memory=True)
            answer.copy_(rows, non_blocking=True)
        stream.synchronize()
        return answer

    def close(self) -> None:
        del self._model


def _load(weights: Weights) -> _Tagger:
    """From the graph's initializers. Raises KeyError, ValueError, RuntimeError where they are not of such a model."""
    words = weights["rows"].astype(np.float32) * weights["scales"]
    places, tags = weights["model.places.weight"], len(weights["model.head.bias"])
    by_number = sorted(
        (int(found[1]), name) for name in weights if (found := re.fullmatch(r"onnx::MatMul_(\d+)(_quantized)?", name))
    )
    first, *inner, last = [_product(weights, name) for _, name in by_number]
    if len(inner) % len(PRODUCTS):
        raise ValueError("a layer is incomplete")
    layers = len(inner) // len(PRODUCTS)
    state = {"words.weight": words, "places.weight": places, "features.weight": first, "head.weight": last}
    state |= {name.removeprefix("model."): weights[name] for name in weights if name.startswith("model.")}
    for i, weight in enumerate(inner):
        state[f"layers.{i // len(PRODUCTS)}.{PRODUCTS[i % len(PRODUCTS)]}.weight"] = weight
    width, up = words.shape[1], state["layers.0.up.weight"].shape[0]
    model = _Tagger(len(words), width, len(places), first.shape[1], up, layers, tags)
    model.load_state_dict({name: torch.from_numpy(np.array(value, np.float32)) for name, value in state.items()})
    return model


def _product(weights: Weights, name: str) -> NDArray[Any]:
    """A product's weight as torch keeps it, (out, in)."""
    stored = weights[name].astype(np.float32)
    if name.endswith("_quantized"):
        base = name.removesuffix("_quantized")
        stored = (stored - weights[f"{base}_zero_point"].astype(np.float32)) * weights[f"{base}_scale"]
    return stored.T
