"""`redline rules import`: rules of Presidio or gitleaks, as a pack of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.rules.common import as_json, table
from gateway.errors import ConfigError


def import_(
    file: Annotated[Path, typer.Argument(metavar="presidio.yaml|gitleaks.toml", help="The foreign rules.")],
    out: Annotated[Path | None, typer.Option("--out", help="Pack file to write.")] = None,
    area: Annotated[str, typer.Option("--area", help="Area of the pack.")] = "imported",
    entity: Annotated[
        list[str] | None,
        typer.Option("--entity", metavar="THEIRS=OURS", help="Entity type for one of theirs; *=OURS for all."),
    ] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Turn Presidio recognizers or gitleaks rules into a pack: bounded, experimental, with generated examples.

    The report says of each rule whether it was taken, what was changed, and what cannot be said.

    [bold]redline rules import gitleaks.toml --out rules/packs/imported/gitleaks.yaml[/bold]
    """
    from detectors.entities import load_entities
    from detectors.steward.imports import common, gitleaks, presidio
    from detectors.steward.imports.settle import settle

    wanted = dict(_pair(one) for one in entity or ())
    target = out or Path(f"{file.stem}.yaml")
    if target.exists():
        raise ConfigError(f"{target}: the file exists already. Choose another with --out.")
    reader = gitleaks if file.suffix.lower() == ".toml" else presidio
    entities, name = load_entities(), common.identifier(target.stem)
    pack = name if name.startswith(f"{area}-") else f"{area}-{name}"
    done = common.build(reader.read(file, wanted), pack=pack, area=area, title=f"From {file.name}", entities=entities)
    if done.pack:
        target.parent.mkdir(parents=True, exist_ok=True)
        done = settle(done, target, entities)
    if as_json_:
        as_json([{"rule": line.name, "taken": line.said, "notes": line.notes} for line in done.lines])
    else:
        table(("rule", "taken", "notes"), [(line.name, line.said, "; ".join(line.notes)) for line in done.lines])
        typer.echo(f"{done.count} of {len(done.lines)} rules taken{f' into {target}' if done.pack else ''}.")
    if done.pack:
        typer.echo(
            "They are experimental: look at them with `redline rules test`, `lint` and `diff`, then promote.", err=True
        )
    else:
        target.unlink(missing_ok=True)
    raise typer.Exit(0 if done.pack else 1)


def _pair(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.partition("=")
    if not equals or not theirs or not ours:
        raise ConfigError(f"--entity: {text!r} is not THEIRS=OURS. Write it like US_BANK_NUMBER=CN_BANK_CARD.")
    return theirs, ours
