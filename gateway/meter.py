"""Carries what a worker's parts count into its metrics: each record as it is made, totals every few seconds."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from importlib import metadata

from gateway import observe
from gateway.app import App
from gateway.observe.metrics import Metrics
from gateway.observe.ner import NerMetrics

PERIOD_SECONDS = 2.0


class Meter:
    def __init__(self, app: App) -> None:
        self._app = app
        self._metrics = Metrics(entity_types=app.entities)
        self._ner = NerMetrics()
        app.gate.observer = self._metrics.record
        app.gate.on_chunk = self._metrics.chunk
        app.watch.observe = self._store
        self.tick()

    def _store(self, name: str, seconds: float, failed: bool) -> None:
        self._metrics.store(name, seconds, failed=failed)

    def tick(self) -> None:
        app, counters = self._app, self._app.gatekeeper.counters
        self._metrics.in_flight(counters.in_flight)
        minted = app.vault.stats.get("minted", 0)
        self._metrics.token_totals({"minted": minted, "restored": counters.restored, "unresolved": counters.unresolved})
        self._metrics.cache_totals(app.detectors.cache.hits, app.detectors.cache.misses)
        self._metrics.log_keys_dropped(observe.dropped())
        self._ner.totals(app.chain)
        self._metrics.unread_totals(asdict(app.gate.experiments.stats))
        revisions = app.gate.policy.revision, app.detectors.revision, app.gate.rules_revision
        self._metrics.revisions(*revisions, metadata.version("redline-gateway"))

    async def run(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_SECONDS)
            self.tick()
