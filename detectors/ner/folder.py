"""A local model folder: is it usable, and which weights are these. Imports nothing heavy."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from detectors.ner.profiles import ProfileError


def weights_revision(folder: Path) -> str:
    """SHA-256 over everything that decides the answers: configuration, tokenizer, weights."""
    digest = hashlib.sha256()
    files = [p for p in sorted(folder.iterdir()) if p.suffix in {".safetensors", ".json", ".txt", ".model"}]
    for path in files:
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def check_folder(folder: Path) -> None:
    """Raise ProfileError, one sentence with the mend, where the folder cannot be a model that we load."""
    if not folder.is_dir():
        raise ProfileError(f"{folder}: no such model folder; give the path of a local Hugging Face folder")
    if not (folder / "config.json").is_file():
        raise ProfileError(f"{folder}: config.json is missing; it must be a Hugging Face model folder")
    if not any(folder.glob("*.safetensors")):
        raise ProfileError(f"{folder}: no .safetensors weights; convert them, pickled weights are not loaded")
    if not (folder / "tokenizer.json").is_file():
        raise ProfileError(f"{folder}: tokenizer.json is missing; save the model with its fast tokenizer")
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ProfileError(f"{folder}/config.json: not valid JSON; copy the model again") from None
    if not isinstance(config, dict) or config.get("auto_map"):
        raise ProfileError(f"{folder}/config.json: the model needs code of its own, which is never run")
