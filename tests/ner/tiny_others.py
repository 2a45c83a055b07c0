"""Small models of other architectures: openai/privacy-filter, spaCy, GLiNER2. Each knows a handful of words."""

from __future__ import annotations

from pathlib import Path

PRIVACY_WORDS = {" zed": "S", " mary": "B", " miller": "E", " de": "weak I", "甄": "B", "嬛": "E"}


def byte_tokenizer(folder: Path) -> dict[str, int]:
    """A byte-level BPE that has merged `PRIVACY_WORDS`, as those of the GPT family are; offsets with their space."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(["x zed", "x mary", "x miller", "x de", "甄", "嬛"] * 9, trainer)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return {word: tokenizer.encode(word).ids[-1] for word in PRIVACY_WORDS}


def build_privacy_filter(folder: Path) -> Path:
    """Random attention and experts that add nothing; embeddings and head that know `PRIVACY_WORDS` as people."""
    import torch
    from transformers import OpenAIPrivacyFilterConfig, OpenAIPrivacyFilterForTokenClassification

    ids = byte_tokenizer(folder)
    torch.manual_seed(3)
    size = 16
    config = OpenAIPrivacyFilterConfig(
        vocab_size=400,
        hidden_size=size,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        num_local_experts=2,
        num_experts_per_tok=1,
        sliding_window=8,
        pad_token_id=0,
        eos_token_id=0,
        classifier_dropout=0.0,
    )
    model = OpenAIPrivacyFilterForTokenClassification(config).eval()
    at = {str(name): int(i) for i, name in config.id2label.items()}
    patterns = {
        kind: torch.tensor([1.0 if (i & (row + 1)).bit_count() % 2 == 0 else -1.0 for i in range(size)])
        for row, kind in enumerate(("O", "S", "B", "E", "weak I"))
    }
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.self_attn.o_proj.bias.zero_()
            layer.mlp.experts.down_proj.zero_()
        model.model.embed_tokens.weight.copy_(patterns["O"].repeat(400, 1))
        for word, kind in PRIVACY_WORDS.items():
            model.model.embed_tokens.weight[ids[word]] = patterns[kind]
        head = model.score.weight
        head.zero_()
        model.score.bias.zero_()
        head[at["O"]] = patterns["O"] + 0.30 * patterns["weak I"]
        head[at["I-private_person"]] = 0.27 * patterns["weak I"]
        for kind in "SBE":
            head[at[f"{kind}-private_person"]] = patterns[kind]
    model.save_pretrained(folder)
    return folder


def build_spacy(folder: Path) -> Path:
    """A blank English pipeline whose recognizer was trained for a moment, and a ruler behind it."""
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("en")
    nlp.add_pipe("tagger").add_label("NN")
    recognizer = nlp.add_pipe("ner", config={"model": {"hidden_width": 16}})
    for label in ("PERSON", "GPE", "CARDINAL"):
        recognizer.add_label(label)  # type: ignore[attr-defined]
    texts = [
        "we met zed",
        "zed called us",
        "they saw zed today",
        "the patient called",
        "we met today",
        "we met zed of oz",
    ]
    examples = [
        Example.from_dict(
            nlp.make_doc(t), {"entities": [(t.find("zed"), t.find("zed") + 3, "PERSON")] if "zed" in t else []}
        )
        for t in texts
    ]
    nlp.initialize(lambda: examples)
    spacy.util.fix_random_seed(1)
    with nlp.select_pipes(enable="ner"):
        for _ in range(25):
            nlp.update(examples)
    ruler = nlp.add_pipe("entity_ruler", config={"overwrite_ents": True})
    ruler.add_patterns([{"label": "GPE", "pattern": "oz"}])  # type: ignore[attr-defined]
    nlp.to_disk(folder)
    return folder


def build_gliner2(folder: Path) -> Path:
    """Random weights: it finds nonsense, at places that must be right."""
    import torch
    from gliner2 import AutoExtractor, ExtractorConfig
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from tests.ner.tiny_model import write_tokenizer

    encoder = folder.parent / "encoder"
    write_tokenizer(encoder)
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(encoder / "tokenizer.json"), **special)
    tokenizer.save_pretrained(encoder)
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=512,
    )
    BertModel(config).save_pretrained(encoder)
    AutoExtractor.from_config(ExtractorConfig(model_name=str(encoder))).save_pretrained(folder)
    return folder
