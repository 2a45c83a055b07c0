"""MANIFEST.json: the SHA-256 of every file of a model's folder, so that a changed model is refused before it loads.

{"format": "redline-ner-manifest/1", "name": "...", "sha256": "...",
 "files": {"model.onnx": {"sha256": "...", "bytes": 1}}}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detectors.ner.models.folder import MANIFEST, file_hashes, hash_of
from detectors.ner.runtime import ProfileError, model_name

FORMAT: Final = "redline-ner-manifest/1"
OK: Final = "ok"


@dataclass(frozen=True, slots=True)
class Checked:
    """One file of a model."""

    name: str
    sha256: str
    """As found; empty where the file is missing."""
    state: str
    """`ok`, `changed`, `missing` or `not listed`."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a look at a folder found."""

    folder: Path
    revision: str
    files: tuple[Checked, ...]
    listed: bool
    """There is a manifest."""

    @property
    def bad(self) -> tuple[Checked, ...]:
        return tuple(one for one in self.files if one.state != OK)


def write(folder: Path) -> Path:
    """Hash every file and write the manifest. Raises ProfileError, OSError."""
    if not folder.is_dir():
        raise ProfileError(f"{folder}: no such model folder; check the path")
    found = file_hashes(folder)
    if not found:
        raise ProfileError(f"{folder}: there is no model in this folder; check the path")
    document = {
        "format": FORMAT,
        "name": model_name(folder),
        "sha256": hash_of(found),
        "files": {name: {"sha256": one, "bytes": (folder / name).stat().st_size} for name, one in found.items()},
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


def check(folder: Path) -> Report:
    """Compare with the manifest, if there is one. Raises ProfileError where it cannot be read."""
    if not folder.is_dir():
        raise ProfileError(f"{folder}: no such model folder; check the path")
    found, listed = file_hashes(folder), _read(folder)
    return Report(folder, hash_of(found), tuple(_compared(found, listed)), listed is not None)


def require(folder: Path, pinned: str = "") -> str:
    """The model's hash, if the manifest and `pinned` (SHA-256 in hex, or empty) agree with it; else ProfileError."""
    report = check(folder)
    if report.bad:
        first = report.bad[0]
        raise ProfileError(
            f"{folder}/{MANIFEST}: {first.name} is {first.state}; restore the model from its origin, or if you trust "
            f"it run `redline model manifest {folder}`"
        )
    if pinned and pinned.lower() != report.revision:
        raise ProfileError(
            f"{folder}: the model's SHA-256 is {report.revision}, not the one that ner_model_sha256 names; restore it"
        )
    return report.revision


def _compared(found: dict[str, str], listed: dict[str, str] | None) -> Iterator[Checked]:
    for name in sorted({*found, *(listed or {})}):
        have, want = found.get(name, ""), found.get(name, "") if listed is None else listed.get(name, "")
        state = OK
        if not have:
            state = "missing"
        elif not want:
            state = "not listed"
        elif have != want:
            state = "changed"
        yield Checked(name, have, state)


def _read(folder: Path) -> dict[str, str] | None:
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        document: Any = json.loads(path.read_text("utf-8"))
        listed: dict[str, Any] = {FORMAT: document["files"]}[document["format"]]
        return {str(name): str(entry["sha256"]) for name, entry in listed.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ProfileError(
            f"{path}: not a {FORMAT} manifest; restore it, or run `redline model manifest {folder}`"
        ) from None
