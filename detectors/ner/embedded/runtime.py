"""Runs the embedded model's folder: numpy, tokenizers and ONNX Runtime on the CPU, never torch.

    text -> Featuriser.pieces -> windows -> one forward a window -> stitched logits -> Viterbi -> spans

Windows are run one by one even where a batch is asked for: int8 products scale by the largest value of what they are
given, so an answer would else depend on its company, and on one core a batch gains less than its padding costs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors.ner.embedded import MODEL
from detectors.ner.embedded.decode import LABELS, TAGS, Leanings, spans
from detectors.ner.embedded.features import BITS, Featuriser, Pieces, unpack
from detectors.ner.reading.windows import Window, plan, stitch
from detectors.ner.runtime import Chunk, ProfileError, Reading, RuntimeSettings, Span, read_alone, readable

CARD: Final = "redline.json"
LONGEST: Final = 256
"""Rows that the model has positions for, the two special pieces included."""
SLOW: Final = "SkipLayerNormFusion"
"""Left out: on CPUs its fused node takes ten times as long as the sum and the norm that it stands for."""
type Rows = NDArray[np.float32]


class EmbeddedRuntime:
    """Loads at construction; raises ProfileError with one clear sentence. `prepare` and `decode` are thread-safe."""

    kind = "onnxruntime"
    device = "cpu"
    batch_tokens = 1024
    lanes = 1

    def __init__(self, folder: Path = MODEL, settings: RuntimeSettings | None = None) -> None:
        from detectors.ner.models.folder import model_hash

        self.folder = folder
        card = _card(folder)
        self.settings = settings or RuntimeSettings(window=int(card["window"]), overlap=int(card["overlap"]))
        if self.settings.device not in {"auto", "cpu"}:
            raise ProfileError(
                f"device {self.settings.device}: the embedded model runs on the CPU; use `auto` or `cpu`"
            )
        self.name = str(card["name"])
        self._leanings = _leanings(folder, card, self.settings)
        self._names = {label: self.settings.labels.get(label, label) for label in self._leanings.reported()}
        self.entity_types = tuple(sorted({name for name in self._names.values() if name}))
        try:
            self._featuriser = Featuriser.from_folder(folder)
            self._ends = (int(card["first"]), int(card["last"]))
            self._session = _session(folder / "model.onnx", self.settings.threads)
        except Exception as error:  # noqa: BLE001  the libraries raise what they like on broken files
            kind = type(error).__name__
            raise ProfileError(f"{folder}: the model cannot be loaded ({kind}); restore its files") from None
        self.revision = model_hash(folder)
        size = min(self.settings.window, LONGEST) - 2
        if size < 2:
            raise ProfileError(f"{folder}: a window of {self.settings.window} tokens is too small; use 256")
        self._size, self._overlap = size, min(self.settings.overlap, size // 2)

    def describe(self) -> str:
        return f"{self.name} (ONNX int8, zh and en) on cpu, {self.settings.threads} thread(s), window {self._size}"

    def prepare(self, text: str) -> Reading:
        text = readable(text)
        pieces = self._featuriser.pieces(text)
        windows = plan(len(pieces), even(len(pieces), self._size, self._overlap), self._overlap)
        chunks = tuple(self._chunk(pieces, window) for window in windows)
        return Reading(text, chunks, (windows, pieces.offsets))

    def _chunk(self, pieces: Pieces, window: Window) -> Chunk:
        count = window.last - window.first
        ids = np.empty((1, count + 2), dtype=np.int64)
        ids[0, 0], ids[0, -1] = self._ends
        ids[0, 1:-1] = pieces.ids[window.first : window.last]
        features = np.zeros((1, count + 2, BITS), dtype=np.uint8)
        features[0, 1:-1] = unpack(pieces.bits[window.first : window.last])
        return Chunk((ids, features), count + 2)

    def forward(self, batch: Sequence[Chunk]) -> list[Rows]:
        """Logits (n, tags) of each chunk's own pieces."""
        answers: list[Rows] = []
        for chunk in batch:
            ids, features = chunk.payload
            logits: Rows = self._session.run(None, {"ids": ids, "features": features})[0]
            answers.append(logits[0, 1:-1])
        return answers

    def decode(self, reading: Reading, answers: Sequence[Any]) -> list[Span]:
        if not reading.chunks:
            return []
        windows, offsets = reading.state
        found = spans(stitch(windows, answers), offsets, reading.text, self._leanings)
        return [Span(s.start, s.end, name, s.score) for s in found if (name := self._names[s.entity])]

    def find(self, text: str) -> list[tuple[int, int, str, float]]:
        """(start, end, entity type, score) of one text, at once, in this thread."""
        return [(s.start, s.end, s.entity, s.score) for s in read_alone(self, text)]

    def close(self) -> None:
        self._session = None


def even(count: int, size: int, overlap: int) -> int:
    """The window size, `size` at most, that cuts `count` pieces into as many windows of about one length: a short
    last window costs context, and attention grows with the square of the longest."""
    if count <= size:
        return size
    windows = -(-(count - overlap) // (size - overlap))
    return -(-(count + (windows - 1) * overlap) // windows)


def _card(folder: Path) -> Mapping[str, Any]:
    path = folder / CARD
    try:
        card: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        raise ProfileError(f"{path}: cannot be read; restore the model folder") from None
    if card.get("profile") != "redline-embedded" or card.get("tags") != list(TAGS) or card.get("bits") != BITS:
        raise ProfileError(f"{path}: a model of another version of this program; train it again or restore it")
    missing = sorted({"name", "window", "overlap", "first", "last", "leanings"} - card.keys())
    if missing:
        raise ProfileError(f"{path}: `{missing[0]}` is missing; restore the model folder")
    return card


def _leanings(folder: Path, card: Mapping[str, Any], settings: RuntimeSettings) -> Leanings:
    try:
        scripts = {
            script: {str(k): float(v) for k, v in card["leanings"][script].items() if k in LABELS}
            for script in ("latin", "han")
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ProfileError(f"{folder / CARD}: `leanings` must map latin and han to numbers by label") from None
    return Leanings(scripts["latin"], scripts["han"], settings.min_score)


def _session(path: Path, threads: int) -> Any:
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=[SLOW]
    )


def find(text: str) -> list[tuple[int, int, str, float]]:
    """With the model that ships, loaded on first use."""
    return _shipped().find(text)


_LOADED: list[EmbeddedRuntime] = []


def _shipped() -> EmbeddedRuntime:
    if not _LOADED:
        _LOADED.append(EmbeddedRuntime())
    return _LOADED[0]
