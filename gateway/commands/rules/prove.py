"""`redline rules test`: every example of every rule, in every wrapping."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.options import Config, with_settings
from gateway.commands.rules.common import as_json, chosen, complain, lists, plural, table

if TYPE_CHECKING:
    from detectors.steward.trial import RuleTrial


@with_settings("packs", "lists")
def prove(
    config: Config,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[PACK|RULE|AREA|PATH]…", help="None named: every rule.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="A line for each rule, not for each pack.")] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try every example of every rule: as it stands, in JSON, a form, base64, full width, and between Han characters.

    Exits 0 where all hold, 1 where one does not, 2 where a pack or a list does not load.

    [bold]redline rules test rules/packs/cn/identity.yaml[/bold]
    """
    from detectors.steward import trial
    from detectors.steward.wrappings import MATCH

    began = time.perf_counter()
    if not names:
        lists(config)  # refuses those that do not load
    rules, some = chosen(config, names or ())
    done = list(trial.run(rules, some))
    failures = [failure for one in done for failure in one.failures]
    if as_json_:
        as_json(
            [
                {"rule": one.rule.name, "passed": one.passed, "match": one.matches, "no_match": one.no_matches}
                | {"failures": [{"line": f.line, "wrapping": f.wrapping, "what": f.what} for f in one.failures]}
                for one in done
            ]
        )
    else:
        groups: dict[str, list[trial.RuleTrial]] = {}
        for one in done:
            groups.setdefault(one.rule.name if verbose else one.rule.pack, []).append(one)
        header = ("rule" if verbose else "pack", "rules", *MATCH, "no match", "")
        table(header, [_row(name, group, tuple(MATCH)) for name, group in groups.items()])
    complain(failure.problem for failure in failures)
    if not as_json_:
        tried = sum(one.no_matches[1] + sum(count for _, count in one.matches.values()) for one in done)
        said = "all hold" if not failures else f"{len(failures):,} {'does' if len(failures) == 1 else 'do'} not hold"
        typer.echo(f"{plural(len(done), 'rule')}, {tried:,} texts in {time.perf_counter() - began:.1f} s: {said}.")
    raise typer.Exit(1 if failures else 0)


def _row(name: str, group: list[RuleTrial], wrappings: tuple[str, ...]) -> list[str]:
    cells = []
    for wrapping in wrappings:
        counts = [one.matches.get(wrapping, [0, 0]) for one in group]
        cells.append(_cell(sum(held for held, _ in counts), sum(tried for _, tried in counts)))
    none = _cell(sum(one.no_matches[0] for one in group), sum(one.no_matches[1] for one in group))
    return [name, str(len(group)), *cells, none, "ok" if all(one.passed for one in group) else "FAILS"]


def _cell(held: int, tried: int) -> str:
    return str(held) if held == tried else f"{held} of {tried}"
