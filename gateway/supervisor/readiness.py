"""What `/readyz` asks: the workers' own self-test through the real pipeline, and who is alive."""

from __future__ import annotations

import time
from typing import Final

from gateway.dashboard.reader import Check, Readiness, ReadinessProbe
from gateway.supervisor.fleet import Fleet
from gateway.supervisor.local_model import LocalModel

FRESH_SECONDS: Final = 5.0
"""How long one answer serves everybody who asks."""


def probe_of(fleet: Fleet, local: LocalModel | None) -> ReadinessProbe:
    last: list[tuple[float, Readiness]] = []

    async def probe() -> Readiness:
        if last and time.monotonic() - last[0][0] < FRESH_SECONDS:
            return last[0][1]
        answer = await _ask(fleet, local)
        last[:] = [(time.monotonic(), answer)]
        return answer

    return probe


async def _ask(fleet: Fleet, local: LocalModel | None) -> Readiness:
    said = await fleet.ask("selftest")
    found = {str(name): bool(passed) for name, passed in said.get("found", {}).items()}
    checks = {
        "workers": Check(fleet.alive == fleet.count, f"{fleet.alive} of {fleet.count} run"),
        "stores": Check(
            bool(said.get("stores")), "vault and decision log answer" if said.get("stores") else "no answer"
        ),
        "detectors": Check(bool(found), str(said.get("detectors", ""))),
        "policy": Check(bool(said.get("policy")), str(said.get("policy", ""))),
    }
    if local is not None:
        checks["local_model"] = Check(local.alive, "runs" if local.alive else "has ended")
    return Readiness(checks, found)
