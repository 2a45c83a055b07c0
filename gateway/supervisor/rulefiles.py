"""Packs, entity types and policies as they lie on disk, and the copies of them that the workers run from.

Workers read a copy in the state folder, so that one that is restarted while somebody edits a pack comes up with the
rules of the others; and so that what was verified is what is read. A copy is named after its content, and copies that
were in force before are kept, so as to go back to one.

    STATE_DIR/rules/<hash>/0/…  1/…        the packs, a folder for each that is configured
                           policies/*.yaml entities.yaml  named
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from detectors.files.problems import PackError
from detectors.paths import PACKS, RULES
from detectors.refine.steering import SHIPPED, list_data
from detectors.steward.beside import ENTITIES, POLICIES
from detectors.steward.release import MANIFEST, pack_files
from detectors.steward.signing import public_key
from gateway.config import Config
from gateway.errors import ConfigError
from gateway.policy import PolicyFile, gather, policy_paths
from gateway.supervisor import signed

KEPT: Final = 8
"""Copies that were in force and stay in the state folder."""
LISTS: Final = "lists"
_NAMED: Final = "named"
"""The policies that are asked for by name, in order, and how many folders of packs there are."""
_ABOUT: Final = "about.json"
"""What a copy was called while it was in force; not part of its content."""

type Stamp = tuple[tuple[str, int, int, int], ...]
"""(file, time of change in ns, size, inode) of all that is watched; 0 where there is no such file."""


@dataclass(frozen=True, slots=True)
class Copy:
    digest: str
    packs: tuple[Path, ...]
    policy: str
    """Paths, separated by commas."""
    entities: Path
    lists: tuple[Path, ...]
    release: str
    """Such as `release 7`; empty where rules are used without a signature."""
    origins: Mapping[str, str] = field(repr=False)
    """Path in the copy → path of the original."""

    @property
    def settings(self) -> dict[str, str]:
        packs, lists = (",".join(str(path) for path in some) for some in (self.packs, self.lists))
        return {"packs": packs, "policy": self.policy, "entities": str(self.entities), "lists": lists}

    def told(self, message: str) -> str:
        """A message about the copy, as one about the originals."""
        for copied in sorted(self.origins, key=len, reverse=True):
            message = message.replace(copied, self.origins[copied])
        return message


@dataclass(frozen=True, slots=True)
class About:
    """A copy that was in force."""

    copy: str
    time: float
    """Unix seconds, when it was put in force last."""
    rules: str
    policy: str
    release: str


class RuleFiles:
    def __init__(self, config: Config) -> None:
        """Raises ConfigError where a policy or the key cannot be found."""
        self._packs: Sequence[Path] = config.packs or (PACKS,)
        self._policy = config.policy
        self._policies: tuple[Path, ...] = policy_paths(config.policy)
        self._entities = config.entities or RULES / ENTITIES
        self._lists: Sequence[Path] = config.lists or SHIPPED
        self._folder = config.state_dir.absolute() / "rules"
        self._in_force = ""
        self._key: Ed25519PublicKey | None = None
        if config.packs_public_key is not None:
            try:
                self._key = public_key(config.packs_public_key)
            except PackError as error:
                raise ConfigError(str(error)) from None

    def stamp(self) -> Stamp:
        """Changes when something is to be read anew. Where a signature is asked for, only a new release is."""
        if self._key is not None:
            return tuple(_stamp(file) for file in [*(path / MANIFEST for path in self._packs), *self._list_files()])
        files = [*self._policies, self._entities, *self._list_files()]
        for path in self._packs:
            files += sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        return tuple(_stamp(file) for file in files)

    def take(self) -> Copy:
        """Copy what is there now. Raises ConfigError with everything that is wrong."""
        gathered = gather(self._policy)
        self._policies = tuple(gathered)
        files, origins = self._read_packs()
        names = _names(gathered)
        for path, name in names.items():
            files[f"{POLICIES}/{name}"], origins[f"{POLICIES}/{name}"] = gathered[path].data, str(path)
        files[ENTITIES], origins[ENTITIES] = _content(self._entities), str(self._entities)
        for index, path in enumerate(self._lists):
            origins[f"{LISTS}/{index}"] = str(path if path.is_dir() else path.parent)
            files |= {f"{LISTS}/{index}/{_below(file, path)}": _content(file) for file in list_data((path,))}
        files[_NAMED] = orjson.dumps([len(self._packs), *(names[path] for path in policy_paths(self._policy))])
        target = self._folder / _digest(files)
        try:
            if not target.is_dir():
                _write(target, files)
            self._prune(target.name)
        except OSError as error:
            raise ConfigError(f"{self._folder}: rules cannot be copied there ({error.strerror}).") from None
        return self._copy(target, origins)

    def _list_files(self) -> list[Path]:
        return list_data(self._lists)

    def _read_packs(self) -> tuple[dict[str, bytes], dict[str, str]]:
        files: dict[str, bytes] = {}
        origins: dict[str, str] = {}
        for index, path in enumerate(self._packs):
            found = pack_files(path) if path.is_dir() else {path.name: _content(path)}
            if self._key is not None and (manifest := signed.manifest(path)):
                found[MANIFEST] = manifest
            files |= {f"{index}/{name}": data for name, data in found.items()}
            origins[str(index)] = str(path if path.is_dir() else path.parent)
        return files, origins

    def _copy(self, target: Path, origins: Mapping[str, str]) -> Copy:
        """What lies there, verified where a signature is asked for. Raises ConfigError."""
        count, *names = orjson.loads((target / _NAMED).read_bytes())
        packs = tuple(target / str(index) for index in range(count))
        shown = {str(target / name): original for name, original in origins.items()}
        policy, entities = ",".join(str(target / POLICIES / name) for name in names), target / ENTITIES
        lists = tuple(sorted((target / LISTS).glob("*"), key=lambda one: int(one.name))) or SHIPPED
        copy = Copy(target.name, packs, policy, entities, lists, "", shown)
        if self._key is None:
            return copy
        try:
            release = signed.verify(packs, sorted((target / POLICIES).glob("*.yaml")), entities, self._key)
        except PackError as error:
            raise ConfigError(copy.told(str(error))) from None
        return replace(copy, release=release)

    # --- earlier copies -----------------------------------------------------------------------------------------

    def note(self, copy: Copy, revisions: Mapping[str, str], now: float) -> None:
        """Write down that a copy is in force, for those who look for it later."""
        about = {
            "time": now,
            "release": copy.release,
            **{name: revisions.get(name, "") for name in ("rules", "policy")},
        }
        self._in_force = copy.digest
        with contextlib.suppress(OSError):  # it is in force all the same, and cannot be gone back to later
            (self._folder / copy.digest / _ABOUT).write_bytes(orjson.dumps(about))

    def kept(self) -> list[About]:
        """Copies that were in force and are still there, the latest first."""
        found = []
        for file in self._folder.glob(f"*/{_ABOUT}"):
            try:
                said = orjson.loads(file.read_bytes())
                found.append(About(file.parent.name, said["time"], said["rules"], said["policy"], said["release"]))
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return sorted(found, key=lambda one: -one.time)

    def earlier(self, name: str, running: Copy) -> Copy:
        """A copy by the beginning of its hash; without one, that which was in force before the running one.
        Raises ConfigError."""
        kept = [one for one in self.kept() if one.copy != running.digest]
        fits = [one for one in kept if one.copy.startswith(name)] if name else kept[:1]
        if len(fits) != 1:
            known = ", ".join(one.copy[:8] for one in kept) or "none is kept"
            what = f"There is no earlier copy {name!r}" if name else "There is nothing to go back to"
            raise ConfigError(f"{what if not fits else f'{name!r} names several copies'}. Choose one of: {known}.")
        target = self._folder / fits[0].copy
        try:
            if _digest(_contents(target)) != target.name:
                raise ConfigError(f"{target}: this copy was changed, so it is not used. Choose another.")
        except OSError as error:
            raise ConfigError(f"{target}: this copy cannot be read ({error.strerror}). Choose another.") from None
        return self._copy(target, {})

    def _prune(self, taken: str) -> None:
        """What was refused goes at once, what was in force in its turn; never what is: workers may be restarted."""
        stay = {taken, self._in_force, *(one.copy for one in self.kept()[:KEPT])}
        for one in self._folder.iterdir():
            if one.name not in stay:
                shutil.rmtree(one, ignore_errors=True)


def _below(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if root.is_dir() else file.name


def _names(files: Mapping[Path, PolicyFile]) -> dict[Path, str]:
    """They lie side by side in the copy, so each text has a name of its own."""
    seen: dict[str, Path] = {}
    for path, file in files.items():
        other = seen.setdefault(path.name, path)
        if files[other].data != file.data:
            raise ConfigError(f"{path}: another policy file is called {path.name} too ({other}). Rename one.")
    return {path: path.name for path in files}


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()[:32]


def _contents(target: Path) -> dict[str, bytes]:
    files = (file for file in target.rglob("*") if file.is_file() and file != target / _ABOUT)
    return {file.relative_to(target).as_posix(): file.read_bytes() for file in files}


def _write(target: Path, files: Mapping[str, bytes]) -> None:
    """Whole or not at all: under another name first."""
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700, parents=True)
    for name, data in files.items():
        file = fresh / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    fresh.rename(target)


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
