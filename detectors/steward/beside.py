"""What a release signs besides its packs: entity types and policies, which decide as much as a pattern does.

    FOLDER/**.yaml               the packs
    FOLDER/../entities.yaml      entity types; where there is none, those that ship
    FOLDER/../policies/*.yaml    policies; likewise
    FOLDER/../lists/*            allow and deny lists, thresholds, context words of one's own

What ships is signed by its hash only; files of one's own are kept with the release and come back when it does. Lists
are never kept, for deny lists hold what nobody may see: their hashes are signed, and a roll back leaves them alone.
Here a policy is bytes: whoever publishes has it checked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from detectors.files.problems import PackError
from detectors.paths import RULES

ENTITIES: Final = "entities.yaml"
POLICIES: Final = "policies"
LISTS: Final = "lists"
_LIST_FILES: Final = frozenset({".yaml", ".txt"})


@dataclass(frozen=True, slots=True)
class Beside:
    """Name below `root` → content, such as `policies/bank.yaml`."""

    root: Path
    files: Mapping[str, bytes] = field(repr=False)
    own: frozenset[str]
    """Those that lie beside the packs and are kept; the others ship with the gateway, or are lists."""

    @property
    def entities(self) -> Path:
        return (self.root if ENTITIES in self.own else RULES) / ENTITIES

    @property
    def policies(self) -> Path:
        """The folder."""
        own = any(name != ENTITIES for name in self.own)
        return (self.root if own else RULES) / POLICIES

    @property
    def lists(self) -> tuple[Path, ...]:
        """The folder of lists, where there is one of one's own."""
        return (self.root / LISTS,) if any(name.startswith(f"{LISTS}/") for name in self.files) else ()

    @property
    def texts(self) -> dict[str, str]:
        return {name: self.files[name].decode() for name in sorted(self.own)}


def beside(folder: Path) -> Beside:
    """Raises `PackError` where a file cannot be read."""
    root = folder.absolute().parent
    own_entities, own_policies = (root / ENTITIES).is_file(), _policies(root)
    files = {ENTITIES: _content((root if own_entities else RULES) / ENTITIES)}
    for path in own_policies or _policies(RULES):
        files[f"{POLICIES}/{path.name}"] = _content(path)
    if root != RULES:
        files |= {f"{LISTS}/{path.relative_to(root / LISTS).as_posix()}": _content(path) for path in list_files(root)}
    own = {ENTITIES} if own_entities and root != RULES else set()
    if own_policies and root != RULES:
        own |= {f"{POLICIES}/{path.name}" for path in own_policies}
    return Beside(root, files, frozenset(own))


def list_files(root: Path) -> list[Path]:
    """Lists beside the packs, with the texts that they name."""
    return sorted(path for path in (root / LISTS).rglob("*") if path.suffix in _LIST_FILES and path.is_file())


def _policies(root: Path) -> list[Path]:
    return sorted((root / POLICIES).glob("*.yaml"))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackError.one(path, 0, f"The file cannot be read ({error.strerror}). Check its rights.") from None
