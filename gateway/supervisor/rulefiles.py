"""The packs and the policy as they lie on disk, and the copy of them that the workers run from.

Workers read a copy in the state folder, so that one that is restarted while somebody edits a pack comes up with the
rules of the others; and so that what was verified is what is read. The copy is named after its content.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from detectors.paths import PACKS
from detectors.problems import PackError
from detectors.steward.release import MANIFEST, pack_files, verified
from detectors.steward.signing import public_key
from gateway.config import Config
from gateway.errors import ConfigError
from gateway.policy import policy_path

KEPT: Final = 8
"""Copies that stay in the state folder."""

type Stamp = tuple[tuple[str, int, int, int], ...]
"""(file, time of change in ns, size, inode) of all that is watched; 0 where there is no such file."""


@dataclass(frozen=True, slots=True)
class Copy:
    digest: str
    packs: tuple[Path, ...]
    policy: Path
    release: str
    """Such as `release 7`; empty where packs are used without a signature."""
    origins: Mapping[str, str] = field(repr=False)
    """Path in the copy → path of the original."""

    @property
    def settings(self) -> dict[str, str]:
        return {"packs": ",".join(str(path) for path in self.packs), "policy": str(self.policy)}

    def told(self, message: str) -> str:
        """A message about the copy, as one about the originals."""
        for copied, original in self.origins.items():
            message = message.replace(copied, original)
        return message


class RuleFiles:
    def __init__(self, config: Config) -> None:
        """Raises ConfigError where the policy or the key cannot be found."""
        self._packs: Sequence[Path] = config.packs or (PACKS,)
        self._policy = policy_path(config.policy)
        self._folder = config.state_dir.absolute() / "rules"
        self._key: Ed25519PublicKey | None = None
        if config.packs_public_key is not None:
            with _as_config_error():
                self._key = public_key(config.packs_public_key)

    def stamp(self) -> Stamp:
        """Changes when something is to be read anew. Where a signature is asked for, only a new release is."""
        files = [self._policy]
        for path in self._packs:
            if self._key is not None:
                files.append(path / MANIFEST)
            else:
                files += sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        return tuple(_stamp(file) for file in files)

    def take(self) -> Copy:
        """Copy what is there now. Raises ConfigError with everything that is wrong."""
        with _as_config_error():
            sets, numbers = self._read()
            policy = _content(self._policy)
        digest = hashlib.sha256()
        for name, data in [
            *((f"{i}/{n}", d) for i, one in enumerate(sets) for n, d in one.items()),
            ("policy", policy),
        ]:
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        target = self._folder / digest.hexdigest()[:16]
        try:
            if not target.is_dir():
                self._write(target, sets, policy)
            os.utime(target)
            self._prune(target)
        except OSError as error:
            raise ConfigError(f"{self._folder}: rules cannot be copied there ({error.strerror}).") from None
        packs = tuple(target / str(index) for index in range(len(sets)))
        origins = dict(zip(map(str, packs), map(_root, self._packs), strict=True))
        origins[str(target / self._policy.name)] = str(self._policy)
        release = ", ".join(f"release {number}" for number in numbers)
        return Copy(target.name, packs, target / self._policy.name, release, origins)

    def _read(self) -> tuple[list[Mapping[str, bytes]], list[int]]:
        if self._key is not None:
            found = [verified(path, self._key) for path in self._packs]
            return [files for _, files in found], [release.number for release, _ in found]
        return [pack_files(path) if path.is_dir() else {path.name: _content(path)} for path in self._packs], []

    def _write(self, target: Path, sets: Sequence[Mapping[str, bytes]], policy: bytes) -> None:
        """Whole or not at all: under another name first."""
        fresh = target.with_name(f".{target.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700, parents=True)
        (fresh / self._policy.name).write_bytes(policy)
        for index, files in enumerate(sets):
            (fresh / str(index)).mkdir()
            for name, data in files.items():
                file = fresh / str(index) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        fresh.rename(target)

    def _prune(self, current: Path) -> None:
        copies = sorted((one for one in self._folder.iterdir() if one.is_dir()), key=lambda one: one.stat().st_mtime_ns)
        for old in [one for one in copies if one != current][: max(0, len(copies) - KEPT)]:
            shutil.rmtree(old, ignore_errors=True)


def _root(path: Path) -> str:
    """A single file lies below its folder in the copy."""
    return str(path if path.is_dir() else path.parent)


def _stamp(file: Path) -> tuple[str, int, int, int]:
    try:
        info = file.stat()
    except OSError:
        return str(file), 0, 0, 0
    return str(file), info.st_mtime_ns, info.st_size, info.st_ino


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}). Check the path.") from None


@contextlib.contextmanager
def _as_config_error() -> Iterator[None]:
    try:
        yield
    except PackError as error:
        raise ConfigError(str(error)) from None
