"""A release of a folder of packs: a manifest beside them, and every earlier release kept whole, so as to go back.

    PACKS/manifest.json            an envelope: files and their hashes, packs, rules; signed where a key is given
    PACKS/.releases/0007.json      the envelope of release 7 with the text of its files

Rule for the next editor: files first, manifest last. Who asks for a signature looks at the manifest only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from detectors.files.problems import PackError, Problem
from detectors.steward import signing
from detectors.steward.signing import Envelope

MANIFEST: Final = "manifest.json"
FOLDER: Final = ".releases"


@dataclass(frozen=True, slots=True)
class Release:
    number: int
    """From 1; a roll back is a new release as well."""
    time: str
    """ISO 8601, UTC."""
    revision: str
    """Of the rules, as records and headers name it."""
    files: Mapping[str, str]
    """Path below the folder → SHA-256."""
    packs: Mapping[str, int]
    """Pack → version."""
    rules: Mapping[str, str]
    """`pack/rule@version` → hash of what it says."""
    experimental: tuple[str, ...] = ()
    note: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)
    """`entities.yaml`, `policies/NAME.yaml` → SHA-256; empty in releases of older gateways."""

    def dump(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.time)


def load_release(payload: bytes, file: Path | str) -> Release:
    try:
        fields = orjson.loads(payload)
        release = Release(**{**fields, "experimental": tuple(fields.get("experimental", ()))})
    except (ValueError, TypeError):
        release = None
    if (
        release is None
        or not all(_inside(name, ".yaml") for name in release.files)
        or not all(_inside(name, ".yaml", ".txt") for name in release.beside)
    ):
        raise PackError.one(file, 0, "This is no release manifest. Run `redline rules publish` again.")
    return release


def _inside(name: str, *suffixes: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.suffix in suffixes and "\\" not in name


@dataclass(frozen=True, slots=True)
class Kept:
    """An earlier release, with its files."""

    release: Release
    texts: Mapping[str, str] = field(repr=False)
    key_ids: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Entity types and policies that lay beside the packs."""


def pack_files(folder: Path) -> dict[str, bytes]:
    """Path below the folder, with slashes → content."""
    try:
        return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*.yaml"))}
    except OSError as error:
        raise PackError.one(folder, 0, f"The packs cannot be read ({error.strerror}). Check their rights.") from None


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def current(folder: Path) -> tuple[Release, Envelope] | None:
    """What the manifest says; None where nothing was published."""
    file = folder / MANIFEST
    if not file.exists():
        return None
    envelope = signing.parse(file.read_bytes(), file)
    return load_release(envelope.payload, file), envelope


def verified(folder: Path, key: Ed25519PublicKey) -> tuple[Release, dict[str, bytes]]:
    """The release and its files' contents: signed by this key, every file as signed, and none beside them."""
    file = folder / MANIFEST
    if not folder.is_dir() or not file.exists():
        mend = "Publish it with `redline rules publish --key FILE`, or remove `packs_public_key`."
        raise PackError.one(folder, 0, f"There is no signed release here. {mend}")
    envelope = signing.parse(file.read_bytes(), file)
    release = load_release(signing.verify(envelope, key, file), file)
    found = pack_files(folder)
    problems = [
        Problem(str(folder / name), 0, f"{what} Publish again, or undo the change.")
        for name, what in _differences(release, found)
    ]
    if problems:
        raise PackError(problems)
    return release, found


def _differences(release: Release, found: Mapping[str, bytes]) -> list[tuple[str, str]]:
    told = []
    for name in sorted(release.files.keys() | found.keys()):
        if name not in found:
            told.append((name, "The file is in the release, but it is gone."))
        elif name not in release.files:
            told.append((name, "The file is not in the release."))
        elif digest(found[name]) != release.files[name]:
            told.append((name, "The file was changed after it was published."))
    return told


def history(folder: Path) -> list[Kept]:
    """Oldest first."""
    return [kept(file) for file in sorted((folder / FOLDER).glob("*.json"))]


def kept(file: Path) -> Kept:
    try:
        document: dict[str, Any] = orjson.loads(file.read_bytes())
        envelope = signing.parse(orjson.dumps(document["envelope"]), file)
        texts = {str(name): str(text) for name, text in document["files"].items()}
        near = {str(name): str(text) for name, text in document.get("beside", {}).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise PackError.one(file, 0, "This kept release cannot be read. Remove it.") from None
    release = load_release(envelope.payload, file)
    held = {name: digest(text.encode()) for name, text in texts.items()} == dict(release.files)
    if not held or any(release.beside.get(name) != digest(text.encode()) for name, text in near.items()):
        raise PackError.one(file, 0, "This kept release was changed. Remove it.")
    return Kept(release, texts, tuple(name for name, _ in envelope.signatures), near)


def keep(
    folder: Path, release: Release, envelope: Envelope, files: Mapping[str, bytes], near: Mapping[str, str]
) -> None:
    """Store the release whole, then put its manifest in force. `near`: own files beside the packs."""
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    texts = {name: data.decode() for name, data in files.items()}
    document = {"envelope": orjson.loads(envelope.dump()), "files": texts, "beside": dict(near)}
    replace_file(place / f"{release.number:04d}.json", orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    replace_file(folder / MANIFEST, envelope.dump())


def replace_file(path: Path, data: bytes) -> None:
    """Whole or not at all, for whoever reads it meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as error:
        raise PackError.one(
            path, 0, f"The file cannot be written ({error.strerror}). Check the folder's rights."
        ) from None


def experiments(folder: Path) -> dict[str, datetime]:
    """`pack/rule@version` → when it was first published as experimental."""
    since: dict[str, datetime] = {}
    for one in history(folder):
        for name in one.release.experimental:
            since.setdefault(name, one.release.when)
    return since
