"""One gateway process: planes over one App. Started by the supervisor, told everything over stdin.

It says `ready` after its sockets are open and its self-test has passed, takes up new rules on command (in two steps,
so that all workers do or none), and ends on SIGTERM or when its supervisor is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from detectors import diskcache
from gateway import observe, testing_faults
from gateway.app import App, Prepared, StoreUrls, build, keys_of
from gateway.config import Address, Config, load
from gateway.config.values import url as parse_url
from gateway.errors import ConfigError, RedlineError, StoreError
from gateway.meter import Meter
from gateway.observe import metrics
from gateway.planes import asgi
from gateway.planes.settings import PlaneSettings, Timeouts
from gateway.routing import Router
from gateway.stores.connect import describe
from gateway.types import Scope

if TYPE_CHECKING:
    from gateway.planes import mitm


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    try:
        uvloop.run(_serve(settings))
    except ConfigError as error:
        _say(event="config_error", message=str(error))
        sys.exit(2)


def _say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _compiling(rules: int) -> None:
    """The supervisor then has more patience."""
    _say(event="compiling", rules=rules)


async def _serve(settings: Mapping[str, Any]) -> None:
    config = load(None, settings["config"], env={})
    observe.configure_logging(config.log_level)
    observe.quiet_loop(asyncio.get_running_loop())
    metrics.join(Path(settings["metrics"]))
    with diskcache.turn():  # several workers that start for the first time compile the rules once
        urls = StoreUrls(settings["vault"], settings["log"])
        app = build(config, urls, keys_of(config), settings.get("ner", ""), _compiling)
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(app.aclose)
        try:
            await app.ping()
        except StoreError as error:
            where = describe(settings["vault" if error.code == "vault_failed" else "log"])
            raise ConfigError(f"--redis-url: no Redis answers at {where}. Start it, or correct the URL.") from None
        failed = [name for name, passed in (await app.self_test()).items() if not passed]
        if failed:
            _say(event="failed", message=f"The self-test did not find: {', '.join(sorted(failed))}.")
            return
        gc.collect()
        gc.freeze()  # rules and word lists live as long as the process: no collection need look at them again
        testing_faults.arm()
        meter = Meter(app)
        await _open_planes(stack, app, settings)
        _say(event="ready", **_revisions(app))
        stack.push_async_callback(_ended, asyncio.create_task(_obey(app, stop)))
        stack.push_async_callback(_ended, asyncio.create_task(meter.run()))
        await stop.wait()


async def _open_planes(stack: contextlib.AsyncExitStack, app: App, settings: Mapping[str, Any]) -> None:
    config = app.config
    local = parse_url(settings["local_model"]) if settings.get("local_model") else None
    planes = plane_settings(config)
    if local is not None and settings["local_socket"]:
        planes = replace(planes, unix_hosts={local.host: Path(settings["local_socket"])})
    router = Router(config, local)
    if config.plane == "asgi":
        server = asgi.AsgiServer(
            asgi.create_app(app.gatekeeper, router, planes), config.listen.host, config.listen.port, planes
        )
        await server.start()
        stack.push_async_callback(server.stop)
    wanted: list[tuple[mitm.Mode, Address]] = []
    if config.plane == "mitm":
        wanted.append(("reverse", config.listen))
    if config.proxy_listen is not None:
        wanted.append(("forward", config.proxy_listen))
    for mode, address in wanted:
        plane = _mitm(app, mode, address, planes, router)
        await plane.start()
        stack.push_async_callback(plane.stop)


def _mitm(app: App, mode: mitm.Mode, address: Address, planes: PlaneSettings, router: Router) -> mitm.MitmServer:
    from gateway.planes import mitm  # 70 MB that the asgi plane alone does not need

    return mitm.MitmServer(
        app.gatekeeper,
        address.host,
        address.port,
        planes,
        mode=mode,
        state_dir=app.config.state_dir,
        resolve=router if mode == "reverse" else None,
    )


def plane_settings(config: Config) -> PlaneSettings:
    times = Timeouts(
        header=config.header_timeout,
        body_idle=config.idle_timeout,
        hook=config.inspect_timeout + 5,
        connect=config.connect_timeout,
        first_byte=config.upstream_timeout,
        upstream_idle=config.upstream_timeout,
        drain=config.shutdown_timeout,
    )
    settings = PlaneSettings(limits=config.limits, timeouts=times, allow_non_loopback=config.allow_non_loopback)
    return replace(settings, ca_bundle=config.upstream_ca) if config.upstream_ca else settings


async def _obey(app: App, stop: asyncio.Event) -> None:
    """Commands of the supervisor, one JSON line each; end of file: it is gone."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        said = json.loads(line)
        _say(**await _COMMANDS[said["command"]](app, said))
    stop.set()


_SHOWN = 400
"""Experimental rules that are told of: an answer is one line of at most 64 KiB."""
_prepared: list[Prepared] = []
"""What waits for the word of the supervisor: at most one."""


async def _prepare(app: App, said: Mapping[str, Any]) -> dict[str, object]:
    _prepared.clear()
    try:
        packs, lists = ([Path(path) for path in said[name].split(",")] for name in ("packs", "lists"))
        _prepared.append(await app.prepare(packs, said["policy"], Path(said["entities"]), lists))
    except RedlineError as error:
        return {"event": "refused", "message": str(error)}
    return {"event": "prepared"}


async def _commit(app: App, _: Mapping[str, Any]) -> dict[str, object]:
    """At once in this process: nothing is awaited between the first change and the last."""
    if not _prepared:
        return {"event": "refused", "message": "nothing is prepared"}
    app.commit(_prepared.pop())
    return {"event": "committed", **_revisions(app)}


async def _abort(_: App, __: Mapping[str, Any]) -> dict[str, object]:
    _prepared.clear()
    return {"event": "aborted"}


def _revisions(app: App) -> dict[str, object]:
    return {
        "policy": app.gate.policy.revision,
        "detectors": app.detectors.revision,
        "rules": app.rules.revision,
        "experimental": dict(islice(app.gate.experiments.names.items(), _SHOWN)),
    }


async def _selftest(app: App, _: Mapping[str, Any]) -> dict[str, object]:
    found = await app.self_test()
    try:
        await app.ping()
        stores = True
    except RedlineError:
        stores = False
    return {
        "event": "tested",
        "found": found,
        "stores": stores,
        "policy": app.gate.policy.revision,
        "detectors": app.detectors.revision,
        "names": all(getattr(one, "answers", True) for one in app.chain),
    }


async def _preview(app: App, said: Mapping[str, Any]) -> dict[str, object]:
    """What the upstream would see of a chat request; for the sample only."""
    return {"event": "preview", "body": await app.preview(said["body"].encode(), said["key"])}


async def _erase(app: App, said: Mapping[str, Any]) -> dict[str, object]:
    """Forget one scope, in the store and in this process."""
    scope = Scope(str(said["tenant"]), str(said["subject"]), str(said["conversation"]))
    try:
        return {"event": "erased", "erased": await app.vault.erase(scope)}
    except RedlineError:
        return {"event": "failed"}


_COMMANDS = {
    "prepare": _prepare,
    "commit": _commit,
    "abort": _abort,
    "selftest": _selftest,
    "preview": _preview,
    "erase": _erase,
}


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    main()
