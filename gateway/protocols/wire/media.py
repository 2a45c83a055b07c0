"""What a string says about content that a text reader cannot see: images, audio, files, blobs, references.

Nothing here passes in silence: what cannot be read is reported with its path, and policy decides.
"""

from __future__ import annotations

import base64
import binascii
import enum
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class Sight(enum.Enum):
    READ = "read"
    """All of the content is in the text."""
    REFERENCE = "reference"
    """The text can be read, and names content that lies elsewhere."""
    BLIND = "blind"
    """The text is encoded media; to read it as text would only find accidents."""


class DataUri(NamedTuple):
    start: int
    """Where the base64 begins."""
    text: str | None
    """What it decodes to, where that is text."""


_DATA_URI: Final = re.compile(r"\s*data:([^,;]{0,128})[^,]{0,256};base64,(?=([A-Za-z0-9+/_=\s-]*+)\Z)", re.IGNORECASE)
_TEXT_MEDIA: Final = re.compile(r"|text/.*|application/(?:json|x-ndjson|jsonl|yaml|x-yaml|toml|sql)", re.IGNORECASE)
_RUN: Final = re.compile(r"[A-Za-z0-9+/_=-]++")
_PIECE: Final = re.compile(r"[A-Za-z0-9+/_=-]{1,512}+")
_WRAPPED: Final = re.compile(r"\s*(?:[A-Za-z0-9+/_-]{60,}+\r?\n)++[A-Za-z0-9+/_=-]*+\s*")
_BINARY: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BLOB_LENGTH: Final = 512
"""Shorter base64 is left to the detectors' views: nothing but text is worth so little room."""

_VARIETY: Final = 12
"""Fewer different characters than this are a ruler or a row of zeros."""

MEDIA_KEYS: Final = frozenset(
    {"data", "file_id", "file_ids", "file_data", "file_url", "image_url", "url", "b64_json", "result"}
)
_BLIND_KEYS: Final = frozenset({"file_data", "b64_json"})
_REFERENCE_KEYS: Final = frozenset({"file_url", "image_url"})


def sight(key: str, parent: str, container: object) -> Sight:
    """How much of the string under `key` (one of MEDIA_KEYS) is content.

    `container` is the object around it, `parent` the key of that object.
    """
    siblings: Mapping[str, Any] = container if isinstance(container, dict) else {}
    kind = siblings.get("type")
    if key in _BLIND_KEYS or (key == "result" and kind == "image_generation_call"):
        return Sight.BLIND
    if key == "data" and kind != "text":
        return Sight.BLIND if parent in {"source", "input_audio", "audio"} else Sight.READ
    if key in _REFERENCE_KEYS or (key == "url" and parent in {"image_url", "source"}):
        return Sight.REFERENCE
    quoted = "text" in siblings or (isinstance(kind, str) and (kind.endswith("citation") or kind == "file_path"))
    return Sight.REFERENCE if key in {"file_id", "file_ids"} and not quoted else Sight.READ


def data_uri(text: str) -> DataUri | None:
    """The parts of a `data:` URI in base64, None where `text` is none."""
    match = _DATA_URI.match(text)
    if match is None:
        return None
    decoded = _decode(match[2]) if _TEXT_MEDIA.fullmatch(match[1].strip()) else None
    return DataUri(match.start(2), decoded)


def is_blob(text: str) -> bool:
    """Whether a text holds a long unbroken run of base64, or is wrapped base64, of something that is not text.

    Shorter runs are no sign of media: hashes, signatures and long addresses fill the lock files of every project.
    """
    if len(text) < BLOB_LENGTH:
        return False
    runs: list[str] = []
    if _has_long_run(text):
        runs = [run for run in _RUN.findall(text) if len(run) >= BLOB_LENGTH and len(set(run)) >= _VARIETY]
    if _WRAPPED.fullmatch(text) is not None:
        runs.append("".join(text.split()))
    return any(_decode(run.replace("-", "+").replace("_", "/").rstrip("=")) is None for run in runs)


def _has_long_run(text: str) -> bool:
    """Whether `_RUN` matches BLOB_LENGTH characters anywhere. Such a run covers one of the places looked at."""
    for place in range(BLOB_LENGTH - 1, len(text), BLOB_LENGTH):
        if (ahead := _PIECE.match(text, place)) is not None:
            behind = _PIECE.match(text[place - BLOB_LENGTH + 1 : place][::-1])
            if ahead.end() - place + (behind.end() if behind else 0) >= BLOB_LENGTH:
                return True
    return False


def looks_binary(text: str) -> bool:
    return _BINARY.search(text) is not None


def _decode(encoded: str) -> str | None:
    padded = encoded + "=" * (-len(encoded) % 4)
    try:
        text = base64.b64decode(padded, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return None if looks_binary(text) else text
