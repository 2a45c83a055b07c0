"""`redline rules list` and `show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands.options import Config, with_settings
from gateway.commands.rules.common import as_json, chosen, plural, table
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from detectors.packs.rules import Rule


@with_settings("packs")
def list_(
    config: Config,
    names: Annotated[list[str] | None, typer.Argument(metavar="[PACK|AREA|PATH]…", help="None named: all.")] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the rules: name, entity type, status, scores, what it is."""
    rules, some = chosen(config, names or ())
    if as_json_:
        as_json([_fields(rule) for rule in some])
        return
    table(
        ("rule", "entity type", "status", "score", "description"),
        [(rule.name, rule.entity_type, rule.status.value, _score(rule), rule.description) for rule in some],
    )
    packs = len({rule.pack for rule in some})
    typer.echo(f"{plural(len(some), 'rule')} in {plural(packs, 'pack')}; revision {rules.revision}.")


@with_settings("packs")
def show(
    config: Config,
    name: Annotated[str, typer.Argument(metavar="RULE", help="A rule, such as cn-identity/resident-id-18.")],
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Everything about one rule: patterns, boundary, validators, context, scores, examples, what its anchor costs."""
    _, some = chosen(config, [name])
    if len(some) != 1:
        raise ConfigError(f"'{name}' names {len(some)} rules. Write pack/rule, such as {some[0].pack}/{some[0].id}.")
    rule = some[0]
    if as_json_:
        as_json(_fields(rule))
        return
    table(("", ""), [(key, _text(value)) for key, value in _fields(rule).items()])
    table(("", "", ""), _anchors(rule))


def _fields(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.name,
        "entity_type": rule.entity_type,
        "description": rule.description,
        "status": rule.status.value,
        "place": f"{rule.file}:{rule.line}",
        "patterns": [pattern.source for pattern in rule.patterns],
        "boundary": rule.boundary.description,
        "validators": list(rule.validator_names),
        "context": list(rule.context.words),
        "negative": list(rule.context.negative),
        "score": _score(rule),
        "spaced": rule.spaced,
        "tags": list(rule.tags),
        "regulations": list(rule.regulations),
        "references": list(rule.references),
        "match": [example.text for example in rule.matches],
        "no_match": [f"{example.text}  ({example.why})" for example in rule.no_matches],
    }


def _score(rule: Rule) -> str:
    score = rule.score
    if not rule.context.words and not rule.context.negative:
        return f"{score.without_context:g}"
    return f"{score.without_context:g}; {score.with_context:g} with, {score.negative_context:.2g} negative"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(value) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _anchors(rule: Rule) -> list[tuple[str, str, str]]:
    from detectors.steward.speed import measure

    return [
        (
            f"pattern {cost.pattern + 1}",
            f"{cost.events:.2f} candidates in 1,000 characters",
            f"{cost.ratio:.1f} x a literal",
        )
        for cost in measure([rule])
    ]
