"""The trained Tagger -> a model folder: ONNX int8, tokenizer, lexicon, redline.json, MANIFEST.json.

The graph takes one window (`ids` (1, n), `features` (1, n, bits)) and gives logits (1, n, tags). Word rows are int8
with a scale each; products are int8 with scales by column (range reduced by one bit, which costs nothing here and
keeps older CPUs from saturating); attention is one fused node.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from detectors.ner.embedded.decode import LABELS, TAGS
from detectors.ner.embedded.features import BITS
from detectors.ner.models.manifest import write as write_manifest
from detectors.ner.train.model import Attention, Layer, Tagger

OPSET = 17


class FusedAttention(torch.autograd.Function):
    """Stands for ONNX Runtime's `MultiHeadAttention` in the exported graph."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:  # noqa: ARG004
        b, n, width = q.shape
        one, two, three = (x.view(b, n, heads, width // heads).transpose(1, 2) for x in (q, k, v))
        return fn.scaled_dot_product_attention(one, two, three).transpose(1, 2).reshape(b, n, width)

    @staticmethod
    def symbolic(g: Any, q: Any, k: Any, v: Any, heads: int) -> Any:
        return g.op("com.microsoft::MultiHeadAttention", q, k, v, num_heads_i=heads).setType(q.type())


class Exported(nn.Module):
    """The same function as `Tagger`, without mask or dropout, word rows in int8."""

    def __init__(self, model: Tagger) -> None:
        super().__init__()
        self.model = model
        table = model.words.weight.detach()
        scales = table.abs().amax(-1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("rows", torch.round(table / scales).to(torch.int8))
        self.register_buffer("scales", scales)

    def forward(self, ids: Tensor, features: Tensor) -> Tensor:
        m = self.model
        rows, scales = cast(Tensor, self.rows), cast(Tensor, self.scales)
        words = rows[ids].to(torch.float32) * scales[ids]
        x = m.norm(words + m.features(features.to(torch.float32)) + m.places.weight[: ids.shape[1]])
        for layer in m.layers:
            x = _layer(cast(Layer, layer), x)
        return m.head(x)  # type: ignore[no-any-return]


def _layer(layer: Layer, x: Tensor) -> Tensor:
    attention: Attention = layer.attention
    q, k, v = attention.joint(x).chunk(3, -1)
    mixed = FusedAttention.apply(q, k, v, attention.heads)
    x = layer.norm1(x + attention.out(mixed))
    return layer.norm2(x + layer.down(fn.gelu(layer.up(x))))  # type: ignore[no-any-return]


def write_onnx(model: Tagger, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]

    exported = Exported(model.cpu().eval()).eval()
    example = (torch.zeros(1, 16, dtype=torch.long), torch.zeros(1, 16, BITS, dtype=torch.uint8))
    names = ["ids", "features"]
    axes = {"ids": {1: "n"}, "features": {1: "n"}, "logits": {1: "n"}}
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the classic exporter announces its own end
        plain = str(Path(scratch) / "plain.onnx")
        torch.onnx.export(exported, example, plain, input_names=names, output_names=["logits"], dynamic_axes=axes,
                          opset_version=OPSET, dynamo=False, custom_opsets={"com.microsoft": 1})  # fmt: skip
        logging.getLogger().disabled = True  # it asks for a preparation that fused graphs do not need
        try:
            quantize_dynamic(plain, str(path), weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"],
                             per_channel=True, reduce_range=True, nodes_to_exclude=_exact(plain))  # fmt: skip
        finally:
            logging.getLogger().disabled = False


def _exact(path: str) -> list[str]:
    """Products that stay in float: the features' (its input is 0 and 1) and the head's."""
    import onnx

    nodes = onnx.load(path).graph.node
    return [n.name for n in nodes if n.op_type == "MatMul" and ("/features/" in n.name or "/head/" in n.name)]


def export(model: Tagger, work: Path, out: Path, made: Mapping[str, object]) -> None:
    """Write the folder. Leanings of 0 until `choose` has measured them on development files."""
    out.mkdir(parents=True, exist_ok=True)
    write_onnx(model, out / "model.onnx")
    for name in ("tokenizer.json", "lexicon.txt"):
        shutil.copyfile(work / name, out / name)
    vocabulary = json.loads((work / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    reported = {label: 0.0 for label in LABELS if label != "DATE"}
    card = {
        "runtime": "embedded",
        "profile": "redline-embedded",
        "name": "redline-embedded",
        "window": 256,
        "overlap": 32,
        "tags": list(TAGS),
        "bits": BITS,
        "first": vocabulary["[CLS]"],
        "last": vocabulary["[SEP]"],
        "leanings": {"latin": reported, "han": dict(reported)},
        "made": {
            **made,
            "layers": model.shape.layers,
            "inner": model.shape.inner,
            "pieces_of_vocabulary": model.shape.vocabulary,
        },
    }
    write_card(out, card)


def write_card(out: Path, card: Mapping[str, object]) -> None:
    (out / "redline.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_manifest(out)
