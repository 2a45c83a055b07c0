"""The encoder that is trained: a plain BERT stack, features added to the word rows, a BIO head.

ids (b, n), mask (b, n) with 1 for a real piece, features (b, n, f) of 0 and 1  ->  logits (b, n, tags)

Written out rather than taken from transformers, so that a layer count, a vocabulary and one fused query-key-value
product can be chosen freely, and the ONNX graph holds nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as fn


@dataclass(frozen=True, slots=True)
class Shape:
    vocabulary: int
    tags: int
    features: int
    width: int = 384
    heads: int = 12
    inner: int = 1536
    layers: int = 4
    positions: int = 256

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    def with_inner(self, inner: int) -> Shape:
        return replace(self, inner=inner)


class Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.size = shape.heads, shape.width // shape.heads
        self.joint = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        b, n, width = x.shape
        q, k, v = self.joint(x).view(b, n, 3, self.heads, self.size).permute(2, 0, 3, 1, 4).unbind(0)
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(self.size) + bias
        mixed = torch.matmul(torch.softmax(scores, -1), v)
        return self.out(mixed.transpose(1, 2).reshape(b, n, width))  # type: ignore[no-any-return]


class Layer(nn.Module):
    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(shape)
        self.norm1 = nn.LayerNorm(shape.width, eps=1e-12)
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.norm2 = nn.LayerNorm(shape.width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = self.norm1(x + self.dropout(self.attention(x, bias)))
        return self.norm2(x + self.dropout(self.down(fn.gelu(self.up(x)))))  # type: ignore[no-any-return]


class Tagger(nn.Module):
    def __init__(self, shape: Shape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.positions, shape.width)
        self.features = nn.Linear(shape.features, shape.width, bias=False)
        self.norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        self.head = nn.Linear(shape.width, shape.tags)
        nn.init.normal_(self.words.weight, 0, 0.04)
        nn.init.normal_(self.features.weight, 0, 0.02)

    def forward(self, ids: Tensor, mask: Tensor, features: Tensor) -> Tensor:
        bias = ((1 - mask.to(torch.float32)) * -10000.0)[:, None, None, :]
        x = self.words(ids) + self.features(features.to(torch.float32)) + self.places.weight[: ids.shape[1]]
        x = self.dropout(self.norm(x))
        for layer in self.layers:
            x = layer(x, bias)
        return self.head(self.dropout(x))  # type: ignore[no-any-return]


def read_bert(model: Tagger, weights: Mapping[str, Tensor], rows: list[int], pick: list[int]) -> None:
    """Fill `model` from a BERT checkpoint. `rows[i]`: the checkpoint's row of our piece i, -1 for a new one;
    `pick`: which of its layers we keep, in order."""
    own = model.state_dict()
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    table = weights["embeddings.word_embeddings.weight"]
    for mine, theirs in enumerate(rows):
        if theirs >= 0:
            own["words.weight"][mine] = table[theirs]
    own["places.weight"].copy_(weights["embeddings.position_embeddings.weight"][: model.shape.positions] + kind)
    own["norm.weight"].copy_(weights["embeddings.LayerNorm.weight"])
    own["norm.bias"].copy_(weights["embeddings.LayerNorm.bias"])
    names = {
        "attention.out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    for mine, theirs in enumerate(pick):
        for end in ("weight", "bias"):
            source, target = f"encoder.layer.{theirs}.", f"layers.{mine}."
            for ours, name in names.items():
                own[f"{target}{ours}.{end}"].copy_(weights[f"{source}{name}.{end}"])
            joint = [weights[f"{source}attention.self.{x}.{end}"] for x in ("query", "key", "value")]
            own[f"{target}attention.joint.{end}"].copy_(torch.cat(joint))
    model.load_state_dict(own)
