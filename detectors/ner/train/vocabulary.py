"""The tokenizer: the encoder's WordPiece pruned to what our texts use, with a row for every Han character we meet."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from detectors.ner.embedded.features import HAN

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
FREQUENT = 10_000
"""The first rows of BERT's vocabulary are its most frequent pieces; these stay whether our texts hold them or not."""


def build_tokenizer(pieces: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    model = models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token=SPECIALS[1], max_input_chars_per_word=64)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def choose(base: Sequence[str], texts: Iterable[str], han: Iterable[str], least: int = 4) -> list[str]:
    """Pieces of the pruned vocabulary, specials first. `texts` are folded already."""
    wide = build_tokenizer([p for p in base if p])
    seen: collections.Counter[str] = collections.Counter()
    characters: collections.Counter[str] = collections.Counter()
    for text in texts:
        characters.update(c for run in HAN.findall(text) for c in run)
        seen.update(wide.encode(text, add_special_tokens=False).tokens)
    kept = list(SPECIALS)
    known = set(kept)
    extra = sorted({c for c, n in characters.items() if n > 1} | {c for c in han if HAN.fullmatch(c)})
    for row, piece in enumerate(base):
        small = len(piece.removeprefix("##")) == 1
        if not piece or piece in known or (piece.startswith("[") and len(piece) > 1):
            continue
        if piece.startswith("##") and HAN.fullmatch(piece[2:]):
            continue
        if row < FREQUENT or small or seen[piece] >= least:
            kept.append(piece)
            known.add(piece)
    return kept + [c for c in extra if c not in known]


def write_tokenizer(pieces: Sequence[str], path: Path) -> None:
    build_tokenizer(pieces).save(str(path), pretty=False)


def rows(pieces: Sequence[str], base: Sequence[str]) -> list[int]:
    """For each of our pieces its row in the encoder's table, or -1."""
    index = {piece: i for i, piece in enumerate(base)}
    return [index.get(piece, -1) for piece in pieces]
