"""The steward's files together: context words, allow lists, deny lists, thresholds. Read all, or `PackError`.

A file says by its first key what it is: `context`, `allow`, `deny` or `thresholds`. Of the kinds that the given paths
do not hold, the shipped context words and thresholds are used.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from detectors.entities import EntityType, load_entities
from detectors.files import yamlfile
from detectors.files.problems import PackError, Problem
from detectors.files.yamlfile import Node
from detectors.paths import RULES
from detectors.refine.cues import NO_CUES, Cues, read_cues
from detectors.refine.entries import Group, GroupReader, literals
from detectors.refine.listpack import ALLOW, DENY, ListPack, pack_of
from detectors.refine.thresholds import Thresholds, read_thresholds

LISTS: Final[Path] = RULES / "lists"
CONTEXT: Final[Path] = RULES / "context"
SHIPPED: Final = (LISTS, CONTEXT)
KINDS: Final = (ALLOW, DENY, "thresholds", "context")
VERSION: Final = "1"
"""Part of every revision: raise it when this package, not a file, changes what is found."""


@dataclass(frozen=True, slots=True)
class Steering:
    cues: Cues
    allow: ListPack = field(repr=False)
    deny: ListPack = field(repr=False)
    hashed: tuple[Group, ...] = field(repr=False)
    """Allow groups with hashed entries."""
    thresholds: Thresholds
    digest: str
    ends: tuple[float, ...]
    """When groups cease to hold, ascending."""
    own: frozenset[str] = frozenset()
    """Kinds of which there is a file that does not ship with us."""
    weakening: tuple[Path, ...] = ()
    """Files of one's own by which less is found, with the texts beside them that they may name."""

    def revision(self, now: float) -> str:
        """Changes when a file does, and when a group ceases to hold."""
        return f"{self.digest}-{bisect_right(self.ends, now)}"


@dataclass(slots=True)
class _Read:
    """What the files say so far."""

    groups: dict[str, list[Group]] = field(default_factory=lambda: {ALLOW: [], DENY: []})
    lines: dict[str, float] = field(default_factory=dict)
    cues: Cues = NO_CUES
    seen: dict[str, str] = field(default_factory=dict)
    """Kind → file, of kinds of which there is one."""
    own: set[str] = field(default_factory=set)
    weakening: list[Path] = field(default_factory=list)


def load_steering(paths: Sequence[Path] = (), entities: Mapping[str, EntityType] | None = None) -> Steering:
    """Files, or folders of `*.yaml`; none: the shipped ones. Raises `PackError` with everything that is wrong."""
    known = load_entities() if entities is None else entities
    problems: list[Problem] = []
    read = _Read()
    for file in list_files(paths or SHIPPED, problems):
        _take(file, known, read, problems)
    for kind, folder in (("thresholds", LISTS / "thresholds.yaml"), ("context", CONTEXT / "names.yaml")):
        if kind not in read.seen:
            _take(folder, known, read, problems)
    _contradictions(read.groups, problems)
    packs = {kind: pack_of(kind, groups, problems) for kind, groups in read.groups.items()}
    if problems:
        raise PackError(sorted(set(problems), key=lambda one: (one.file, one.line)))
    thresholds = Thresholds(read.lines, known)
    digests = (VERSION, read.cues.digest, thresholds.digest, *(packs[kind].pack.digest for kind in (ALLOW, DENY)))
    ends = sorted(group.ends for groups in read.groups.values() for group in groups if group.ends is not None)
    return Steering(
        cues=read.cues,
        allow=packs[ALLOW],
        deny=packs[DENY],
        hashed=tuple(group for group in read.groups[ALLOW] if group.hashes),
        thresholds=thresholds,
        digest=hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16],
        ends=tuple(ends),
        own=frozenset(read.own),
        weakening=tuple(dict.fromkeys(read.weakening)),
    )


def list_files(paths: Sequence[Path], problems: list[Problem]) -> list[Path]:
    """The YAML files of the paths. A folder may be empty: then there are no lists."""
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            problems.append(Problem(str(path), 0, "There is no such file or folder. Check the setting `lists`."))
        files += sorted(path.rglob("*.yaml")) if path.is_dir() else [path] if path.exists() else []
    return list(dict.fromkeys(files))


def _ships(file: Path) -> bool:
    """By content: a copy of what ships is no list of one's own."""
    data = file.read_bytes()
    return any(one.read_bytes() == data for folder in SHIPPED for one in folder.glob("*.yaml"))


def list_data(paths: Sequence[Path]) -> list[Path]:
    """All files that lists are made of, the texts that they name included; a path that is a file brings the texts
    beside it."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(one for one in path.rglob("*") if one.suffix in {".yaml", ".txt"})
        else:
            files += [path, *sorted(path.parent.glob("*.txt"))]
    return list(dict.fromkeys(files))


def _take(file: Path, entities: Mapping[str, EntityType], read: _Read, problems: list[Problem]) -> None:
    try:
        root = yamlfile.read(file)
        kind = _kind(file, root)
    except PackError as error:
        problems += error.problems
        return
    if not _ships(file):
        read.own.add(kind)
        if kind != DENY:
            read.weakening += [file, *(sorted(file.parent.glob("*.txt")) if kind == ALLOW else [])]
    if kind in read.groups:
        read.groups[kind] += GroupReader(file, entities, problems).groups(root, kind)
        return
    if kind in read.seen:
        message = f"There is a file with '{kind}' already: {read.seen[kind]}. Join the two."
        problems.append(Problem(str(file), 1, message))
    read.seen[kind] = str(file)
    if kind == "context":
        read.cues = read_cues(file, root, entities, problems)
    else:
        read.lines = read_thresholds(file, root, entities, problems)


def _kind(file: Path, root: Node) -> str:
    names = [name for name in root.mapping() or {} if name in KINDS]
    if len(names) != 1:
        what = "two kinds of list" if names else "no list"
        mend = f"Begin it with one of: {', '.join(f'{kind}:' for kind in KINDS)}."
        raise PackError.one(file, root.line, f"The file holds {what}. {mend}")
    return names[0]


def _contradictions(groups: Mapping[str, Sequence[Group]], problems: list[Problem]) -> None:
    """A group id of two files; a literal that is on an allow and on a deny list for the same type."""
    for some in groups.values():
        first: dict[str, Group] = {}
        for group in some:
            other = first.setdefault(group.id, group)
            if other.file != group.file:
                message = f"The group id '{group.id}' is used by {other.file} as well. Rename one of the two."
                problems.append(Problem(group.file, group.line, message))
    denied = {
        (name, text.casefold()): group for group in groups[DENY] for name in group.types for text in literals([group])
    }
    for group in groups[ALLOW]:
        for entry in group.entries:
            for name in group.types:
                denier = denied.get((name, entry.literal.casefold()))
                if denier is not None:
                    message = f"An entry of group '{group.id}' is denied by group '{denier.id}'. Remove one of the two."
                    problems.append(Problem(entry.file, entry.line, message))
