"""New packs, entity types and policies in running workers: all or none, and broken ones never replace good ones.

    copy and verify → every worker prepares (loads, proves, compiles) → every worker commits; else: the old stays

Asked for by SIGHUP, over HTTP (`POST /api/rules/reload`), or by the watch, which looks at the files every two seconds
and waits until they rest. Going back (`POST /api/rules/rollback`) takes the same way, from a copy that is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from gateway.dashboard.admin import Answer
from gateway.dashboard.reader import Check
from gateway.errors import ConfigError
from gateway.supervisor import report
from gateway.supervisor.fleet import Fleet
from gateway.supervisor.reload_metrics import ReloadMetrics
from gateway.supervisor.rulefiles import Copy, RuleFiles, Stamp

WATCH_SECONDS: Final = 2.0
PREPARE_SECONDS: Final = 120.0
_SHOWN: Final = 300
"""Characters of a reason in `/readyz`; all of it is on standard error."""
_REVISIONS: Final = ("policy", "rules", "detectors")


class Reloader:
    """Implements `gateway.dashboard.admin.RulesAdmin`."""

    def __init__(self, files: RuleFiles, running: Copy, fleet: Fleet, started: Mapping[str, Any]) -> None:
        self._files, self._running, self._fleet = files, running, fleet
        self._refused = ""
        self._rolled_back = False
        self._seen: Stamp = files.stamp()
        self._turn = asyncio.Lock()
        self._metrics = ReloadMetrics()
        self._in_force(started)

    @property
    def check(self) -> Check:
        """Ready all the same where new files were refused: the old rules guard as they did."""
        if self._refused:
            return Check(ok=True, detail=f"{self._named} stays; the new files are refused: {self._refused[:_SHOWN]}")
        held = "; rolled back, the files on disk are not in force" if self._rolled_back else ""
        return Check(ok=True, detail=f"{self._named}{held}")

    @property
    def _named(self) -> str:
        release = f" ({self._running.release})" if self._running.release else ""
        return f"rules {self._revisions['rules']}{release}, policy {self._revisions['policy']}"

    def exposition(self) -> bytes:
        return self._metrics.exposition()

    def state(self) -> Mapping[str, Any]:
        """What is in force, since when, what was refused, and what there is to go back to. Never payload."""
        return {
            **self._revisions,
            "copy": self._running.digest,
            "release": self._running.release,
            "since": self._since,
            "refused": self._refused,
            "rolled_back": self._rolled_back,
            "experimental": dict(self._experimental),
            "kept": [asdict(one) for one in self._files.kept()],
        }

    async def reload(self) -> Answer:
        """Put what is on disk in force. What was refused is told once on standard error. Never raises."""
        async with self._turn:
            self._seen = await asyncio.to_thread(self._files.stamp)
            try:
                copy = await asyncio.to_thread(self._files.take)
            except ConfigError as error:
                return self._keep(str(error))
            if copy.digest == self._running.digest:
                self._refused, self._rolled_back = "", False
                self._metrics.count("unchanged", stale=False)
                report.progress("rules", f"nothing has changed: {self._named}")
                return self._answer("unchanged")
            answer = await self._replace(copy)
            self._rolled_back = self._rolled_back and not answer.ok
            self._metrics.held(rolled_back=self._rolled_back)
            return answer

    async def roll_back(self, to: str = "") -> Answer:
        """Put an earlier copy in force, by the beginning of its hash; without one, that before the running one.
        It stays until the files change, a reload is asked for, or the gateway is restarted. Never raises."""
        async with self._turn:
            self._seen = await asyncio.to_thread(self._files.stamp)
            try:
                copy = await asyncio.to_thread(self._files.earlier, to, self._running)
            except ConfigError as error:
                return self._answer("refused", str(error))
            answer = await self._replace(copy)
            self._rolled_back = self._rolled_back or answer.ok
            self._metrics.held(rolled_back=self._rolled_back)
            return answer

    async def _replace(self, copy: Copy) -> Answer:
        said = await self._fleet.ask_all(PREPARE_SECONDS, "prepare", copy.settings)
        refused = [one for one in said if one.get("event") != "prepared"]
        if refused:
            await self._fleet.command("abort")
            return self._keep(copy.told(str(refused[0].get("message") or "a worker did not answer; try again.")))
        self._fleet.use(copy.settings)  # from here on whoever is restarted comes up with the new ones
        said = await self._fleet.command("commit")
        self._running = copy  # not sooner: `/readyz` names what judges messages
        for index, one in enumerate(said):
            if one.get("event") != "committed":
                await self._fleet.recycle(index)
            else:
                self._in_force(one)
        self._refused = ""
        self._metrics.count("loaded", stale=False)
        report.progress("rules", f"{self._named} loaded")
        return self._answer("loaded")

    def _in_force(self, said: Mapping[str, Any]) -> None:
        self._since = time.time()
        self._revisions = {name: str(said.get(name, "")) for name in _REVISIONS}
        self._experimental = {str(rule): str(kind) for rule, kind in dict(said.get("experimental") or {}).items()}
        self._files.note(self._running, self._revisions, self._since)
        self._metrics.running(self._revisions, self._running.release, self._running.digest)

    def _keep(self, reason: str) -> Answer:
        self._refused = reason
        self._metrics.count("refused", stale=True)
        report.problem(f"rules not loaded, the old ones stay ({self._named}): {reason}")
        return self._answer("refused", reason)

    def _answer(self, outcome: str, reason: str = "") -> Answer:
        return Answer(outcome, reason, self._revisions["rules"], self._revisions["policy"], self._running.release)

    async def watch(self) -> None:
        """Until cancelled. Changed files are read once they have rested for a round: an editor writes in steps."""
        before = self._seen
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = await asyncio.to_thread(self._files.stamp)
            if now == before and now != self._seen:
                await self.reload()
            before = now
