"""A local Hugging Face token-classification folder on torch: CUDA in bf16 where there is one, else CPU.

    texts -> tokens with offsets -> windows -> batches (TokenBatcher) -> probabilities -> stitched -> spans

Nothing is fetched and no code of the folder runs: local files only, safetensors only, `trust_remote_code` off.
Rule for the next editor: offsets of tokens are code points of the text that came in; whatever replaces characters
before tokenising replaces one by one.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from detectors.ner.batcher import INTERACTIVE, TokenBatcher
from detectors.ner.folder import check_folder, weights_revision
from detectors.ner.profiles import ProfileError, Span, decode, profile
from detectors.ner.windows import plan, stitch
from detectors.types import Finding, Part

SURROGATE = re.compile("[\ud800-\udfff]")
type Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    device: str = "auto"
    """`auto`, `cpu`, `cuda` or `cuda:N`."""
    threads: int = 1
    """CPU threads of one forward pass; more than one spins on a busy machine."""
    window: int = 256
    """Tokens of one window, special tokens included; capped by what the model can read."""
    overlap: int = 64
    max_tokens: int = 8192
    max_wait: float = 0.003
    max_queue: int = 2_000_000
    min_score: float = 0.5
    labels: Mapping[str, str] = field(default_factory=dict)
    """The model's bare label -> our entity type, before the built-in map; empty value: ignore."""


def pick_device(wanted: str) -> torch.device:
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ProfileError(f"device {wanted}: torch sees no CUDA device; use `auto` or `cpu`")
    try:
        return torch.device(wanted)
    except RuntimeError:
        raise ProfileError(f"device {wanted}: not a torch device; use `auto`, `cpu` or `cuda:0`") from None


class TorchRuntime:
    """Loads at construction; `spans` is for one event loop. Raises ProfileError with one clear sentence."""

    def __init__(self, folder: Path, settings: RuntimeSettings | None = None) -> None:
        self.settings = settings or RuntimeSettings()
        self.folder = folder
        check_folder(folder)
        self.device = pick_device(self.settings.device)
        if self.device.type == "cpu":
            torch.set_num_threads(self.settings.threads)
        self._model, self._tokenizer = _load(folder, self.device)
        self.revision = weights_revision(folder)
        self.profile = profile(self._model.config.id2label, self.settings.labels)
        self._prefix, self._suffix = _specials(self._tokenizer)
        self._pad = int(getattr(self._model.config, "pad_token_id", None) or 0)
        self._groups = torch.tensor([self.profile.group(i) for i in range(len(self.profile.labels))])
        self._size, self._overlap = self._window()
        self._batcher: TokenBatcher[tuple[Rows, NDArray[np.int64]]] | None = None

    def _window(self) -> tuple[int, int]:
        """Tokens of text in a window, and their overlap."""
        config = self._model.config
        # RoBERTa and its kin number positions from pad_token_id + 1, so two rows of the table are never used.
        longest = int(getattr(config, "max_position_embeddings", 0) or 512) - 2
        size = min(self.settings.window, longest) - len(self._prefix) - len(self._suffix)
        if size < 2:
            raise ProfileError(f"{self.folder}: the model reads too few tokens at once for windows")
        return size, min(self.settings.overlap, size // 2)

    @property
    def entity_types(self) -> tuple[str, ...]:
        return self.profile.entities[1:]

    def describe(self) -> str:
        kind = type(self._model).__name__
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"
        dtype = str(self._model.dtype).removeprefix("torch.")
        return f"{self.folder.name} ({kind}, {dtype}) on {self.device} ({name}), window {self._size}"

    @property
    def batcher(self) -> TokenBatcher[tuple[Rows, NDArray[np.int64]]]:
        if self._batcher is None:
            s = self.settings
            self._batcher = TokenBatcher(
                self.forward, max_tokens=s.max_tokens, max_wait=s.max_wait, max_queue=s.max_queue
            )
        return self._batcher

    def tokenize(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Token ids and code-point offsets of the whole text; a lone surrogate is read as U+FFFD."""
        encoding = self._tokenizer.encode(SURROGATE.sub("\ufffd", text), add_special_tokens=False)
        return encoding.ids, encoding.offsets

    @torch.inference_mode()
    def forward(self, batch: Sequence[Sequence[int]]) -> list[tuple[Rows, NDArray[np.int64]]]:
        """For each sequence: entity-group probabilities (n, groups) and best class within the best group (n,)."""
        extra = len(self._prefix) + len(self._suffix)
        longest = max(map(len, batch)) + extra
        ids = torch.full((len(batch), longest), self._pad, dtype=torch.long)
        mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, tokens in enumerate(batch):
            full = [*self._prefix, *tokens, *self._suffix]
            ids[row, : len(full)] = torch.tensor(full)
            mask[row, : len(full)] = 1
        if self.device.type == "cuda":
            ids, mask = ids.pin_memory(), mask.pin_memory()
        logits = self._model(
            input_ids=ids.to(self.device, non_blocking=True), attention_mask=mask.to(self.device, non_blocking=True)
        ).logits.float()
        probabilities = torch.softmax(logits, -1)
        groups = torch.zeros((*logits.shape[:2], len(self.profile.entities)), device=logits.device)
        index = self._groups.to(logits.device)
        groups.index_add_(2, index, probabilities)
        chosen = groups.argmax(-1, keepdim=True)
        inside = index.view(1, 1, -1) == chosen
        best = torch.where(inside, logits, torch.finfo(logits.dtype).min).argmax(-1)
        a = len(self._prefix)
        p, b = groups.cpu().numpy(), best.cpu().numpy()
        return [(p[i, a : a + len(t)], b[i, a : a + len(t)]) for i, t in enumerate(batch)]

    async def spans(self, text: str, *, deadline: float = float("inf"), priority: int = INTERACTIVE) -> list[Span]:
        """All entities of one text, whatever its length. Raises DetectorError."""
        ids, offsets = await asyncio.to_thread(self.tokenize, text) if len(text) > 2000 else self.tokenize(text)
        windows = plan(len(ids), self._size, self._overlap)
        if not windows:
            return []
        tasks = [
            asyncio.ensure_future(self.batcher.submit(ids[w.first : w.last], deadline=deadline, priority=priority))
            for w in windows
        ]
        try:
            answers = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        probabilities = stitch(windows, [p for p, _ in answers])
        best = stitch(windows, [b for _, b in answers])
        return self._decode(text, probabilities, best.tolist(), offsets)

    def _decode(self, text: str, rows: Rows, best: Sequence[int], offsets: Sequence[tuple[int, int]]) -> list[Span]:
        groups = rows.argmax(-1).tolist()
        scores = rows.max(-1).tolist()
        prefixes = [self.profile.labels[i].prefix for i in best]
        found = decode(groups, prefixes, scores, offsets, self.profile.entities, text)
        return [span for span in found if span.score >= self.settings.min_score]

    async def detect(self, parts: Sequence[Part], timeout: float = 60.0) -> list[Finding]:
        """Findings of all parts, in this process."""
        deadline = time.monotonic() + timeout
        found = await asyncio.gather(*(self.spans(part.text, deadline=deadline) for part in parts))
        rule = f"ner/{self.folder.name}@{self.revision[:12]}"
        return [
            Finding(part.id, span.start, span.end, span.entity, round(span.score, 4), rule)
            for part, spans in zip(parts, found, strict=True)
            for span in spans
        ]

    async def aclose(self) -> None:
        if self._batcher is not None:
            await self._batcher.aclose()
            self._batcher = None


def _load(folder: Path, device: torch.device) -> tuple[Any, Any]:
    from tokenizers import Tokenizer
    from transformers import AutoModelForTokenClassification

    try:
        model, report = AutoModelForTokenClassification.from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            dtype=torch.bfloat16 if device.type == "cuda" else torch.float32,
        )
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # noqa: BLE001  the libraries raise what they like on a broken folder
        kind = type(error).__name__
        raise ProfileError(f"{folder}: the model cannot be loaded ({kind}); check that its files are whole") from None
    missing = sorted(report.get("missing_keys", ()))
    if missing:
        raise ProfileError(f"{folder}: the weights lack {missing[0]}; this is no trained token classifier")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if tokenizer.get_vocab_size() > model.get_input_embeddings().num_embeddings:
        raise ProfileError(f"{folder}: the tokenizer has more tokens than the model; they do not belong together")
    return model.eval().to(device), tokenizer


def _specials(tokenizer: Any) -> tuple[list[int], list[int]]:
    """What the tokenizer puts before and behind a sequence, such as [CLS] and [SEP]."""
    bare = tokenizer.encode("a", add_special_tokens=False).ids
    full = tokenizer.encode("a", add_special_tokens=True).ids
    for at in range(len(full) - len(bare) + 1):
        if full[at : at + len(bare)] == bare:
            return full[:at], full[at + len(bare) :]
    return [], []
