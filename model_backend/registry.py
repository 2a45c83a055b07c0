"""Which weights may be loaded: a manifest with the SHA-256 of every file of a model folder.

Rule for the next editor: nothing of the folder is parsed by another library before `verify` has returned.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FORMAT: Final = "redline-model-manifest/1"
FILE_NAME: Final = "manifest.json"

_CODE: Final = frozenset(
    {".py", ".pyc", ".so", ".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".h5", ".joblib", ".npy"}
)
"""Formats that run code when they are loaded. Only safetensors hold weights here."""


class ManifestError(Exception):
    """The folder may not be loaded. One sentence for people: which file, what is wrong, the mend."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How a model wants to be served; part of the manifest, so it is fixed with the weights."""

    placeholder_swap: bool = False
    """Swap the gateway's tokens for placeholders of the vocabulary: for demo models that cannot copy."""
    greedy: bool = False
    """Ignore temperature and top_p."""
    max_new_tokens: int = 4096
    prompt_tokens: int = 0
    """Shorten a question beyond this in its middle; 0: refuse what exceeds the context."""
    completion_wrap: tuple[str, str] | None = None
    """What surrounds the prompt of the legacy completions endpoint; None: nothing."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A verified model folder."""

    folder: Path
    name: str
    files: Mapping[str, str]
    """File name to SHA-256, as found on disk."""
    serving: Serving = field(default_factory=Serving)

    @property
    def weights_sha256(self) -> str:
        """Of the one weights file; of the list `digest  name` where there are several."""
        weights = sorted((name, digest) for name, digest in self.files.items() if name.endswith(".safetensors"))
        if len(weights) == 1:
            return weights[0][1]
        return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in weights).encode()).hexdigest()


def create(folder: Path, name: str, serving: Serving | None = None, path: Path | None = None) -> Path:
    """Hash every file and write the manifest, beside the weights unless `path` says otherwise."""
    files = _inventory(folder)
    document = {
        "format": FORMAT,
        "name": name,
        "serving": _serving_document(serving or Serving()),
        "files": {file: {"sha256": _digest(folder / file), "bytes": (folder / file).stat().st_size} for file in files},
    }
    target = path or folder / FILE_NAME
    target.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return target


def verify(folder: Path, path: Path | None = None) -> Manifest:
    """Check every file of `folder` against its manifest. Raises ManifestError on any difference."""
    source = path or folder / FILE_NAME
    document = _read(source, folder)
    expected: dict[str, Any] = document["files"]
    found = _inventory(folder)
    for name in found:
        if name not in expected:
            raise ManifestError(f"{source}: {name} is not listed; remove it, or make a new manifest if you trust it.")
    digests = {}
    for name, entry in expected.items():
        if name not in found:
            raise ManifestError(f"{source}: {name} is missing from {folder}; restore the folder from its origin.")
        digests[name] = _digest(folder / name)
        if not isinstance(entry, dict) or digests[name] != entry.get("sha256"):
            raise ManifestError(f"{source}: the SHA-256 of {name} differs; restore the file from its origin.")
    return Manifest(folder, str(document.get("name", folder.name)), digests, _serving(document.get("serving"), source))


def _inventory(folder: Path) -> list[str]:
    """Every file below `folder` but the manifest itself; refuses what could run code."""
    if not (folder / "config.json").is_file():
        raise ManifestError(f"{folder}: there is no config.json; name a folder that holds a Hugging Face model.")
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.name != FILE_NAME
    )
    for name in names:
        if Path(name).suffix.lower() in _CODE:
            raise ManifestError(f"{folder}: {name} could run code when loaded; convert the weights to safetensors.")
    if not any(name.endswith(".safetensors") for name in names):
        raise ManifestError(f"{folder}: there are no .safetensors weights; convert the weights to safetensors.")
    return names


def _read(source: Path, folder: Path) -> dict[str, Any]:
    try:
        document = json.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mend = f"python -m model_backend manifest create {folder}"
        raise ManifestError(f"{source}: there is no manifest; if you trust the files, run `{mend}`.") from None
    except (OSError, ValueError):
        raise ManifestError(f"{source}: the manifest cannot be read as JSON; make it anew.") from None
    if (
        not isinstance(document, dict)
        or document.get("format") != FORMAT
        or not isinstance(document.get("files"), dict)
    ):
        raise ManifestError(f"{source}: this is not a {FORMAT} manifest; make it anew.")
    return document


def _serving_document(serving: Serving) -> dict[str, Any]:
    return {
        "placeholder_swap": serving.placeholder_swap,
        "greedy": serving.greedy,
        "max_new_tokens": serving.max_new_tokens,
        "prompt_tokens": serving.prompt_tokens,
        "completion_wrap": list(serving.completion_wrap) if serving.completion_wrap else None,
    }


def _serving(document: object, source: Path) -> Serving:
    """Unknown or ill-typed settings are errors: a mistyped one would be served silently otherwise."""
    if document is None:
        return Serving()
    known = _serving_document(Serving())
    if not isinstance(document, dict) or not set(document) <= set(known):
        raise ManifestError(f"{source}: serving may hold {', '.join(known)} only.")
    values = {**known, **document}
    wrap = values["completion_wrap"]
    numbers = (values["max_new_tokens"], values["prompt_tokens"])
    flags = (values["placeholder_swap"], values["greedy"])
    wrapped = wrap is None or (
        isinstance(wrap, list) and len(wrap) == 2 and all(isinstance(each, str) for each in wrap)
    )
    if not (all(type(each) is int for each in numbers) and all(type(each) is bool for each in flags) and wrapped):
        raise ManifestError(f"{source}: serving has a value of the wrong type; make the manifest anew.")
    return Serving(*flags, *numbers, tuple(wrap) if wrap else None)


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
