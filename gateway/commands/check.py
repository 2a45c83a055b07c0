"""`redline check`: everything that can be wrong in files, told before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands.options import Config, with_settings
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from detectors.refine.entries import Group
    from detectors.refine.steering import Steering

type _Step = Callable[[], str]
"""Returns what was found to be fine; raises ConfigError (or the detectors' PackError) with file, line and mend."""


@with_settings()
def check(
    config: Config,
    decisions: Annotated[
        bool, typer.Option("--decisions", help="Also print what the policy does with each entity type, and why.")
    ] = False,
    region: Annotated[str, typer.Option(metavar="REGION", help="For --decisions: where the upstream is.")] = "",
) -> None:
    """Validate the configuration, the rule packs and the policies.

    Exits 0 where all is fine, 2 otherwise, with one line for each problem: file, line, what is wrong, the mend.

    [bold]redline check --policy pipl --decisions --region CN[/bold]
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
    if decisions:
        from gateway.commands.decisions import show

        show(config, region)


def _pack_error() -> type[Exception]:
    from detectors.files.problems import PackError

    return PackError


def _steps(config: Config) -> Iterator[tuple[str, _Step]]:
    yield "configuration", lambda: "valid"
    yield (
        "entity types",
        lambda: f"{len(_entities(config))} in {len({one.category for one in _entities(config).values()})} categories",
    )
    yield "rule packs", lambda: _packs(config)
    yield "lists", lambda: _lists(config)
    for name in _policies(config):
        yield f"policy {name}", lambda name=name: _policy(config, name)  # type: ignore[misc]
    yield "upstream regions", lambda: _regions(config)
    if config.clients_file is not None:
        yield "clients", lambda: _clients(config)


def _entities(config: Config) -> Mapping[str, Any]:
    from gateway.app import entities_of

    return entities_of(config)


def _packs(config: Config) -> str:
    from detectors.packs.detector import load_packs
    from gateway.commands.rules.common import pack_paths

    signed = _signature(config)
    rules = load_packs(pack_paths(config), _entities(config))
    return f"{len(rules.rules)} rules{signed}"


def _lists(config: Config) -> str:
    from gateway.steering import steering_of

    steering = steering_of(config, _entities(config))
    allowed, denied = (len({group.id for group in one.groups.values()}) for one in (steering.allow, steering.deny))
    idle = [f"group {one.id} denies {name}, which the policy allows" for one, name in _idle(config, steering)]
    return "; ".join([f"{allowed + len(steering.hashed)} groups allowed, {denied} denied", *idle])


def _idle(config: Config, steering: Steering) -> Iterator[tuple[Group, str]]:
    """Groups of a deny list whose entries are found and counted, and then pass."""
    from gateway.app import policy_of
    from gateway.commands.decisions import request
    from gateway.types import Finding

    policy = policy_of(config, _entities(config))
    for group in {one.id: one for one in steering.deny.groups.values()}.values():
        for name in sorted(group.types):
            if policy.why(request(), Finding(0, 0, 1, name, 1.0, "")).action == "allow":
                yield group, name


def _signature(config: Config) -> str:
    if config.packs_public_key is None:
        return ""
    from detectors.paths import RULES
    from detectors.steward.beside import ENTITIES
    from detectors.steward.signing import public_key
    from gateway.commands.rules.common import pack_paths
    from gateway.policy import gather
    from gateway.supervisor import signed

    key = public_key(config.packs_public_key)
    policies, entities = list(gather(config.policy)), config.entities or RULES / ENTITIES
    return f", {signed.verify(pack_paths(config), policies, entities, key)}, signature holds, policy and types included"


def _policies(config: Config) -> list[str]:
    from gateway.policy import shipped_policies

    return list(dict.fromkeys([config.policy, *shipped_policies()]))


def _policy(config: Config, name: str) -> str:
    from gateway.policy import load_policy

    policy = load_policy(name, _entities(config))
    mode = "shadow mode" if policy.shadow else "enforced"
    others = [layer.name for layer in policy.source.layers[1:]]
    extended = f", with {', '.join(others)}" if others else ""
    return f"{policy.revision}, {mode}, {len(policy.source.rules)} rules{extended}"


def _regions(config: Config) -> str:
    """Where the upstreams are, for those who chose a policy that asks."""
    from gateway.app import policy_of

    policy = policy_of(config, _entities(config))
    if not policy.asks_region:
        return f"policy {policy.name} does not ask"
    urls = dict.fromkeys(one for one in (config.upstream, config.upstream_openai, config.upstream_anthropic) if one)
    if not urls:
        return "the local model is LOCAL"
    said = {f"{url.host}:{url.port}": policy.region(f"{url.host}:{url.port}") for url in urls}
    return ", ".join(f"{host} {region or 'not known, so it counts as abroad'}" for host, region in said.items())


def _clients(config: Config) -> str:
    from gateway.config import Clients

    clients = Clients.load(config.clients_file)
    return f"{len(clients.by_key)} listed, others {'let in' if clients.anonymous else 'refused'}"
