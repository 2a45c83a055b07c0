"""What `redline doctor` looks at. Each probe says what it found, and where that is bad, how to mend it."""

from __future__ import annotations

import asyncio
import os
import platform
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.commands.version import distribution_version
from gateway.config import Address, Config, Url
from gateway.errors import ConfigError, StoreError

OK: Final = "ok"
NOTE: Final = "note"
"""Works, and is worth knowing."""
BAD: Final = "bad"

GPU: Final = Path("/dev/nvidiactl")
_CORE: Final = ("mitmproxy", "hyperscan", "aiohttp", "uvicorn", "uvloop", "redis", "cryptography", "starlette")
_EXTRAS: Final = {
    "ner": ("torch", "transformers", "safetensors"),
    "ner-cpu": ("onnxruntime", "tokenizers"),
    "gliner": ("gliner2",),
    "presidio": ("presidio-analyzer", "presidio-anonymizer", "spacy"),
    "model": ("torch", "transformers", "fastapi"),
}


@dataclass(frozen=True, slots=True)
class Probe:
    what: str
    state: str
    found: str
    mend: str = ""


def probe_all(config: Config) -> Iterator[Probe]:
    yield _python()
    yield _packages()
    yield from _extras()
    yield from _rules(config)
    yield _names(config)
    yield _ner(config)
    yield _model(config)
    yield _stores(config)
    yield _state(config)
    yield _keys(config)
    yield from _ports(config)
    yield from _upstreams(config)


def _guarded(what: str, probe: Callable[[], str]) -> Probe:
    """A probe that raises an expected error is bad, and the error's text is the mend."""
    from detectors.files.problems import PackError

    try:
        return Probe(what, OK, probe())
    except (ConfigError, PackError) as error:
        return Probe(what, BAD, "not usable", str(error))


def _python() -> Probe:
    where = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return Probe("redline", OK, f"{distribution_version() or 'unreleased'}, {where}")


def _packages() -> Probe:
    versions = {name: distribution_version(name) for name in _CORE}
    missing = [name for name, version in versions.items() if not version]
    if missing:
        return Probe(
            "packages", BAD, f"missing: {', '.join(missing)}", "Run `make setup`, or `pip install redline-gateway`."
        )
    return Probe("packages", OK, ", ".join(f"{name} {version}" for name, version in versions.items()))


def _extras() -> Iterator[Probe]:
    for extra, names in _EXTRAS.items():
        versions = {name: distribution_version(name) for name in names}
        if all(versions.values()):
            yield Probe(f"extra [{extra}]", OK, ", ".join(f"{name} {version}" for name, version in versions.items()))
        else:
            yield Probe(
                f"extra [{extra}]", NOTE, "not installed", f"pip install 'redline-gateway[{extra}]' if you want it."
            )


def _rules(config: Config) -> Iterator[Probe]:
    def packs() -> str:
        from gateway.app import entities_of, load_rules

        rules = load_rules(config.packs, entities_of(config))
        return f"{len(rules.rules)} rules for {len({rule.entity_type for rule in rules.rules})} entity types"

    def policy() -> str:
        from gateway.app import entities_of
        from gateway.policy import load_policy

        loaded = load_policy(config.policy, entities_of(config))
        return f"{loaded.revision}{', observes only' if loaded.shadow else ''}"

    yield _guarded("rules", packs)
    yield _guarded("policy", policy)


def _names(config: Config) -> Probe:
    from gateway.ner import choice_of

    try:
        choice = choice_of(config)
    except ConfigError:
        return Probe("names", NOTE, "as the NER model finds them")
    if config.names or choice.kind == "names":
        return Probe("names", OK, "offline name detector (word lists and context, no model)")
    if choice.folder is not None:
        return Probe("names", OK, "as the NER model finds them")
    return Probe("names", BAD, "off", "Names pass unseen: set --ner-model (or --names for word lists alone).")


def _ner(config: Config) -> Probe:
    """Start it, ask what really runs, stop it."""
    from gateway.supervisor.ner import SharedNer

    try:
        shared = SharedNer.start(config)
    except ConfigError as error:
        return Probe("ner model", BAD, "not usable", str(error))
    shared.stop()
    if shared.hello.get("device") == "cpu" and config.ner_device == "auto" and GPU.exists():
        mend = "Install redline-gateway[ner] with a torch for CUDA, or set --ner-device cpu if that is meant."
        return Probe("ner model", NOTE, f"{shared.described}; there is a GPU, which it does not use", mend)
    return Probe("ner model", OK, shared.described)


def _model(config: Config) -> Probe:
    if config.upstream is not None:
        return Probe("local model", OK, "not needed: an upstream is set")
    from gateway.supervisor.local_model import default_model
    from model_backend.registry import ManifestError, verify

    folder = config.model_dir or default_model()
    try:
        verify(folder)
    except ManifestError as error:
        return Probe("local model", BAD, str(error), "Mend it as it says, or set --upstream URL or --model-dir DIR.")
    if not distribution_version("transformers"):
        return Probe(
            "local model", BAD, "transformers is missing", "pip install 'redline-gateway[model]', or set --upstream."
        )
    return Probe("local model", OK, f"{'configured model' if config.model_dir else 'demo model'} in {folder}")


def _stores(config: Config) -> Probe:
    def embedded() -> str:
        from gateway.stores.servers import find_server

        server = find_server()
        return f"embedded {server.release} ({server.path})"

    if config.redis_url is None:
        return _guarded("stores", embedded)
    for name, url in (("log", config.redis_url), ("vault", config.vault_redis_url or config.redis_url)):
        try:
            asyncio.run(_ping(url))
        except StoreError:
            return Probe(
                "stores", BAD, f"the {name} server does not answer", "Check the address, the password and the network."
            )
    if config.vault_redis_url is None:
        return Probe(
            "stores",
            NOTE,
            "one server for records and vault",
            "Where its memory runs full, records push out tokens: give the vault its own with --vault-redis-url.",
        )
    return Probe("stores", OK, "both servers answer")


async def _ping(url: str) -> None:
    from gateway.stores.read import RecordReader

    reader = RecordReader(url)
    try:
        await reader.ping()
    finally:
        await reader.aclose()


def _state(config: Config) -> Probe:
    folder = config.state_dir
    if not folder.exists():
        parent = next(one for one in folder.parents if one.exists())
        if not os.access(parent, os.W_OK):
            return Probe("state", BAD, f"{folder} cannot be made", "Choose another --state-dir.")
        return Probe("state", OK, f"{folder} (will be made)")
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Probe("state", BAD, f"{folder} is not a folder that can be written", "Choose another --state-dir.")
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return Probe("state", BAD, f"others can look into {folder}", f"chmod 700 {folder}")
    return Probe("state", OK, str(folder))


def _keys(config: Config) -> Probe:
    from gateway.stores.keys import ENVIRONMENT, FILE_NAME, KeyRing

    if os.environ.get(ENVIRONMENT):
        return _guarded("vault key", lambda: f"from {ENVIRONMENT}: {KeyRing.from_env(os.environ[ENVIRONMENT])!r}")
    path = config.state_dir / FILE_NAME
    if not path.exists():
        return Probe("vault key", OK, f"{path} (will be made)")
    return _guarded("vault key", lambda: f"{path}: {KeyRing.load(path)!r}")


def _ports(config: Config) -> Iterator[Probe]:
    wanted = {"listen": config.listen, "dashboard": config.dashboard_listen, "proxy": config.proxy_listen}
    for name, address in wanted.items():
        if address is not None:
            yield _port(name, address)


def _port(name: str, address: Address) -> Probe:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address.host, address.port))
        except OSError as error:
            return Probe(
                f"port {name}", BAD, f"{address}: {error.strerror}", "Stop what uses it, or choose another port."
            )
    return Probe(f"port {name}", OK, f"{address} is free")


def _upstreams(config: Config) -> Iterator[Probe]:
    urls = {config.upstream, config.upstream_openai, config.upstream_anthropic} - {None}
    for url in sorted(urls, key=str):
        if url is not None:
            yield _upstream(url)


def _upstream(url: Url) -> Probe:
    try:
        socket.create_connection((url.host, url.port), timeout=3).close()
    except OSError as error:
        why = error.strerror or type(error).__name__
        return Probe("upstream", BAD, f"{url}: {why}", "Check the address, and the network between.")
    return Probe("upstream", OK, f"{url} answers")
