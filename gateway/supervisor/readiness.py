"""What `/readyz` asks: the workers' own self-test through the real pipeline, and who is alive."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gateway.dashboard.reader import Check, Readiness, ReadinessProbe
from gateway.supervisor.fleet import Fleet
from gateway.supervisor.local_model import LocalModel
from gateway.supervisor.revival import Revival

FRESH_SECONDS: Final = 5.0
"""How long one answer serves everybody who asks."""


def probe_of(
    fleet: Fleet,
    local: LocalModel | None,
    rules: Callable[[], Check] | None = None,
    revival: Revival | None = None,
) -> ReadinessProbe:
    """`rules`: what there is to say of packs and policy on disk. `revival`: of embedded stores that have died."""
    last: list[tuple[float, Readiness]] = []

    async def probe() -> Readiness:
        fresh = last and time.monotonic() - last[0][0] < FRESH_SECONDS
        if not fresh or fleet.alive != fleet.count or not (revival is None or revival.whole):  # the dead need no asking
            answer = await _ask(fleet, local)
            last[:] = [(time.monotonic(), answer)]
        checks = dict(last[0][1].checks)
        if revival is not None and revival.note:
            asked = checks["stores"]
            checks["stores"] = Check(asked.ok and revival.whole, f"{asked.detail}; {revival.note}")
        if rules is not None:
            checks["rules"] = rules()
        return replace(last[0][1], checks=checks)

    return probe


async def _ask(fleet: Fleet, local: LocalModel | None) -> Readiness:
    """What every worker can vouch for: one that fails its test would refuse, or worse, its share of the clients."""
    said = await fleet.command("selftest")
    found = _common([one.get("found", {}) for one in said])
    stores = all(one.get("stores") for one in said)
    policies, detectors = _named(said, "policy"), _named(said, "detectors")
    checks = {
        "workers": Check(fleet.alive == fleet.count, f"{fleet.alive} of {fleet.count} run"),
        "stores": Check(stores, "vault and decision log answer" if stores else "no answer"),
        "detectors": Check(bool(found) and len(detectors) == 1, ", ".join(detectors)),
        "policy": Check(len(policies) == 1 and all(policies), ", ".join(policies)),
    }
    if not all(one.get("names", True) for one in said):
        # Only where `ner_on_timeout` lets messages pass without: else the self-test has failed above.
        checks["names"] = Check(True, "the NER model does not answer; messages are judged without it")
    if local is not None:
        checks["local_model"] = Check(local.alive, "runs" if local.alive else "has ended")
    return Readiness(checks, found)


def _named(said: Sequence[Mapping[str, Any]], what: str) -> list[str]:
    """What the workers name, each once; several: they do not agree."""
    return sorted({str(one.get(what, "")) for one in said})


def _common(found: Sequence[Mapping[str, object]]) -> dict[str, bool]:
    """Entity type → found by all of them."""
    names = {name for one in found for name in one}
    return {name: all(one.get(name) for one in found) for name in sorted(names)}
