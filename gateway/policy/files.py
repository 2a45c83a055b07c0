"""Which files a policy is made of: those that are named, and those that they extend.

A name stands for `NAME.yaml` beside the file that extends it, else for the shipped one. So a folder that holds all
files of a policy, side by side, is that policy wherever it lies: the gateway runs from such a copy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import ConfigError
from gateway.policy.model import Categorised, PolicySource
from gateway.policy.parse import build_policy, extended
from gateway.yamlfile import Value, nearest, read


@dataclass(frozen=True, slots=True)
class PolicyFile:
    path: Path
    data: bytes = field(repr=False)
    root: Value = field(repr=False)
    extends: tuple[Path, ...] = ()


def policies_folder() -> Path:
    from detectors.paths import RULES

    return RULES / "policies"


def shipped_policies(folder: Path | None = None) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (folder or policies_folder()).glob("*.yaml")))


def policy_paths(names_or_paths: str, folder: Path | None = None) -> tuple[Path, ...]:
    """Where policies lie; several are separated by commas. Raises ConfigError where no shipped one is called so."""
    words = [word.strip() for word in names_or_paths.split(",") if word.strip()]
    if not words:
        raise ConfigError("policy: no policy is named. Name a shipped one, such as `default`, or a path.")
    return tuple(dict.fromkeys(_path(word, folder) for word in words))


def _path(word: str, folder: Path | None) -> Path:
    if "/" in word or word.endswith((".yaml", ".yml")):
        return Path(word).expanduser()
    known = shipped_policies(folder)
    if word not in known:
        raise ConfigError(f"policy: unknown policy {word!r}. {nearest(word, known)} Or give a path.")
    return (folder or policies_folder()) / f"{word}.yaml"


def gather(names_or_paths: str, folder: Path | None = None) -> dict[Path, PolicyFile]:
    """Path → file, those that are named first, then all that they extend. Raises ConfigError."""
    found: dict[Path, PolicyFile] = {}
    waiting = list(policy_paths(names_or_paths, folder))
    while waiting:
        path = waiting.pop(0)
        if path not in found:
            root = read(path)
            bases = tuple(_base(item, path, folder) for item in extended(root))
            found[path] = PolicyFile(path, path.read_bytes(), root, bases)
            waiting += bases
    return found


def _base(item: Value, path: Path, folder: Path | None) -> Path:
    beside = path.with_name(f"{item.scalar}.yaml")
    if beside == path:
        item.fail(f"the policy {item.scalar!r} extends itself", "Give your file another name.")
    if beside.is_file():
        return beside
    known = shipped_policies(folder)
    if item.scalar not in known:
        near = nearest(item.scalar, known)
        item.fail(f"extends {item.scalar!r}, and there is no {beside.name} beside this file", near)
    return (folder or policies_folder()) / f"{item.scalar}.yaml"


def sources(
    files: Mapping[Path, PolicyFile], entities: Mapping[str, Categorised], operators: Collection[str]
) -> dict[Path, PolicySource]:
    """Each file parsed, its bases first. Raises ConfigError, for circles and for two policies of one name as well."""
    done: dict[Path, PolicySource] = {}

    def build(path: Path, under_way: Sequence[Path]) -> PolicySource:
        if path in under_way:
            told = " → ".join(one.stem for one in (*under_way, path))
            raise ConfigError(f"{path}: policies extend each other in a circle ({told}). Remove one `extends`.")
        if path not in done:
            file = files[path]
            bases = [build(base, (*under_way, path)) for base in file.extends]
            for base in bases:
                if base.shadow:
                    mend = "Extend one that enforces, and write `mode: shadow` here."
                    raise ConfigError(f"{path}: extends {base.name!r}, which only observes. {mend}")
            done[path] = build_policy(file.root, file.data.decode("utf-8"), entities, operators, bases)
        return done[path]

    for path in files:
        build(path, ())
    _refuse_twins(done)
    return done


def _refuse_twins(done: Mapping[Path, PolicySource]) -> None:
    seen: dict[str, Path] = {}
    for path, source in done.items():
        other = seen.setdefault(source.name, path)
        if done[other].digest != source.digest:
            raise ConfigError(f"{path}: the policy is called {source.name!r}, as {other} is. Rename one of the two.")
