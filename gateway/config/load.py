"""Flags over environment over file over defaults, each mistake told with where it stands; then safety.

Rule for the next editor: a combination that could leak is refused here, at start, never warned about later.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.config.table import Config, Setting, settings, value_of
from gateway.config.values import Address, BadValue, Url, is_loopback, is_private
from gateway.errors import ConfigError
from gateway.hosts import HostGlob
from gateway.yamlfile import Value, nearest, read

PREFIX: Final = "REDLINE_"
RESERVED: Final = frozenset({"REDLINE_CONFIG", "REDLINE_MASTER_KEYS", "REDLINE_VALKEY_SERVER"})
"""Variables that are ours and no settings: the file itself, and what the stores read for themselves."""


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as text, and what to call the place where it was given."""

    raw: str
    where: str


def load(
    path: Path | None = None, overrides: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None
) -> Config:
    """`overrides` come from the command line, by setting name; None means not given. Raises ConfigError."""
    env = os.environ if env is None else env
    given: dict[str, _Given] = {}
    file = path or (Path(env["REDLINE_CONFIG"]).expanduser() if env.get("REDLINE_CONFIG") else None)
    if file is not None:
        given.update(_from_file(file))
    given.update(_from_env(env))
    given.update(_from_flags(overrides or {}))
    config = Config(**{name: _value(settings()[name], said) for name, said in given.items()})
    _check(config, lambda name: given[name].where if name in given else f"the default of {name}")
    return config


def _value(line: Setting, said: _Given) -> Any:
    try:
        return value_of(said.raw, line.parse)
    except BadValue as bad:
        problem = "its value is not usable" if line.secret and "'" in bad.problem else bad.problem
        raise ConfigError(f"{said.where}: {problem}. {bad.mend}") from None


def _from_file(path: Path) -> Iterator[tuple[str, _Given]]:
    root = read(path)
    for name, value in root.mapping("the configuration", settings()).items():
        yield name, _Given(_file_text(name, value), f"{value.file}:{value.line}:{value.column}: {name}")


def _file_text(name: str, value: Value) -> str:
    line = settings()[name]
    if value.tag == "null":
        return ""
    if value.tag == "seq" and line.many:
        for item in value.items:
            if "," in item.text(name):
                item.fail(f"{name} holds a comma", "Commas separate values elsewhere; choose a name without one.")
        return ",".join(item.scalar for item in value.items)
    if value.tag in {"map", "seq"}:
        value.fail(f"{name} must be one value, not {value.kind}", f"Write `{name}: {line.default or '…'}`.")
    return value.scalar


def _from_env(env: Mapping[str, str]) -> Iterator[tuple[str, _Given]]:
    known = {line.env: name for name, line in settings().items()}
    for variable in sorted(env):
        if not variable.startswith(PREFIX) or variable in RESERVED:
            continue
        if variable in known:
            yield known[variable], _Given(env[variable], f"environment variable {variable}")
            continue
        mend = nearest(variable, known)
        if mend.startswith("Did you mean") and _close(variable, known):
            raise ConfigError(f"environment variable {variable}: there is no such setting. {mend}")


def _close(variable: str, known: Mapping[str, str]) -> bool:
    """Only near misses are mistakes: a Kubernetes service named redline sets REDLINE_PORT_8080_TCP and the like."""
    import difflib

    return bool(difflib.get_close_matches(variable, known, n=1, cutoff=0.88))


def _from_flags(overrides: Mapping[str, object]) -> Iterator[tuple[str, _Given]]:
    for name, value in overrides.items():
        line = settings()[name]
        if value is None or value == []:
            continue
        if isinstance(value, (list, tuple)):
            raw = ",".join(str(item) for item in value)
        else:
            raw = str(value).lower() if isinstance(value, bool) else str(value)
        flag = f"--no-{line.flag[2:]}" if value is False else line.flag
        yield name, _Given(raw, flag)


def _check(config: Config, where: Callable[[str], str]) -> None:
    def refuse(name: str, problem: str, mend: str) -> None:
        raise ConfigError(f"{where(name)}: {problem}. {mend}")

    for name in ("listen", "proxy_listen", "dashboard_listen"):
        address: Address | None = getattr(config, name)
        if address and not address.loopback and not config.allow_non_loopback:
            refuse(
                name,
                f"{address} is reachable from other machines",
                "Use 127.0.0.1, or add --allow-non-loopback behind a firewall of your own.",
            )
    _check_ports(config, refuse)
    for name in ("upstream", "upstream_openai", "upstream_anthropic"):
        url: Url | None = getattr(config, name)
        if url is not None:
            _check_upstream(config, name, url, refuse)
    _check_files(config, refuse)
    _check_limits(config, refuse)
    _check_ner(config, refuse)
    if config.vault_redis_url and not config.redis_url:
        refuse("vault_redis_url", "needs redis_url as well", "Set both, or neither for the embedded servers.")


type _Refuse = Callable[[str, str, str], None]


def _check_ner(config: Config, refuse: _Refuse) -> None:
    for server in config.ner_server:
        host = urlsplit(server).hostname or ""
        if server.startswith("http:") and not is_private(host) and not config.allow_plain_upstream:
            refuse(
                "ner_server",
                f"plain http would send texts to {host} unencrypted",
                "Use https://, or add --allow-plain-upstream if the way there is safe.",
            )


def _check_limits(config: Config, refuse: _Refuse) -> None:
    if config.limit_decoded < config.limit_body:
        refuse("limit_decoded", "is smaller than limit_body", "Make it at least as large.")
    if config.limit_headers < 1024:
        refuse("limit_headers", "is too small for any request", "Use at least 1KiB.")
    if config.vault_ttl < 1 or config.records_ttl < 1:
        name = "vault_ttl" if config.vault_ttl < 1 else "records_ttl"
        refuse(name, "is too short: nothing could be read back", "Use at least 1s.")


def _check_files(config: Config, refuse: _Refuse) -> None:
    for name in ("upstream_ca", "clients_file", "ner_server_ca", "entities", "admin_token_file"):
        file: Path | None = getattr(config, name)
        if file is not None and not file.is_file():
            refuse(name, f"{file}: no such file", "Check the path.")
    if config.ner_model.startswith("/") and not Path(config.ner_model).is_dir():
        refuse("ner_model", f"{config.ner_model}: no such folder", "Check the path, or use embedded, names or off.")
    if config.model_dir is not None and not config.model_dir.is_dir():
        wanted = "Name the folder that holds config.json and the weights."
        refuse("model_dir", f"{config.model_dir}: no such folder", wanted)


def _check_ports(config: Config, refuse: _Refuse) -> None:
    taken: dict[int, str] = {}
    for name in ("listen", "proxy_listen", "dashboard_listen"):
        address: Address | None = getattr(config, name)
        if address is None or address.port == 0:
            continue
        if address.port in taken:
            refuse(name, f"port {address.port} is already used by {taken[address.port]}", "Choose another port.")
        taken[address.port] = name


def _check_upstream(config: Config, name: str, url: Url, refuse: _Refuse) -> None:
    if url.scheme == "http" and not is_private(url.host) and not config.allow_plain_upstream:
        refuse(
            name,
            f"plain http would send data to {url.host} unencrypted",
            "Use https://, or add --allow-plain-upstream if the way there is safe.",
        )
    if config.upstream_allow and not any(
        HostGlob.compile(glob).matches(f"{url.host}:{url.port}") for glob in config.upstream_allow
    ):
        refuse(name, f"{url.host} is not on the list upstream_allow", "Add it there.")
    for own in (config.listen, config.dashboard_listen, config.proxy_listen):
        if own is not None and own.port == url.port and own.port and is_private(url.host) and _same(own.host, url.host):
            refuse(name, f"{url} is the gateway itself", "Name the model server's address.")


def _same(one: str, other: str) -> bool:
    return one == other or (is_loopback(one) and is_loopback(other))
