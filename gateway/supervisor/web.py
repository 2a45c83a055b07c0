"""The dashboard, in the supervisor's own event loop: it reads the decision log and asks the workers, no more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from gateway.config import Config
from gateway.dashboard.app import create_app
from gateway.dashboard.reader import ReadinessProbe
from gateway.dashboard.serve import serve
from gateway.observe import metrics
from gateway.stores.read import RecordReader
from gateway.supervisor.reload import Reloader
from gateway.supervisor.stores import Stores


class Dashboard:
    def __init__(
        self,
        config: Config,
        stores: Stores,
        folder: Path,
        probe: ReadinessProbe,
        rules: Reloader,
        token: str,
        more: Callable[[], bytes] = bytes,
    ) -> None:
        """`token`: of those who may change rules. `more`: what other children count, as Prometheus text."""
        self._config = config
        self._reader = RecordReader(stores.dashboard, ttl_seconds=round(config.records_ttl))
        hosts = config.dashboard_hosts

        def counted() -> bytes:
            return metrics.exposition(folder) + rules.exposition() + more()

        self._app = create_app(self._reader, probe, counted, hosts=hosts, rules=rules, token=token)
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        listening = asyncio.Event()
        self._task = asyncio.create_task(
            serve(self._app, self._config.dashboard_listen, self._stop, lambda _: listening.set())
        )
        heard = asyncio.create_task(listening.wait())
        await asyncio.wait({self._task, heard}, return_when=asyncio.FIRST_COMPLETED)
        heard.cancel()
        if self._task.done():
            await self._task  # raises what went wrong

    async def stop(self) -> None:
        self._stop.set()
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._reader.aclose()
