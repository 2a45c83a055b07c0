"""The self-test asks the detectors themselves, each time."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.packs.rules import RuleSet
from detectors.types import DetectorError, Finding, Part
from gateway.selftest import self_test

from .world import RegexDetector, World


class Mortal(RegexDetector):
    dead = False

    async def detect(self, parts: Sequence[Part]) -> Sequence[Finding]:
        if self.dead:
            raise DetectorError
        return await super().detect(parts)


async def test_a_detector_that_died_is_not_vouched_for_by_the_cache() -> None:
    detector = Mortal()
    world = World(detector=detector)
    rules = RuleSet((), "none")
    assert await self_test(world.gate, rules, names=True) == {"PERSON": True}
    assert await self_test(world.gate, rules, names=True) == {"PERSON": True}
    detector.dead = True
    assert await self_test(world.gate, rules, names=True) == {"PERSON": False}
