"""The steward's files in a configuration: context words, lists, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from detectors.entities import EntityType
from detectors.files.problems import PackError
from detectors.packs.rules import RuleSet
from detectors.paths import PACKS
from detectors.refine.language import LANGUAGES
from detectors.refine.listpack import with_pack
from detectors.refine.refiner import Refiner
from detectors.refine.steering import Steering, load_steering
from gateway.config import Config
from gateway.errors import ConfigError


def steering_of(config: Config, entities: Mapping[str, EntityType]) -> Steering:
    """Raises ConfigError with everything that is wrong."""
    try:
        found = load_steering(config.lists, entities)
    except PackError as error:
        raise ConfigError(str(error)) from None
    if config.packs_public_key is not None and found.weakening:
        _refuse_unsigned(config, found.weakening, config.packs_public_key)
    return found


def _refuse_unsigned(config: Config, files: Sequence[Path], key: Path) -> None:
    """What lets values pass must be as it was signed, by content. Deny lists only ever add: they need no signature."""
    from detectors.steward.beside import LISTS
    from detectors.steward.release import digest, verified
    from detectors.steward.signing import public_key

    try:
        releases = [verified(folder, public_key(key))[0] for folder in config.packs or (PACKS,)]
    except PackError as error:
        raise ConfigError(str(error)) from None
    known = {said for one in releases for name, said in one.beside.items() if name.partition("/")[0] == LISTS}
    which = ", ".join(f"release {release.number}" for release in releases)
    mend = f"Put it into `{LISTS}/` beside the folder of packs, and publish again; only deny lists need no signature."
    unsigned = [file for file in files if digest(file.read_bytes()) not in known]
    if unsigned:
        raise ConfigError("\n".join(f"{file}: This list is not part of {which}. {mend}" for file in unsigned))


def with_denied(rules: RuleSet, steering: Steering) -> RuleSet:
    """The rules, and the entries of the deny lists as further ones."""
    return with_pack(rules, steering.deny.pack)


def refiner_of(config: Config, steering: Steering) -> Refiner:
    return Refiner(steering, consistency=config.consistency)


def silenced(refiner: Refiner | None, entities: Mapping[str, EntityType]) -> frozenset[str]:
    """Entity types that a threshold of 1 turns off, in every language."""
    if refiner is None:
        return frozenset()
    of = refiner.steering.thresholds.of
    return frozenset(name for name in entities if all(of(name, language) >= 1 for language in LANGUAGES))
