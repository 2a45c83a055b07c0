"""The steward's files in a configuration: context words, lists, thresholds."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.entities import EntityType
from detectors.problems import PackError
from detectors.refine.language import LANGUAGES
from detectors.refine.listpack import DENY, with_pack
from detectors.refine.refiner import Refiner
from detectors.refine.steering import Steering, load_steering
from detectors.rules import RuleSet
from gateway.config import Config
from gateway.errors import ConfigError


def steering_of(config: Config, entities: Mapping[str, EntityType]) -> Steering:
    """Raises ConfigError with everything that is wrong."""
    try:
        found = load_steering(config.lists, entities)
    except PackError as error:
        raise ConfigError(str(error)) from None
    if config.packs_public_key is not None and (weakening := sorted(found.own - {DENY})):
        kinds = ", ".join(weakening)
        raise ConfigError(
            f"lists: {kinds}: not part of a signed release; with packs_public_key only deny lists may be one's own."
        )
    return found


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
