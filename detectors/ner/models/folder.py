"""A local model folder: what kind it is, whether it can be used, and its hash. Imports nothing heavy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from detectors.ner.models.sidecar import Sidecar
from detectors.ner.runtime import ProfileError

MANIFEST: Final = "MANIFEST.json"
ONNX_NAMES: Final = ("model_int8.onnx", "model_quantized.onnx", "model.onnx")
"""Best first; also looked for in a folder `onnx`, where exporters put them."""
_PAPERS: Final = frozenset({".md", ".rst", ".pyc", ".png", ".jpg", ".svg", ".pdf", ".lock"})
_CODE: Final = "the model needs code of its own, which is never run"


def model_files(folder: Path) -> list[str]:
    """Every file below `folder` that may decide an answer, sorted: no documents, hidden files, manifest."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix.lower() not in _PAPERS
        and path.name.upper().split(".")[0] not in {"LICENSE", "LICENCE", "NOTICE", "README"}
        and path.name != MANIFEST
        and not any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)
    )


def file_hashes(folder: Path) -> dict[str, str]:
    """File name -> SHA-256 in hex."""
    found = {}
    for name in model_files(folder):
        path = folder / name
        seen = path.stat()
        found[name] = _sha256(str(path), seen.st_size, seen.st_mtime_ns, seen.st_ino)
    return found


@lru_cache(maxsize=512)
def _sha256(path: str, size: int, changed: int, inode: int) -> str:  # noqa: ARG001  they make the key of the cache
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_of(files: Mapping[str, str]) -> str:
    """One SHA-256 over names and hashes of all files: the revision that records carry and that can be pinned."""
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in sorted(files.items())).encode()).hexdigest()


def model_hash(folder: Path) -> str:
    """Raises ProfileError where a file cannot be read."""
    try:
        return hash_of(file_hashes(folder))
    except OSError as error:
        raise ProfileError(f"{folder}: {error.strerror or 'a file cannot be read'}; check its files") from None


weights_revision = model_hash


def kind_of(folder: Path) -> str:
    """One of `sidecar.RUNTIMES`, or `huggingface` where torch and ONNX Runtime both may do. Raises ProfileError."""
    if not folder.is_dir():
        raise ProfileError(f"{folder}: no such model folder; check the path")
    wanted = Sidecar.read(folder).runtime
    if wanted:
        return wanted
    if (folder / "gliner_config.json").is_file():
        return "gliner"
    if (folder / "meta.json").is_file() and (folder / "config.cfg").is_file():
        return "spacy"
    config = read_config(folder)
    if config.get("model_type") == "extractor":
        return "gliner2"
    return "huggingface"


def read_config(folder: Path) -> dict[str, Any]:
    """`config.json`. Raises ProfileError."""
    path = folder / "config.json"
    if not path.is_file():
        raise ProfileError(
            f"{folder}: config.json is missing; name the folder of a Hugging Face, spaCy or GLiNER model itself"
        )
    try:
        config = json.loads(path.read_text("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ProfileError(f"{path}: not valid JSON; copy the model again") from None
    if not isinstance(config, dict) or config.get("auto_map"):
        raise ProfileError(f"{path}: {_CODE}")
    return config


def onnx_file(folder: Path) -> Path | None:
    for place in (folder, folder / "onnx"):
        for name in ONNX_NAMES:
            if (place / name).is_file():
                return place / name
    return None


def check_folder(folder: Path, *, weights: str = ".safetensors") -> None:
    """Raise ProfileError, one sentence with the mend, where the folder cannot be a Hugging Face model that we load."""
    if not folder.is_dir():
        raise ProfileError(f"{folder}: no such model folder; give the path of a local Hugging Face folder")
    read_config(folder)
    if weights == ".safetensors" and not any(folder.glob("*.safetensors")):
        raise ProfileError(f"{folder}: no .safetensors weights; convert them, pickled weights are not loaded")
    if weights == ".onnx" and onnx_file(folder) is None:
        raise ProfileError(f"{folder}: no {ONNX_NAMES[-1]}; make one with `redline model export {folder}`")
    if not (folder / "tokenizer.json").is_file():
        raise ProfileError(f"{folder}: tokenizer.json is missing; save the model with its fast tokenizer")
