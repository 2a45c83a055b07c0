"""Where a key is configured: nothing decides that is not part of a release signed with it. Packs, entity types and
policies alike, for a policy that allows everything is worth no less to an intruder than a pack that finds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from detectors.files.problems import PackError, Problem
from detectors.steward.beside import ENTITIES, POLICIES
from detectors.steward.release import MANIFEST, Release, digest, verified


def manifest(folder: Path) -> bytes:
    """As it lies there; empty where there is none, which `verify` refuses."""
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError:
        return b""


def verify(packs: Sequence[Path], policies: Sequence[Path], entities: Path, key: Ed25519PublicKey) -> str:
    """Such as `release 7`. Raises `PackError` with everything that is not as it was signed."""
    releases = [verified(folder, key)[0] for folder in packs]
    problems = [_refused(path, POLICIES, releases) for path in policies if not _signed(path, POLICIES, releases)]
    if not _signed(entities, ENTITIES, releases):
        problems.append(_refused(entities, ENTITIES, releases))
    if problems:
        raise PackError(problems)
    return ", ".join(f"release {release.number}" for release in releases)


def _signed(path: Path, kind: str, releases: Sequence[Release]) -> bool:
    """By content: where a policy lies says nothing of what it says."""
    known = {value for one in releases for name, value in one.beside.items() if name.partition("/")[0] == kind}
    return digest(path.read_bytes()) in known


def _refused(path: Path, kind: str, releases: Sequence[Release]) -> Problem:
    which = ", ".join(f"release {release.number}" for release in releases)
    if not any(release.beside for release in releases):
        return Problem(str(path), 0, f"{which} was published by an older version and signs packs only. Publish again.")
    what = "policy" if kind == POLICIES else "file of entity types"
    place = f"`{POLICIES}/`" if kind == POLICIES else f"`{ENTITIES}`"
    mend = f"Put it into {place} beside the folder of packs, and publish again."
    return Problem(str(path), 0, f"This {what} is not as it was signed in {which}. {mend}")
