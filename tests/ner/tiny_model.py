"""A BERT token classifier of 16 dimensions that knows five words; what it says of a token depends on it alone.

zed, o'zed -> B-PER; ##mark -> I-PER; 甄 -> B-PER, 嬛 -> I-PER; oz -> B-LOC. Everything else is O. `noise` mixes
random attention in, so that answers depend on context as in a real model.
"""

from __future__ import annotations

import json
import string
from pathlib import Path

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
NAMES = {"zed": 1, "##mark": 2, "甄": 1, "嬛": 2, "oz": 3}
HIDDEN = 16


def vocabulary() -> list[str]:
    letters = [*string.ascii_lowercase, *string.digits, *string.punctuation]
    words = [
        "the",
        "a",
        "of",
        "and",
        "patient",
        "called",
        "from",
        "in",
        "met",
        "我",
        "叫",
        "在",
        "说",
        "的",
        "和",
        "病",
        "人",
        "了",
        "北",
        "京",
        "，",
        "。",
    ]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [f"##{c}" for c in string.ascii_lowercase + string.digits]
    return list(dict.fromkeys([*special, *NAMES, *letters, *pieces, *words]))


def write_tokenizer(folder: Path) -> dict[str, int]:
    """tokenizer.json of a BERT that knows `vocabulary`; returns word -> id."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    table = {word: i for i, word in enumerate(vocabulary())}
    tokenizer = Tokenizer(models.WordPiece(table, unk_token="[UNK]", max_input_chars_per_word=200))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", table["[CLS]"]), ("[SEP]", table["[SEP]"])]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return table


def build_table(folder: Path, *, labels: tuple[str, ...] = LABELS, positions: int = 512, bad: float = 0.0) -> Path:
    """The same answers from a table of one row a token, as ONNX: no torch, and fast enough for megabytes."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    words = write_tokenizer(folder)
    scores = np.full((len(words), len(labels)), -4.0, np.float32)
    scores[:, 0] = 4.0
    for word, label in NAMES.items():
        scores[words[word]] = -4.0
        scores[words[word], label] = 4.0
    scores[words["[UNK]"]] += bad
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["logits"])],
        "table",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "tokens", len(labels)])],
        [numpy_helper.from_array(scores, "table")],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "model.onnx")
    config = {"model_type": "bert", "max_position_embeddings": positions, "pad_token_id": 0}
    (folder / "config.json").write_text(json.dumps({**config, "id2label": dict(enumerate(labels))}))
    return folder


def build(folder: Path, *, noise: float = 0.0, labels: tuple[str, ...] = LABELS, positions: int = 64) -> Path:
    import torch
    from transformers import BertConfig, BertForTokenClassification

    table = write_tokenizer(folder)
    words = vocabulary()
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=HIDDEN,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=positions,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    model = BertForTokenClassification(config).eval()
    with torch.no_grad():
        patterns = torch.tensor(
            [[1.0 if (i & mask).bit_count() % 2 == 0 else -1.0 for i in range(HIDDEN)] for mask in range(1, 6)]
        )
        embeddings = model.bert.embeddings
        embeddings.word_embeddings.weight.copy_(patterns[0].repeat(len(words), 1))
        for word, label in NAMES.items():
            embeddings.word_embeddings.weight[table[word]] = patterns[label]
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.zero_()
        layer = model.bert.encoder.layer[0]
        for linear in (layer.attention.output.dense, layer.output.dense):
            linear.weight.mul_(noise)
            linear.bias.zero_()
        model.classifier.weight.zero_()
        model.classifier.weight[: len(patterns)] = patterns[: len(labels)]
        model.classifier.bias.zero_()
    model.save_pretrained(folder)
    return folder
