"""The supervisor's own metrics, beside those that the workers write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class ReloadMetrics:
    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge

        self._registry: CollectorRegistry = CollectorRegistry()
        self._reloads = Counter(
            "redline_rule_reloads", "Reloads of packs, entity types and policies", ["outcome"], registry=self._registry
        )
        for outcome in ("loaded", "unchanged", "refused"):
            self._reloads.labels(outcome)
        self._stale = Gauge(
            "redline_rules_stale",
            "1: the files on disk were refused, and older ones are in force",
            registry=self._registry,
        )
        self._held = Gauge(
            "redline_rules_rolled_back",
            "1: somebody went back to an earlier copy; the files on disk are not in force",
            registry=self._registry,
        )
        self._since = Gauge("redline_rules_loaded_timestamp_seconds", "When rules were loaded", registry=self._registry)
        self._info = Gauge(
            "redline_rules_info", "What is in force", ["rules", "policy", "release", "copy"], registry=self._registry
        )

    def count(self, outcome: str, *, stale: bool) -> None:
        self._reloads.labels(outcome).inc()
        self._stale.set(stale)

    def held(self, *, rolled_back: bool) -> None:
        self._held.set(rolled_back)

    def running(self, revisions: Mapping[str, str], release: str, copy: str) -> None:
        """One line, of what is in force now."""
        self._since.set_to_current_time()
        self._info.clear()
        self._info.labels(revisions.get("rules", ""), revisions.get("policy", ""), release, copy[:8]).set(1)

    def exposition(self) -> bytes:
        from prometheus_client import generate_latest

        return generate_latest(self._registry)
