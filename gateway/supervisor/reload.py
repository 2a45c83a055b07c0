"""New packs and a new policy in running workers: all of them or none, and a broken one never replaces a good one.

    copy and verify → every worker prepares (loads, proves, compiles) → every worker commits; else: the old stays

Asked for by SIGHUP, or by the watch, which looks at the files every two seconds and waits until they rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from gateway.dashboard.reader import Check
from gateway.errors import ConfigError
from gateway.supervisor import report
from gateway.supervisor.fleet import Fleet
from gateway.supervisor.rulefiles import Copy, RuleFiles, Stamp

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

WATCH_SECONDS: Final = 2.0
PREPARE_SECONDS: Final = 120.0
_SHOWN: Final = 300
"""Characters of a reason in `/readyz`; all of it is on standard error."""


class Reloader:
    def __init__(self, files: RuleFiles, running: Copy, fleet: Fleet, started: Mapping[str, Any]) -> None:
        self._files, self._running, self._fleet = files, running, fleet
        self._revisions = {name: str(started.get(name, "")) for name in ("policy", "rules")}
        self._refused = ""
        self._seen: Stamp = files.stamp()
        self._turn = asyncio.Lock()
        self._metrics = _Metrics()

    @property
    def check(self) -> Check:
        """Ready all the same where new files were refused: the old rules guard as they did."""
        if not self._refused:
            return Check(ok=True, detail=self._named)
        return Check(ok=True, detail=f"{self._named} stays; the new files are refused: {self._refused[:_SHOWN]}")

    @property
    def _named(self) -> str:
        release = f" ({self._running.release})" if self._running.release else ""
        return f"rules {self._revisions['rules']}{release}, policy {self._revisions['policy']}"

    def exposition(self) -> bytes:
        return self._metrics.exposition()

    async def reload(self) -> bool:
        """True: what is on disk is in force now. What was refused is told once on standard error. Never raises."""
        async with self._turn:
            self._seen = await asyncio.to_thread(self._files.stamp)
            try:
                copy = await asyncio.to_thread(self._files.take)
            except ConfigError as error:
                return self._keep(str(error))
            if copy.digest == self._running.digest:
                self._refused = ""
                self._metrics.count("unchanged", stale=False)
                report.progress("rules", f"nothing has changed: {self._named}")
                return True
            return await self._replace(copy)

    async def _replace(self, copy: Copy) -> bool:
        said = await self._fleet.ask_all(PREPARE_SECONDS, "prepare", copy.settings)
        refused = [one for one in said if one.get("event") != "prepared"]
        if refused:
            await self._fleet.command("abort")
            return self._keep(copy.told(str(refused[0].get("message") or "a worker did not answer; try again.")))
        self._running = copy
        self._fleet.use(copy.settings)  # from here on whoever is restarted comes up with the new ones
        said = await self._fleet.command("commit")
        for index, one in enumerate(said):
            if one.get("event") != "committed":
                await self._fleet.recycle(index)
            else:
                self._revisions = {name: str(one.get(name, "")) for name in ("policy", "rules")}
        self._refused = ""
        self._metrics.count("loaded", stale=False)
        report.progress("rules", f"{self._named} loaded")
        return True

    def _keep(self, reason: str) -> bool:
        self._refused = reason
        self._metrics.count("refused", stale=True)
        report.problem(f"rules not loaded, the old ones stay ({self._named}): {reason}")
        return False

    async def watch(self) -> None:
        """Until cancelled. Changed files are read once they have rested for a round: an editor writes in steps."""
        before = self._seen
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = await asyncio.to_thread(self._files.stamp)
            if now == before and now != self._seen:
                await self.reload()
            before = now


class _Metrics:
    """The supervisor's own, beside those that the workers write."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge

        self._registry: CollectorRegistry = CollectorRegistry()
        self._reloads = Counter(
            "redline_rule_reloads", "Reloads of packs and policy", ["outcome"], registry=self._registry
        )
        for outcome in ("loaded", "unchanged", "refused"):
            self._reloads.labels(outcome)
        self._stale = Gauge(
            "redline_rules_stale",
            "1: the files on disk were refused, and older ones are in force",
            registry=self._registry,
        )
        self._since = Gauge("redline_rules_loaded_timestamp_seconds", "When rules were loaded", registry=self._registry)
        self._since.set_to_current_time()

    def count(self, outcome: str, *, stale: bool) -> None:
        self._reloads.labels(outcome).inc()
        self._stale.set(stale)
        if outcome == "loaded":
            self._since.set_to_current_time()

    def exposition(self) -> bytes:
        from prometheus_client import generate_latest

        return generate_latest(self._registry)
