"""GLiNER and GLiNER2 through their own libraries. They are asked for labels in words; ours are in `ASKED`.

Both split a text into words by white space, so that an unspaced Chinese text would be one word, and both stop reading
after some hundred words. Each chunk here is a bounded number of words set apart by single spaces, Han characters being
words of their own; `decode` maps places back to the text.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import torch

from detectors.ner.models.folder import model_hash
from detectors.ner.models.profiles import map_labels
from detectors.ner.models.sidecar import Sidecar
from detectors.ner.reading.textwindows import Words
from detectors.ner.reading.windows import Window
from detectors.ner.runtime import Chunk, ProfileError, Reading, RuntimeSettings, Span, model_name, readable
from detectors.ner.runtimes.torch_classifier import pick_device

ASKED: Final[Mapping[str, str]] = {
    "person": "PERSON",
    "organization": "ORGANIZATION",
    "location": "LOCATION",
    "address": "ADDRESS",
    "date of birth": "DATE_OF_BIRTH",
}
"""What is asked for where redline.json lists no labels: the types that rules cannot find."""

for _name in ("gliner", "gliner2"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)  # they quote words that their tokenizer does not know


class _Gliner(ABC):
    """A `Runtime`. Raises ProfileError at construction, with one clear sentence."""

    kind = "gliner"
    library = "gliner"
    batch_tokens = 2048
    lanes = 1

    def __init__(self, folder: Path, settings: RuntimeSettings | None = None) -> None:
        self.settings = settings or RuntimeSettings()
        self.folder = folder
        if not any(folder.glob("*.safetensors")):
            raise ProfileError(f"{folder}: no .safetensors weights; convert them, pickled weights are not loaded")
        self.name, self.revision = model_name(folder), model_hash(folder)
        self._device = pick_device(self.settings.device)
        self.device = str(self._device)
        if self._device.type == "cpu":
            torch.set_num_threads(self.settings.threads)
        else:
            self.batch_tokens = 16384
        asked = Sidecar.read(folder).labels or tuple(ASKED)
        own = {**{label: entity for label, entity in ASKED.items() if label in asked}, **self.settings.labels}
        self._entity = map_labels(asked, own, source=f"{folder}/redline.json")
        self.entity_types = tuple(sorted({entity for entity in self._entity.values() if entity}))
        if not self.entity_types:
            raise ProfileError(f"{folder}/redline.json: none of its labels has an entity type; give a label_map")
        self._model = self._loaded()
        self._size = max(2, min(self.settings.window, self._longest()))
        self._overlap = min(self.settings.overlap, self._size // 2)

    def _loaded(self) -> Any:
        try:
            return self._load().eval().to(self._device)
        except ImportError as error:
            missing = error.name or self.library
            raise ProfileError(f"{self.folder}: this model needs {missing}; pip install {missing}") from None
        except Exception as error:  # noqa: BLE001  the libraries raise what they like on a broken folder
            kind = type(error).__name__
            raise ProfileError(
                f"{self.folder}: the model cannot be loaded ({kind}); check that its files are whole"
            ) from None

    @abstractmethod
    def _load(self) -> Any:
        """The library's own model object, from local files only."""

    @abstractmethod
    def _longest(self) -> int:
        """Most words that the model reads at once."""

    @abstractmethod
    def _found(self, texts: list[str]) -> list[list[tuple[int, int, str, float]]]:
        """For each text: start, end, label, score."""

    def describe(self) -> str:
        return f"{self.name} ({self.library}) on {self.device}, window {self._size} words"

    def prepare(self, text: str) -> Reading:
        clean = readable(text)
        words = Words.of(clean, self._size, self._overlap)
        chunks = tuple(
            Chunk(" ".join(clean[s:e] for s, e in words.places[w.first : w.last]), w.last - w.first)
            for w in words.windows
        )
        return Reading(text, chunks, words)

    def forward(self, batch: Sequence[Chunk]) -> list[list[tuple[int, int, str, float]]]:
        """Start and end in the chunk's own text, label, score."""
        with torch.inference_mode():
            found = self._found([chunk.payload for chunk in batch])
        if len(found) != len(batch):
            raise ArithmeticError("the library answered for another number of texts")
        return found

    def decode(self, reading: Reading, answers: Sequence[Sequence[tuple[int, int, str, float]]]) -> list[Span]:
        words: Words = reading.state
        placed = []
        for window, rows in zip(words.windows, answers, strict=True):
            begins = _begins(words, window)
            placed.append(
                [
                    Span(*_place(words, window, begins, start, end), self._entity[label], float(score))
                    for start, end, label, score in rows
                    if start < end and self._entity[label]
                ]
            )
        return words.joined(placed, self.settings.min_score)

    def close(self) -> None:
        """Nothing is held that the end of the process does not give back."""
        return


class GlinerRuntime(_Gliner):
    def _load(self) -> Any:
        return import_module("gliner").GLiNER.from_pretrained(
            str(self.folder), local_files_only=True, map_location=self.device
        )

    def _longest(self) -> int:
        return int(getattr(self._model.config, "max_len", None) or 384)

    def _found(self, texts: list[str]) -> list[list[tuple[int, int, str, float]]]:
        found = self._model.inference(
            texts, list(self._entity), threshold=self.settings.min_score, batch_size=max(1, len(texts))
        )
        return [[(e["start"], e["end"], e["label"], e["score"]) for e in entities] for entities in found]


class Gliner2Runtime(_Gliner):
    kind = "gliner2"
    library = "gliner2"

    def _load(self) -> Any:
        return import_module("gliner2").AutoExtractor.from_pretrained(
            str(self.folder), local_files_only=True, map_location=self.device
        )

    def _longest(self) -> int:
        return int(getattr(self._model.config, "max_len", None) or 384)

    def _found(self, texts: list[str]) -> list[list[tuple[int, int, str, float]]]:
        found = self._model.batch_extract_entities(
            texts,
            list(self._entity),
            batch_size=max(1, len(texts)),
            threshold=self.settings.min_score,
            include_confidence=True,
            include_spans=True,
        )
        return [
            [(e["start"], e["end"], label, e["confidence"]) for label, some in one["entities"].items() for e in some]
            for one in found
        ]


def _begins(words: Words, window: Window) -> list[int]:
    """Where each word of a window begins in the chunk's text."""
    sizes = [e - s + 1 for s, e in words.places[window.first : window.last]]
    return [0, *accumulate(sizes)][:-1]


def _place(words: Words, window: Window, begins: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """A place in the chunk -> the place in the text of the words that it touches."""
    first, last = bisect_right(begins, start) - 1, bisect_left(begins, end) - 1
    return words.places[window.first + first][0], words.places[window.first + last][1]
