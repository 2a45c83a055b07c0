"""`redline rules shadow`, `promote` and `demote`: rules on trial, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands.options import Config, with_settings
from gateway.commands.records import fetch
from gateway.commands.rules.common import as_json, chosen, entity_types, pack_folder, table
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from detectors.packs.rules import Rule

_RULE = typer.Argument(metavar="RULE", help="A rule, such as cn-identity/resident-id-18.")


@with_settings("dashboard_listen", "packs")
def shadow(
    config: Config,
    hours: Annotated[int, typer.Option("--hours", min=1, max=744, help="How far back to count.")] = 168,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What the experimental rules of a running gateway would have found: in all, and where no other rule finds it.

    [bold]redline rules shadow --hours 24[/bold]
    """
    address = config.dashboard_listen
    state = fetch(address, "/api/rules")
    found, new = (
        _top(fetch(address, f"/api/top/{kind}?limit=500&hours={hours}")) for kind in ("observed", "observed_new")
    )
    since = _since(config)
    rows = [
        {
            "rule": rule,
            "entity_type": kind,
            "found": found.get(rule, 0),
            "new": new.get(rule, 0),
            "since": since.get(rule, ""),
        }
        for rule, kind in sorted(state["experimental"].items())
    ]
    if as_json_:
        as_json(rows)
        return
    columns = ("rule", "entity type", "found", "found by no other", "experimental since")
    table(
        columns,
        [(r["rule"], r["entity_type"], str(r["found"]), str(r["new"]), r["since"] or "not published") for r in rows],
    )
    typer.echo(f"{len(rows)} experimental rules; counted over the last {hours} hours, as far as records are kept.")


def _top(said: dict[str, Any]) -> dict[str, int]:
    return {str(row["label"]): int(row["count"]) for row in said["top"]}


def _since(config: Config) -> dict[str, str]:
    """Where releases are kept: since which one a rule is experimental."""
    from detectors.steward.release import experiments

    try:
        found = experiments(pack_folder(config, None))
    except ConfigError:
        return {}
    return {rule: when.isoformat(" ", "minutes") for rule, when in found.items()}


@with_settings("packs", "entities")
def promote(
    config: Config,
    name: Annotated[str, _RULE],
    to: Annotated[str, typer.Option("--to", metavar="STATUS", help="stable, or test.")] = "stable",
) -> None:
    """Let an experimental rule act, once all of its examples hold in all wrappings. Only its status line changes.

    A running gateway takes it up with the file; where releases are signed, publish afterwards.
    """
    if to not in {"stable", "test"}:
        raise ConfigError(f"--to: {to!r} is no status to promote to. Use stable or test.")
    _set(config, name, to)


@with_settings("packs", "entities")
def demote(config: Config, name: Annotated[str, _RULE]) -> None:
    """Make a rule experimental again: it goes on counting, and no longer acts."""
    _set(config, name, "experimental")


def _set(config: Config, name: str, to: str) -> None:
    from detectors.packs.rules import Status
    from detectors.steward.status import set_status

    rule = _one(config, name)
    if rule.status.value == to:
        typer.echo(f"{rule.name} is {to} already.")
        return
    set_status(rule, Status(to), entity_types(config))
    typer.echo(f"{Path(rule.file)}:{rule.line}: {rule.pack}/{rule.id} was {rule.status.value}, and is {to} now.")
    if not rule.status.acts and to != Status.EXPERIMENTAL:
        typer.echo(
            "What it finds is acted on as soon as gateways read the file; publish it where they ask for releases."
        )
    elif to == Status.EXPERIMENTAL:
        typer.echo("It is observed and counted only; see `redline rules shadow`.")


def _one(config: Config, name: str) -> Rule:
    _, some = chosen(config, [name])
    if len(some) != 1:
        raise ConfigError(f"'{name}' names {len(some)} rules. Write pack/rule, such as {some[0].pack}/{some[0].id}.")
    return some[0]
