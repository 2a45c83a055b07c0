"""`redline up`: stores, local model, workers, dashboard; a sample; and at the end nothing of it is left.

stores → local model → workers → dashboard → ready → (sample) → SIGTERM or Ctrl-C → the same backwards
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.config import Config
from gateway.config.values import url as parse_url
from gateway.errors import ConfigError
from gateway.hosts import LOCAL
from gateway.observe import metrics
from gateway.stores.keys import KeyRing
from gateway.supervisor import admin_token, report
from gateway.supervisor.children import ChildError
from gateway.supervisor.control import Control, eraser
from gateway.supervisor.dump import dump
from gateway.supervisor.fleet import Fleet
from gateway.supervisor.local_model import LocalModel
from gateway.supervisor.ner import SharedNer
from gateway.supervisor.ports import check_free
from gateway.supervisor.readiness import probe_of
from gateway.supervisor.reload import Reloader
from gateway.supervisor.revival import Revival
from gateway.supervisor.rulefiles import Copy, RuleFiles
from gateway.supervisor.sample import send_samples
from gateway.supervisor.stores import Stores, open_stores
from gateway.supervisor.web import Dashboard

GRACE_SECONDS: Final = 3.0
"""On top of what open exchanges are given."""


def run(config: Config) -> int:
    """Run in the foreground until SIGTERM or SIGINT; returns the exit status. Raises ConfigError before it serves."""
    check_free(config)
    prepare_state(config)
    with contextlib.ExitStack() as stack:
        stores = open_stores(config)
        stack.callback(stores.stop)
        ner = SharedNer.start(config)
        stack.callback(ner.stop)
        return asyncio.run(Gateway(config, stores, ner).run())


def prepare_state(config: Config) -> None:
    try:
        config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"--state-dir: {config.state_dir} cannot be made ({os.strerror(error.errno or 0)})."
        ) from None
    KeyRing.resolve(config.state_dir)  # made once, before several processes would
    if config.proxy_listen is not None:
        from gateway.planes.mitm import certificate_authority

        certificate_authority(config.state_dir)


class Gateway:
    """One running gateway: what `redline up` is while it is up."""

    def __init__(self, config: Config, stores: Stores, ner: SharedNer) -> None:
        self._config = config
        self._ner = ner
        self._stores = stores
        self._stop = asyncio.Event()
        self._folder = metrics.prepare(config.state_dir)
        self._files = RuleFiles(config)

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._stop.set)
        try:
            async with contextlib.AsyncExitStack() as stack:
                return await self._serve(stack)
        except ChildError as error:
            report.problem(str(error))
            return 1

    async def _serve(self, stack: contextlib.AsyncExitStack) -> int:
        config, local = self._config, None
        report.progress("stores", self._stores.described)
        report.progress("names", self._ner.described)
        if config.upstream is None:
            local = LocalModel(config)
            stack.push_async_callback(local.stop)
            report.progress("model", await local.start())
        rules = self._files.take()
        settings = self._settings(local, rules)
        fleet = Fleet(config.workers, settings, dict(os.environ), self._folder, report.problem)
        stack.push_async_callback(fleet.stop, config.shutdown_timeout + GRACE_SECONDS)
        try:
            said = await fleet.start(_compiling)
        except ConfigError as error:
            raise ConfigError(rules.told(str(error))) from None
        report.progress("gateway", f"policy {said.get('policy')}, {config.workers} process(es), self-test passed")
        reloader = Reloader(self._files, rules, fleet, said)
        revival = Revival(self._stores.servers, report.problem)
        stack.push_async_callback(_ended, asyncio.create_task(revival.watch()))
        probe = probe_of(fleet, local, lambda: reloader.check, revival)
        token = admin_token.made(config)

        def counted() -> bytes:
            return self._ner.exposition() + revival.exposition()

        dashboard = Dashboard(config, self._stores, self._folder, probe, reloader, token, counted)
        await dashboard.start()
        stack.push_async_callback(_ended, asyncio.create_task(self._ner.watch(report.problem)))
        stack.push_async_callback(dashboard.stop)
        control = Control(config.state_dir, {"erase": eraser(fleet)})
        stack.push_async_callback(control.stop)
        await control.start()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: self._reload(reloader))
        if config.watch:
            stack.push_async_callback(_ended, asyncio.create_task(reloader.watch()))
        report.ready(config, local)
        if config.sample and local is not None and not self._stop.is_set():
            await send_samples(config, fleet)
        return await self._until_stopped(fleet)

    def _settings(self, local: LocalModel | None, rules: Copy) -> Mapping[str, object]:
        return {
            "config": dump(self._config) | rules.settings | _regions(self._config, local),
            "vault": self._stores.vault,
            "log": self._stores.log,
            "metrics": str(Path(self._folder).absolute()),
            "ner": self._ner.socket,
            "local_model": local.url if local else "",
            "local_socket": local.socket if local else "",
        }

    async def _until_stopped(self, fleet: Fleet) -> int:
        waits = [asyncio.create_task(self._stop.wait()), asyncio.create_task(fleet.broken.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if fleet.broken.is_set():
            report.problem("workers keep ending; giving up")
            return 1
        report.stopping()
        return 0

    def _reload(self, reloader: Reloader) -> None:
        self._reloading = asyncio.create_task(reloader.reload())


def _compiling(rules: int) -> None:
    report.progress("rules", f"compiling and proving {rules} rules (once; some seconds)")


def _regions(config: Config, local: LocalModel | None) -> dict[str, str]:
    """The model that we started is on this machine, whatever is said of other hosts."""
    if local is None:
        return {}
    url = parse_url(local.url)
    return {"upstream_regions": ",".join([f"{url.host}:{url.port}={LOCAL}", *map(str, config.upstream_regions)])}


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
