"""From edited packs to a release: proof, versions, manifest; and back again."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from detectors.entities import parse_entities
from detectors.files import yamlfile
from detectors.files.problems import PackError
from detectors.packs.detector import load_packs
from detectors.packs.rules import Pack, Rule, RuleSet, Status
from detectors.paths import RULES
from detectors.steward import signing, trial
from detectors.steward.beside import ENTITIES, Beside, beside
from detectors.steward.release import (
    MANIFEST,
    Kept,
    Release,
    current,
    digest,
    history,
    keep,
    pack_files,
    replace_file,
)

_VERSION: Final = re.compile(r"""(\bversion["']?\s*:\s*)(\d+)\b""")


@dataclass(frozen=True, slots=True)
class Bump:
    file: Path
    line: int
    what: str
    """Such as `pack cn-identity` or `rule cn-identity/mobile`."""
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Published:
    release: Release
    bumps: tuple[Bump, ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    """Rules as `pack/rule`, against the release before."""
    key_id: str
    fresh: bool = True
    """False: nothing has changed since the last release, which stays."""


def fingerprint(rule: Rule) -> str:
    """Of all that can change a finding; texts for people, examples and status are not part of it."""
    said = (
        rule.entity_type,
        [(pattern.source, pattern.ignore_case, pattern.max_width) for pattern in rule.patterns],
        repr(rule.boundary),
        rule.validator_names,
        repr(rule.context),
        repr(rule.score),
        rule.spaced,
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def publish(
    folder: Path,
    key: Ed25519PrivateKey | None = None,
    *,
    note: str = "",
    entity_types: Collection[str] | None = None,
    dry: bool = False,
) -> Published:
    """Prove, raise versions where a rule changed, and put a new manifest in force. Raises `PackError`.

    dry: say what would be done, and write nothing."""
    if not folder.is_dir():
        raise PackError.one(folder, 0, "Only a folder of packs can be published. Name the folder.")
    near = beside(folder)
    entity_types = entity_types or parse_entities(near.entities)
    rules = load_packs([folder], entity_types)
    _prove(rules)
    past, last = history(folder), current(folder)
    bumps = _bumps(rules, past)
    if not dry and bumps:
        for bump in bumps:
            _raise_version(bump)
        rules = load_packs([folder], entity_types)
        _confirm(rules, bumps)
    number = max([one.release.number for one in past] + ([last[0].number] if last else []), default=0) + 1
    release = _release(rules, folder, number, note, near)
    before = last[0] if last else None
    identity = signing.key_id(key.public_key()) if key is not None else ""
    signed = last is not None and (key is None or identity in {name for name, _ in last[1].signatures})
    same = before is not None and _contents(before) == _contents(release)
    if before is not None and same and signed and not bumps:
        return Published(before, (), (), (), (), identity, fresh=False)
    if not dry:
        keep(folder, release, signing.sign(release.dump(), key), pack_files(folder), near.texts)
    return Published(release, tuple(bumps), *_compared(before, release), identity)


def _prove(rules: RuleSet) -> None:
    failures = [failure.problem for one in trial.run(rules) for failure in one.failures]
    if failures:
        raise PackError(failures)


def _contents(release: Release) -> tuple[dict[str, str], dict[str, str]]:
    return dict(release.files), dict(release.beside)


def _release(rules: RuleSet, folder: Path, number: int, note: str, near: Beside) -> Release:
    return Release(
        number=number,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        revision=rules.revision,
        files={name: digest(data) for name, data in pack_files(folder).items()},
        packs={pack.id: pack.version for pack in rules.packs},
        rules={rule.name: fingerprint(rule) for rule in rules.rules},
        experimental=tuple(rule.name for rule in rules.rules if rule.status is Status.EXPERIMENTAL),
        note=note,
        beside={name: digest(data) for name, data in near.files.items()},
    )


def _bumps(rules: RuleSet, past: list[Kept]) -> list[Bump]:
    used = {name: said for one in past for name, said in one.release.rules.items()}
    before = past[-1].release if past else None
    found: list[Bump] = []
    for pack in rules.packs:
        own: list[Bump] = []
        for rule in pack.rules:
            if used.get(rule.name, fingerprint(rule)) != fingerprint(rule):
                fresh = 1 + max(_versions(used, f"{rule.pack}/{rule.id}"), default=rule.version)
                own.append(Bump(Path(rule.file), 0, f"rule {rule.pack}/{rule.id}", rule.version, fresh))
        if before is not None and before.packs.get(pack.id) == pack.version and (own or _edited(pack, before)):
            own.append(Bump(Path(pack.file), 0, f"pack {pack.id}", pack.version, pack.version + 1))
        found += own
    return found


def _versions(used: Mapping[str, str], name: str) -> list[int]:
    return [int(one.partition("@")[2]) for one in used if one.partition("@")[0] == name]


def _edited(pack: Pack, before: Release) -> bool:
    return pack.digest not in before.files.values()


def _raise_version(bump: Bump) -> None:
    """One number in one line; comments and layout stay."""
    text = bump.file.read_text(encoding="utf-8")
    root = yamlfile.parse(text, str(bump.file)).mapping() or {}
    kind, _, name = bump.what.partition(" ")
    node = root.get("version")
    if kind == "rule":
        fields = [item.mapping() or {} for item in (root["rules"].sequence() or [])]
        node = next(one["version"] for one in fields if one["id"].value == name.partition("/")[2])
    lines = text.splitlines(keepends=True)
    place = (node.line if node else 1) - 1
    lines[place] = _VERSION.sub(lambda found: f"{found[1]}{bump.new}", lines[place], count=1)
    replace_file(bump.file, "".join(lines).encode())


def _confirm(rules: RuleSet, bumps: list[Bump]) -> None:
    said = {f"pack {pack.id}": pack.version for pack in rules.packs}
    said |= {f"rule {rule.pack}/{rule.id}": rule.version for rule in rules.rules}
    for bump in bumps:
        if said.get(bump.what) != bump.new:
            message = f"The version of {bump.what} cannot be raised here. Write `version: {bump.new}` by hand."
            raise PackError.one(bump.file, bump.line, message)


def _compared(before: Release | None, after: Release) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    was = {name.partition("@")[0]: said for name, said in (before.rules if before else {}).items()}
    now = {name.partition("@")[0]: said for name, said in after.rules.items()}
    return (
        tuple(name for name in now if name not in was),
        tuple(name for name, said in now.items() if name in was and was[name] != said),
        tuple(name for name in was if name not in now),
    )


def roll_back(
    folder: Path,
    number: int | None = None,
    key: Ed25519PrivateKey | None = None,
    *,
    entity_types: Collection[str] | None = None,
    discard: bool = False,
) -> Release:
    """Put the packs of an earlier release back, with the entity types and policies that lay beside them, as a new
    release. None: the one before the current.

    discard: also where files hold changes that were never published."""
    past, last = history(folder), current(folder)
    if last is None:
        raise PackError.one(folder, 0, "Nothing was published here, so there is nothing to go back to.")
    target = _target(past, last[0], number, folder)
    if last[1].signatures and key is None:
        raise PackError.one(folder / MANIFEST, 0, "The release in force is signed. Roll back with `--key FILE`.")
    files = pack_files(folder)
    edited = _edits(folder, files, last[0])
    if edited and not discard:
        mend = "Publish them, or roll back with --discard, which loses them."
        raise PackError.one(edited[0], 0, f"There are changes that were never published. {mend}")
    _try_out(target, entity_types)
    for name, text in target.beside.items():
        replace_file(folder.absolute().parent / name, text.encode())
    for name, text in target.texts.items():
        replace_file(folder / name, text.encode())
    for name in files.keys() - target.texts.keys():
        (folder / name).unlink()
    near = beside(folder)
    rules = load_packs([folder], entity_types or parse_entities(near.entities))
    note = f"rolled back to release {target.release.number}"
    fresh = _release(rules, folder, past[-1].release.number + 1, note, near)
    keep(folder, fresh, signing.sign(fresh.dump(), key), pack_files(folder), near.texts)
    return fresh


def _edits(folder: Path, files: Mapping[str, bytes], last: Release) -> list[Path]:
    """Files that are not as they were published."""
    near = beside(folder)
    found = [folder / name for name, data in files.items() if last.files.get(name) != digest(data)]
    if last.beside:
        found += [near.root / name for name in sorted(near.own) if last.beside.get(name) != digest(near.files[name])]
    return found


def _target(past: list[Kept], last: Release, number: int | None, folder: Path) -> Kept:
    if number is None:
        older = [one for one in past if _contents(one.release) != _contents(last) and one.release.number < last.number]
        if older:
            return older[-1]
        raise PackError.one(folder, 0, "There is no earlier release with other files to go back to.")
    for one in past:
        if one.release.number == number:
            return one
    known = ", ".join(str(one.release.number) for one in past)
    raise PackError.one(folder, 0, f"There is no release {number}. Choose one of: {known}.")


def _try_out(target: Kept, entity_types: Collection[str] | None) -> None:
    """An old release must still load with the engine of today before anything is touched."""
    with tempfile.TemporaryDirectory(prefix="redline-") as place:
        for name, text in target.texts.items():
            file = Path(place) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="redline-") as other:
            types = Path(other) / ENTITIES
            types.write_text(target.beside.get(ENTITIES) or (RULES / ENTITIES).read_text(encoding="utf-8"), "utf-8")
            load_packs([Path(place)], entity_types or parse_entities(types))
