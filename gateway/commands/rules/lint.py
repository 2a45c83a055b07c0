"""`redline rules lint`: what is wrong with rules that load, and the mend for each."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.options import Config, with_settings
from gateway.commands.rules.common import as_json, entity_types, pack_paths, pick, plural, split

if TYPE_CHECKING:
    from detectors.steward.lint import Remark


@with_settings("packs", "lists")
def lint(
    config: Config,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[PACK|RULE|AREA|PATH]…", help="None named: every rule.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for notes as well.")] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Slow, shadowed, overlapping, unbounded, unexampled and undocumented rules, and experiments without end;
    where no rule is named, the lists as well.

    Speed is measured on a built-in reference text, as a ratio. Exits 0 where all is well, 1 otherwise.
    """
    from detectors.steward import lint as linting

    paths, words = split(names or ())
    rules, remarks = linting.lint_paths(paths or pack_paths(config), entity_types(config))
    if rules is not None:
        remarks = linting.lint(rules, pick(rules, words), _experiments(config))
    if not names:
        remarks += _lists(config)
    if as_json_:
        fields = ("level", "check", "file", "line", "rule", "message")
        as_json([{name: getattr(remark, name) for name in fields} for remark in remarks])
    else:
        for remark in remarks:
            typer.echo(str(remark))
        counts = ", ".join(plural(sum(one.level is level for one in remarks), level.value) for level in linting.Level)
        typer.echo(f"{plural(len(rules.rules) if rules else 0, 'rule')}: {counts}.")
    bad = [one for one in remarks if strict or one.level is not linting.Level.NOTE]
    raise typer.Exit(1 if bad else 0)


def _lists(config: Config) -> list[Remark]:
    from detectors.steward.lists import lint_lists
    from gateway.app import entities_of

    return lint_lists(config.lists, entities_of(config), time.time())[1]


def _experiments(config: Config) -> dict[str, datetime]:
    from detectors.steward.release import experiments

    return {name: since for path in pack_paths(config) if path.is_dir() for name, since in experiments(path).items()}
