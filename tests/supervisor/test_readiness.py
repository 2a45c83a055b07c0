"""Ready is what every worker can vouch for, not the first of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.supervisor.fleet import Fleet
from gateway.supervisor.readiness import probe_of

GOOD = {"event": "tested", "found": {"PERSON": True}, "stores": True, "policy": "p@1", "detectors": "d"}


class Said(Fleet):
    """A fleet whose workers say what they are told to."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        super().__init__(len(answers), {}, {}, Path(), lambda _: None)
        self._answers = list(answers)

        self.dead = 0

    @property
    def alive(self) -> int:
        return self.count - self.dead

    async def command(self, command: str, **words: object) -> list[dict[str, Any]]:
        return self._answers


async def test_two_good_workers_are_ready() -> None:
    answer = await probe_of(Said(GOOD, GOOD), None)()
    assert answer.self_test == {"PERSON": True}
    assert all(check.ok for check in answer.checks.values())


@pytest.mark.parametrize(
    ("second", "failing"),
    [
        ({}, {"stores", "detectors", "policy"}),
        ({**GOOD, "stores": False}, {"stores"}),
        ({**GOOD, "policy": "p@2"}, {"policy"}),
        ({**GOOD, "detectors": "other"}, {"detectors"}),
    ],
)
async def test_one_bad_worker_is_enough(second: dict[str, Any], failing: set[str]) -> None:
    answer = await probe_of(Said(GOOD, second), None)()
    assert {name for name, check in answer.checks.items() if not check.ok} == failing


async def test_a_type_is_found_only_if_every_worker_finds_it() -> None:
    answer = await probe_of(Said(GOOD, {**GOOD, "found": {"PERSON": False}}), None)()
    assert answer.self_test == {"PERSON": False}


async def test_a_worker_that_died_is_told_at_once() -> None:
    fleet = Said(GOOD, GOOD)
    probe = probe_of(fleet, None)
    assert (await probe()).ready
    fleet.dead = 1
    assert not (await probe()).ready
