"""A spaCy pipeline with an entity recognizer, such as `en_core_web_sm` or `zh_core_web_sm`: a folder of its own.

spaCy gives no probabilities for its entities, so each finding scores `SCORE`. Its string store grows with every new
word that it reads; texts are read inside a memory zone, which forgets them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import spacy
from thinc.api import prefer_gpu, require_cpu

from detectors.ner.models.folder import model_hash
from detectors.ner.models.profiles import ignored, map_labels
from detectors.ner.reading.decoding import trim, widen
from detectors.ner.reading.textwindows import Words
from detectors.ner.runtime import Chunk, ProfileError, Reading, RuntimeSettings, Span, model_name, readable

SCORE: Final = 0.85
UNUSED: Final = ("tagger", "parser", "senter", "attribute_ruler", "lemmatizer", "morphologizer", "textcat")
"""Components that entities do not need."""


class SpacyRuntime:
    """A `Runtime`. Raises ProfileError at construction, with one clear sentence."""

    kind = "spacy"
    batch_tokens = 4096
    lanes = 1

    def __init__(self, folder: Path, settings: RuntimeSettings | None = None) -> None:
        self.settings = settings or RuntimeSettings()
        self.folder = folder
        self.name, self.revision = model_name(folder), model_hash(folder)
        self.device = self._device()
        self._nlp = _load(folder)
        labels = _labels(self._nlp)
        if not labels:
            raise ProfileError(f"{folder}: this spaCy pipeline has no entity recognizer; choose one that has")
        self._entity = map_labels(labels, self.settings.labels, source=f"{folder}/meta.json")
        self.entity_types = tuple(sorted({entity for entity in self._entity.values() if entity}))
        if not self.entity_types:
            raise ProfileError(f"{folder}: none of its labels is something to look for ({', '.join(labels[:8])})")
        self._size = max(2, self.settings.window)
        self._overlap = min(self.settings.overlap, self._size // 2)

    def _device(self) -> str:
        wanted = self.settings.device
        if wanted == "cpu":
            require_cpu()
            return "cpu"
        number = int(wanted.partition(":")[2] or 0) if wanted.startswith("cuda") else 0
        if prefer_gpu(number):
            return f"cuda:{number}"
        if wanted.startswith("cuda"):
            raise ProfileError(f"device {wanted}: spaCy sees no CUDA device (it needs cupy); use `auto` or `cpu`")
        return "cpu"

    def describe(self) -> str:
        told = ignored([label for label, entity in self._entity.items() if not entity])
        return f"{self.name} (spaCy {version('spacy')}) on {self.device}, window {self._size} words{told}"

    def prepare(self, text: str) -> Reading:
        clean = readable(text)
        words = Words.of(clean, self._size, self._overlap)
        chunks = tuple(Chunk(clean[slice(*words.span(window))], window.last - window.first) for window in words.windows)
        return Reading(text, chunks, words)

    def forward(self, batch: Sequence[Chunk]) -> list[list[Span]]:
        """Spans for each chunk, with offsets in the chunk."""
        with self._nlp.memory_zone():
            return [
                [
                    Span(found.start_char, found.end_char, entity, SCORE)
                    for found in document.ents
                    if (entity := self._known(found.label_))
                ]
                for document in self._nlp.pipe(chunk.payload for chunk in batch)
            ]

    def _known(self, label: str) -> str:
        """A label that the pipeline did not announce, as a ruler may have, is an error and no silence."""
        return self._entity[label]

    def decode(self, reading: Reading, answers: Sequence[Sequence[Span]]) -> list[Span]:
        words: Words = reading.state
        placed = []
        for window, spans in zip(words.windows, answers, strict=True):
            at = words.span(window)[0]
            placed.append([self._placed(reading.text, at, span) for span in spans])
        return words.joined(placed, self.settings.min_score)

    def _placed(self, text: str, at: int, span: Span) -> Span:
        start, end = widen(text, *trim(text, at + span.start, at + span.end))
        return Span(start, end, span.entity, span.score)

    def close(self) -> None:
        """Nothing is held that the end of the process does not give back."""
        return


def _load(folder: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions that differ a little
            nlp = spacy.load(folder)
    except ImportError as error:
        raise ProfileError(f"{folder}: this pipeline needs {error.name or 'a library that is not here'}") from None
    except Exception as error:  # noqa: BLE001  the libraries raise what they like on a broken folder
        kind = type(error).__name__
        raise ProfileError(
            f"{folder}: the pipeline cannot be loaded ({kind}); check that its files are whole"
        ) from None
    if not any("ruler" in nlp.get_pipe_meta(name).factory for name in nlp.pipe_names):  # a ruler may read tags
        for name in list(nlp.pipe_names):
            if nlp.get_pipe_meta(name).factory in UNUSED:
                nlp.disable_pipe(name)
    return nlp


def _labels(nlp: Any) -> list[str]:
    found: list[str] = []
    for name in nlp.pipe_names:
        if any(part in nlp.get_pipe_meta(name).factory for part in ("ner", "ruler")):
            found += [label for label in getattr(nlp.get_pipe(name), "labels", ()) if label not in found]
    return found
