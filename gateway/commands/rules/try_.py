"""`redline rules try`: what fires where, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands.options import Config, with_settings
from gateway.commands.rules.common import as_json, entity_types, lists, pack_paths, pick, plural, table

if TYPE_CHECKING:
    from detectors.steward.samples import Sample
    from detectors.steward.why import Reason


@with_settings("packs", "entities", "lists")
def try_(
    config: Config,
    what: Annotated[str, typer.Argument(metavar="TEXT|FILE|DIR|-", help="A text, or where it is; - reads it.")],
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only this rule, pack or area.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the values. They are masked otherwise.")] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Near misses in files as well; in a text they are told.")
    ] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what fires where and why: view, validators, context words and what they do to the score.

    Near misses are told as well: a validator that does not hold, a score that is too low. Values stay masked.

    [bold]redline rules try "我的身份证是11010519491231002X"[/bold]
    """
    from detectors.packs.detector import read_packs
    from detectors.refine.listpack import with_pack
    from detectors.steward.lists import list_verdict
    from detectors.steward.why import Explainer

    refiner = lists(config)
    rules = with_pack(read_packs(pack_paths(config), entity_types(config)), refiner.steering.deny.pack)
    wanted = {one.name for one in pick(rules, rule or ())}
    explainer = Explainer(rules)
    skipped: list[str] = []
    rows: list[tuple[Sample, Reason, str]] = []
    typed = not _exists(what) and what != "-"
    for sample in _samples(what, skipped):
        reasons = explainer.explain(sample.text, near_misses=typed or every)
        some = [reason for reason in reasons if reason.rule.name in wanted]
        rows += [(sample, one, list_verdict(refiner, sample.text, one) if one.wins else "") for one in some]
    if as_json_:
        as_json([_fields(sample, reason, said, show) for sample, reason, said in rows])
    else:
        table(
            ("where", "entity type", "rule", "score", "context", "validators", "view", "verdict", "value"),
            [_row(sample, reason, said, typed, show) for sample, reason, said in rows],
        )
        found = sum(reason.wins and not said for _, reason, said in rows)
        typer.echo(f"{plural(found, 'finding')}, {plural(len(rows), 'candidate')}.")
    for file in skipped:
        typer.echo(f"{file}: no text, skipped.", err=True)
    if typed and "/" in what and not any(char.isspace() for char in what):
        typer.echo(f"There is no file or folder '{what}', so it was read as a text. Check the path.", err=True)


def _exists(what: str) -> bool:
    try:
        return bool(what) and Path(what).exists()  # nothing at all is a text, not this folder
    except (OSError, ValueError):
        return False


def _samples(what: str, skipped: list[str]) -> Iterator[Sample]:
    from detectors.steward import samples

    if what == "-":
        yield samples.of_text(sys.stdin.buffer.read().decode("utf-8", "replace"), "-")
    elif _exists(what):
        yield from samples.read(Path(what), skipped)
    else:
        yield samples.of_text(what)


def _row(sample: Sample, reason: Reason, said: str, typed: bool, show: bool) -> list[str]:
    from detectors.steward.masking import told

    checks = ", ".join(f"{name} {'holds' if passed else 'fails'}" for name, passed in reason.validators)
    place = f"{reason.start}-{reason.end}" if typed else f"{sample.name}:{sample.place(reason.start)}"
    name = f"{reason.rule.pack}/{reason.rule.id}"
    value = told(reason.value, show=show)
    return [
        *(place, reason.rule.entity_type, name, f"{reason.score:.2f}", reason.effect),
        *(checks or "none", reason.view, said or reason.verdict, value),
    ]


def _fields(sample: Sample, reason: Reason, said: str, show: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "file": sample.name,
        "place": sample.place(reason.start),
        "start": reason.start,
        "end": reason.end,
        "entity_type": reason.rule.entity_type,
        "rule": reason.rule.name,
        "score": reason.score,
        "view": reason.view,
        "validators": dict(reason.validators),
        "raising": reason.raising,
        "lowering": reason.lowering,
        "finding": reason.wins and not said,
        "verdict": said or reason.verdict,
    }
    return found | {"value": reason.value} if show else found
