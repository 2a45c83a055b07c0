"""`redline.json` in a model's folder: what the model does not say of itself. All keys are optional.

{"runtime": "torch", "label_map": {"PER": "PERSON", "MISC": ""}, "window": 512, "overlap": 128, "min_score": 0.6,
 "decoding": "viterbi", "labels": ["person", "street address"]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from detectors.ner.runtime import ProfileError

FILE_NAME: Final = "redline.json"
RUNTIMES: Final = ("embedded", "torch", "onnxruntime", "spacy", "gliner", "gliner2")


@dataclass(frozen=True, slots=True)
class Sidecar:
    runtime: str = ""
    """What runs the folder; empty: seen from its files."""
    label_map: Mapping[str, str] = field(default_factory=dict)
    window: int | None = None
    overlap: int | None = None
    min_score: float | None = None
    decoding: str = ""
    """`viterbi` or `lenient`; empty: as the architecture wants."""
    labels: tuple[str, ...] = ()
    """What a GLiNER model is asked for, in words."""

    @classmethod
    def read(cls, folder: Path) -> Sidecar:
        """Raises ProfileError: which key, and what it should be."""
        path = folder / FILE_NAME
        if not path.is_file():
            return cls()
        try:
            document = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            raise ProfileError(f"{path}: not valid JSON; mend it or remove it") from None
        if not isinstance(document, dict):
            raise ProfileError(f"{path}: it must hold one JSON object")
        known = document if document.get("runtime") != "embedded" else _common(document)
        unknown = sorted(set(known) - set(cls.__slots__))
        if unknown:
            raise ProfileError(f"{path}: {unknown[0]} is unknown; it may hold {', '.join(sorted(cls.__slots__))}")
        return cls(**{key: _checked(path, key, value) for key, value in known.items()})


def _common(document: Mapping[str, Any]) -> dict[str, Any]:
    """The embedded model keeps more in this file."""
    return {key: document[key] for key in ("runtime", "label_map", "window", "overlap", "min_score") if key in document}


def _checked(path: Path, key: str, value: Any) -> Any:
    match key:
        case "runtime":
            good, wanted = value in RUNTIMES, "one of " + ", ".join(RUNTIMES)
        case "label_map":
            good = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
            wanted = 'an object of labels and entity types, such as {"PER": "PERSON"}'
        case "window" | "overlap":
            good, wanted = type(value) is int and 0 <= value <= 1_000_000, "a number of tokens"
        case "min_score":
            good, wanted = type(value) in {int, float} and 0 < value < 1, "a number between 0 and 1"
        case "decoding":
            good, wanted = value in {"viterbi", "lenient"}, "viterbi or lenient"
        case _:
            good = isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value)
            wanted = "a list of words"
    if not good:
        raise ProfileError(f"{path}: {key} must be {wanted}")
    return tuple(value) if key == "labels" else value
