"""What all Hugging Face token classifiers share, whatever computes them: tokens, windows, decoding.

A subclass gives `logits(ids, mask)`. Rows that leave `forward` are log-probabilities in float16, so that the windows of
a text of two million tokens fit into memory until they are stitched.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.ner.models.folder import model_hash
from detectors.ner.models.profiles import profile
from detectors.ner.models.sidecar import Sidecar
from detectors.ner.reading.decoding import decode
from detectors.ner.reading.tokens import Offsets, load_tokenizer, specials, tokenize
from detectors.ner.reading.viterbi import Viterbi, read_biases
from detectors.ner.reading.windows import Window, plan, stitch
from detectors.ner.runtime import Chunk, ProfileError, Reading, RuntimeSettings, Span, model_name, readable

type Rows = NDArray[np.float16]
type Longs = NDArray[np.int64]

PRIVACY_FILTER = (
    *("account_number", "private_address", "private_date", "private_email"),
    *("private_person", "private_phone", "private_url", "secret"),
)
BLOCK = 65_536
"""Tokens that are decoded at once."""


@dataclass(frozen=True, slots=True)
class _State:
    windows: Sequence[Window]
    offsets: Offsets = field(repr=False)


class TokenClassifier(ABC):
    """A `Runtime`. Raises ProfileError at construction, with one clear sentence."""

    kind = "none"
    batch_tokens = 1024
    lanes = 1

    def __init__(self, folder: Path, settings: RuntimeSettings) -> None:
        self.folder, self.settings = folder, settings
        self.name = model_name(folder)
        self.revision = model_hash(folder)
        self.device = "cpu"
        self.config = _read_config(folder)
        self.profile = profile(_labels(self.config, folder), settings.labels, source=f"{folder}/config.json")
        self.entity_types = self.profile.entities[1:]
        self.tokenizer = load_tokenizer(folder)
        self._prefix, self._suffix = specials(self.tokenizer)
        self._pad = int(self.config.get("pad_token_id") or 0)
        self.window, self._overlap = self._sizes()
        self._groups = np.array(self.profile.groups)
        self._viterbi = self._decoder()

    def _sizes(self) -> tuple[int, int]:
        """Tokens of text in a window, and their overlap."""
        longest = int(self.config.get("max_position_embeddings") or 512)
        # RoBERTa and its kin number positions from pad_token_id + 1, so two rows of the table are never used.
        size = min(self.settings.window, longest - 2) - len(self._prefix) - len(self._suffix)
        if size < 2:
            raise ProfileError(f"{self.folder}: the model reads too few tokens at once; make its window larger")
        return size, min(self.settings.overlap, size // 2)

    def _decoder(self) -> Viterbi | None:
        wanted = Sidecar.read(self.folder).decoding
        if not wanted:
            wanted = "viterbi" if self.config.get("model_type") == "openai_privacy_filter" else "lenient"
        if wanted == "lenient":
            return None
        if self.profile.scheme != "BIOES":
            raise ProfileError(f"{self.folder}/redline.json: decoding viterbi needs BIOES labels; use lenient")
        return Viterbi(self.profile.labels, read_biases(self.folder))

    @abstractmethod
    def logits(self, ids: Longs, mask: Longs) -> Any:
        """(batch, tokens) twice -> log-probabilities (batch, tokens, labels) as a numpy array of float16."""

    def close(self) -> None:
        """Nothing is held that the end of the process does not give back."""
        return

    def prepare(self, text: str) -> Reading:
        ids, offsets = tokenize(self.tokenizer, readable(text))
        windows = plan(len(ids), self.window, self._overlap)
        extra = len(self._prefix) + len(self._suffix)
        chunks = tuple(Chunk(ids[w.first : w.last], w.last - w.first + extra) for w in windows)
        return Reading(text, chunks, _State(windows, offsets))

    def forward(self, batch: Sequence[Chunk]) -> list[Rows]:
        """Log-probabilities (tokens of the chunk, labels) for each chunk."""
        before, behind = len(self._prefix), len(self._suffix)
        ids = np.full((len(batch), max(map(len, batch))), self._pad, np.int64)
        mask = np.zeros_like(ids)
        for row, chunk in enumerate(batch):
            last = len(chunk) - behind
            ids[row, :before], ids[row, before:last], ids[row, last : len(chunk)] = (
                self._prefix,
                chunk.payload,
                self._suffix,
            )
            mask[row, : len(chunk)] = 1
        rows = self.logits(ids, mask)
        return [rows[i, before : len(chunk) - behind].copy() for i, chunk in enumerate(batch)]

    def decode(self, reading: Reading, answers: Sequence[Rows]) -> list[Span]:
        state: _State = reading.state
        if not answers:
            return []
        rows = stitch(state.windows, answers)
        if not np.isfinite(rows).all():
            raise ArithmeticError("the model answered with values that are no numbers")
        groups, prefixes, scores, at = self._tags(rows)
        if not len(at):
            return []
        offsets = [(int(s), int(e)) for s, e in state.offsets[at]]
        found = decode(groups, prefixes, scores, offsets, self.profile.entities, reading.text)
        return [span for span in found if span.score >= self.settings.min_score]

    def _tags(self, rows: Rows) -> tuple[list[int], list[str], list[float], NDArray[np.int64]]:
        """Group, prefix, score and index of every token inside a span, and of the first token behind each run."""
        path = self._viterbi.best(rows.astype(np.float32)) if self._viterbi else None
        groups, labels, scores = [], [], []
        for first in range(0, len(rows), BLOCK):
            block = rows[first : first + BLOCK].astype(np.float32)
            group, label, score = self._judge(block, None if path is None else path[first : first + BLOCK])
            groups.append(group)
            labels.append(label)
            scores.append(score)
        all_groups = np.concatenate(groups)
        inside = np.flatnonzero(all_groups)
        at = np.unique(np.concatenate([inside, inside + 1]))
        at = at[at < len(rows)]
        prefixes = [self.profile.labels[i].prefix for i in np.concatenate(labels)[at]]
        return all_groups[at].tolist(), prefixes, np.concatenate(scores)[at].tolist(), at

    def _judge(self, rows: NDArray[np.float32], path: NDArray[np.int64] | None) -> tuple[NDArray[Any], ...]:
        """For each token: its group, its label within the group, the group's probability.

        Probabilities of a group's labels add up (B-PER and I-PER are both a person). Below a `min_score` of one half
        outside must be as much more probable as the threshold is lower, or a low threshold would change nothing.
        """
        chances = np.zeros((len(rows), len(self.profile.entities)), np.float32)
        for label, group in enumerate(self._groups):
            chances[:, group] += np.exp(rows[:, label])
        if path is not None:
            chosen = self._groups[path]
            return chosen, path, chances[np.arange(len(rows)), chosen]
        odds = chances.copy()
        least = min(self.settings.min_score, 0.5)
        odds[:, 0] *= least / (1 - least)
        chosen = odds.argmax(-1)
        inside = self._groups[None, :] == chosen[:, None]
        return chosen, np.where(inside, rows, -np.inf).argmax(-1), chances[np.arange(len(rows)), chosen]


def log_softmax(logits: NDArray[np.float32]) -> Rows:
    """Over the last axis, as float16; far below its range is still below everything else."""
    shifted = logits - logits.max(-1, keepdims=True)
    rows: Rows = np.maximum(shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)), -60000.0).astype(np.float16)
    return rows


def _read_config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))  # `check_folder` has read it
    return config


def _labels(config: dict[str, Any], folder: Path) -> dict[Any, str]:
    labels = config.get("id2label")
    if isinstance(labels, dict) and labels:
        return labels
    if config.get("model_type") == "openai_privacy_filter":  # its configuration leaves its own default away
        return dict(enumerate(["O", *(f"{prefix}-{kind}" for kind in PRIVACY_FILTER for prefix in "BIES")]))
    raise ProfileError(f"{folder}/config.json: it names no labels (id2label); this is no token classifier")
