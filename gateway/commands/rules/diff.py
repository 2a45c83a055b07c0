"""`redline rules diff`: what would change on a sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.options import Config, with_settings
from gateway.commands.rules.common import as_json, entity_types, plural, table

if TYPE_CHECKING:
    from detectors.steward.difference import Change


@with_settings("entities")
def diff(
    config: Config,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Pack file or folder as it is.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same, changed.")],
    on: Annotated[Path, typer.Option("--on", metavar="FILE|DIR", help="The sample.")],
    show: Annotated[bool, typer.Option("--show", help="Print the values.")] = False,
    experimental: Annotated[bool, typer.Option("--experimental", help="Run experimental rules as well.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 where a finding is lost.")] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two versions of packs on a sample: new and lost findings, changed scores and rules.

    Prints positions and rules, never values unless --show.

    [bold]redline rules diff rules/packs /tmp/packs --on samples/[/bold]
    """
    from detectors.packs.detector import read_packs
    from detectors.steward import difference, samples

    skipped: list[str] = []
    types = entity_types(config)
    before, after = read_packs([old], types), read_packs([new], types)
    changes = list(difference.compare(before, after, samples.read(on, skipped), experimental=experimental))
    if as_json_:
        as_json([_fields(change, show) for change in changes])
    else:
        table(("change", "where", "entity type", "before", "after", "value"), [_row(one, show) for one in changes])
        if changes:
            typer.echo("")
        counted = sorted(difference.totals(changes).items())
        table(("change", "rule", "how often"), [(kind, rule, str(count)) for (kind, rule), count in counted])
        typer.echo(f"{plural(len(changes), 'change')}." if changes else "Nothing changes on this sample.")
    for file in skipped:
        typer.echo(f"{file}: no text, skipped.", err=True)
    lost = any(change.kind is difference.Kind.LOST for change in changes)
    raise typer.Exit(1 if strict and lost else 0)


def _row(change: Change, show: bool) -> list[str]:
    from detectors.steward.masking import told

    sides = [f"{one.rule} {one.score:.2f}" if one else "" for one in (change.old, change.new)]
    where = f"{change.file}:{change.place}"
    return [change.kind.value, where, change.finding.entity_type, *sides, told(change.value, show=show)]


def _fields(change: Change, show: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "change": change.kind.value,
        "file": change.file,
        "place": change.place,
        "start": change.start,
        "end": change.end,
        "entity_type": change.finding.entity_type,
    }
    for name, one in (("before", change.old), ("after", change.new)):
        found[name] = {"rule": one.rule, "score": one.score} if one else None
    return found | {"value": change.value} if show else found
