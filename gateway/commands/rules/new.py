"""`redline rules new`: a rule to fill in."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.commands.options import Config, with_settings
from gateway.commands.rules.common import pack_folder


@with_settings("packs")
def new(
    config: Config,
    rule: Annotated[str, typer.Argument(metavar="ID", help="Lower-case words joined by '-', such as staff-badge.")],
    area: Annotated[str, typer.Option("--area", help="Folder it lies in, such as cn, us, global, secrets.")],
    entity: Annotated[str, typer.Option("--entity", help="Entity type, one of rules/entities.yaml.")],
    pattern: Annotated[
        str, typer.Option("--pattern", help="Makes examples from it; the rule then loads at once.")
    ] = "",
    boundary: Annotated[str, typer.Option("--boundary", help="What may not stand beside the value.")] = "alnum",
    stdout: Annotated[bool, typer.Option("--print", help="Print it instead of writing AREA/ID.yaml.")] = False,
) -> None:
    """Write a skeleton of a rule with its examples. It loads once every blank is filled in.

    [bold]redline rules new staff-badge --area demo --entity API_KEY --pattern 'BDG-[0-9]{6}'[/bold]
    """
    from detectors.entities import load_entities
    from detectors.steward.skeleton import Wish, skeleton, write_new

    text = skeleton(Wish(rule, area, entity, pattern, boundary), load_entities())
    if stdout:
        typer.echo(text, nl=False)
        return
    path = pack_folder(config, None) / area / f"{rule}.yaml"
    write_new(path, text)
    todo = "replace the examples by sentences as people write them" if pattern else "fill in the blanks"
    typer.echo(f"{path}: {todo}, then run `redline rules test {path}`.")
