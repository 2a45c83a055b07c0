"""A BERT of the shape of a small encoder, without training: fast to make, as slow to run as a trained one.

Layers are zeroed, so that what it says of a token depends on that token alone: `smith` and 甄 are persons, all else is
nothing. So every system that runs it can be asked whether it read a text to its end.
"""

from __future__ import annotations

import functools
import random
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.prose import prose
from detectors.names.lexicon import chinese_words

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
NAMES = {"en": "smith", "zh": "甄"}
HAN = [chr(code) for code in range(0x4E00, 0xA000)]


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    layers: int
    width: int
    heads: int
    inner: int


SMALL = Shape("bert-6x384", 6, 384, 12, 1536)
BASE = Shape("bert-12x768", 12, 768, 12, 3072)


def text_of(characters: int, language: str) -> str:
    """Exactly so many characters of prose without a name, and at the very end the one name that the model knows."""
    name = NAMES[language]
    if language == "zh":
        return _chinese(characters - len(name)) + name
    return re.sub(r"(?i)smith", "smyth", prose(characters - len(name) - 1)) + " " + name


@functools.cache
def _chinese(characters: int) -> str:
    rng, words, pieces, length = random.Random(4), sorted(chinese_words()), [], 0
    while length < characters:
        piece = "".join(rng.choice(words).replace("甄", "真") for _ in range(rng.randint(4, 9))) + rng.choice(
            "，。，；"
        )
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces)[:characters]


def make(folder: Path, shape: Shape = SMALL) -> Path:
    """Write model and tokenizer; returns the folder."""
    import torch
    from transformers import BertConfig, BertForTokenClassification

    words = _tokenizer(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=512,
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
    )
    model = BertForTokenClassification(config).eval()
    with torch.no_grad():
        nothing, person = (torch.randn(2, shape.width) > 0).float() * 2 - 1
        embeddings = model.bert.embeddings
        embeddings.word_embeddings.weight.copy_(nothing.repeat(len(words), 1))
        for name in NAMES.values():
            embeddings.word_embeddings.weight[words[name]] = person
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.zero_()
        for layer in model.bert.encoder.layer:
            for linear in (layer.attention.output.dense, layer.output.dense):
                linear.weight.zero_()
                linear.bias.zero_()
        model.classifier.weight.zero_()
        model.classifier.bias.zero_()
        model.classifier.weight[0], model.classifier.weight[1] = nothing / 20, person / 20
    model.save_pretrained(folder)
    return folder


def _tokenizer(folder: Path) -> dict[str, int]:
    """WordPiece over the words of the prose, the letters, and every Han character; lower case."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    counted = Counter(re.findall(r"[a-z]{2,}", prose(2_000_000).lower()))
    signs = [chr(code) for code in range(33, 127)]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [f"##{sign}" for sign in signs if sign.isalnum()]
    listed = [
        *special,
        *NAMES.values(),
        *signs,
        *pieces,
        *"，。；",
        *(word for word, _ in counted.most_common(9000)),
        *HAN,
    ]
    words = {word: i for i, word in enumerate(dict.fromkeys(listed))}
    tokenizer = Tokenizer(models.WordPiece(words, unk_token="[UNK]", max_input_chars_per_word=200))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", words["[CLS]"]), ("[SEP]", words["[SEP]"])]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=512,
    ).save_pretrained(folder)  # fmt: skip
    return words
