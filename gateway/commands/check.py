"""`redline check`: everything that can be wrong in files, told before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import typer

from gateway.commands.options import Config, with_settings
from gateway.errors import ConfigError

type _Step = Callable[[], str]
"""Returns what was found to be fine; raises ConfigError (or the detectors' PackError) with file, line and mend."""


@with_settings()
def check(config: Config) -> None:
    """Validate the configuration, the rule packs and the policies.

    Exits 0 where all is fine, 2 otherwise, with one line for each problem: file, line, what is wrong, the mend.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "found", box=None, pad_edge=False)
    problems: list[str] = []
    for name, step in _steps(config):
        try:
            table.add_row(name, step())
        except (ConfigError, _pack_error()) as error:
            problems.append(str(error))
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(2)
    Console().print(table)


def _pack_error() -> type[Exception]:
    from detectors.problems import PackError

    return PackError


def _steps(config: Config) -> Iterator[tuple[str, _Step]]:
    yield "configuration", lambda: "valid"
    yield (
        "entity types",
        lambda: f"{len(_entities())} in {len({one.category for one in _entities().values()})} categories",
    )
    yield "rule packs", lambda: _packs(config)
    for name in _policies(config):
        yield f"policy {name}", lambda name=name: _policy(name)  # type: ignore[misc]
    if config.clients_file is not None:
        yield "clients", lambda: _clients(config)


def _entities() -> Mapping[str, Any]:
    from detectors.entities import load_entities

    return load_entities()


def _packs(config: Config) -> str:
    from detectors.rulepack import load_packs

    signed = _signature(config)
    rules = load_packs(config.packs) if config.packs else load_packs()
    return f"{len(rules.rules)} rules{signed}"


def _signature(config: Config) -> str:
    if config.packs_public_key is None:
        return ""
    from detectors.paths import PACKS
    from detectors.steward.release import verified
    from detectors.steward.signing import public_key

    key = public_key(config.packs_public_key)
    releases = [verified(path, key)[0].number for path in config.packs or (PACKS,)]
    return f", release {', '.join(map(str, releases))}, signature holds"


def _policies(config: Config) -> list[str]:
    from gateway.policy import shipped_policies

    return list(dict.fromkeys([config.policy, *shipped_policies()]))


def _policy(name: str) -> str:
    from gateway.policy import load_policy

    policy = load_policy(name, _entities())
    return f"{policy.revision}, {'shadow mode' if policy.shadow else 'enforced'}, {len(policy.source.rules)} rules"


def _clients(config: Config) -> str:
    from gateway.config import Clients

    clients = Clients.load(config.clients_file)
    return f"{len(clients.by_key)} listed, others {'let in' if clients.anonymous else 'refused'}"
