"""What a policy does with each entity type, and which rule and article say so: for reviews and auditors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.config import Config
from gateway.types import Direction, Message, RequestHead, ResponseHead, Route, Scope, Target

if TYPE_CHECKING:
    from gateway.policy import RulePolicy

_HOST = "upstream.invalid"
_SCORES = tuple(step / 100 for step in range(30, 101, 5))
"""Findings have no lower ones."""

type Row = tuple[str, str, str, str, str, str]
"""Action, from which score on, the policy's rule, its article, category, entity types."""


def rows(policy: RulePolicy, entities: dict[str, str], direction: Direction) -> list[Row]:
    """`entities`: type → category. Types that share everything share a row."""
    from gateway.policy import strictness
    from gateway.policy.model import ALLOW
    from gateway.types import Finding

    found: dict[tuple[str, float, str, str, str], list[str]] = {}
    for name, category in entities.items():
        before = ""
        for score in _SCORES:
            line = policy.why(_message(direction), Finding(0, 0, 1, name, score, ""))
            if line.action not in {before, ALLOW} or (score == _SCORES[-1] and not before):
                from_score = _SCORES[0] if line.action == ALLOW else score
                found.setdefault((line.action, from_score, line.rule, line.article, category), []).append(name)
                before = line.action
    order = sorted(found.items(), key=lambda item: (-strictness(item[0][0]), item[0][2], item[0][4]))
    return [(key[0], f"{key[1]:.2f}", key[2], key[3], key[4], ", ".join(names)) for key, names in order]


def show(config: Config, region: str) -> None:
    """Raises ConfigError."""
    import typer

    from gateway.app import entities_of
    from gateway.commands.rules.common import table
    from gateway.config.values import BadValue, regions
    from gateway.errors import ConfigError
    from gateway.policy import load_policy

    try:
        where = regions(f"{_HOST}={region}") if region else ()
    except BadValue as bad:
        raise ConfigError(f"--region: {bad.problem}. {bad.mend}") from None
    entities = entities_of(config)
    policy = load_policy(config.policy, entities, regions=where)
    kinds = {name: entity.category for name, entity in entities.items()}
    for direction in Direction:
        typer.echo(f"\n{direction}, policy {policy.revision}, upstream in {region or 'a region that is not known'}")
        if not policy.inspects(_message(direction)):
            typer.echo("not searched: every type is allowed.")
            continue
        columns = ("action", "from score", "because of", "article", "category", "entity types")
        table(columns, rows(policy, kinds, direction))


def request() -> Message:
    """Any request: where it goes and who sends it are not known."""
    return _message(Direction.REQUEST)


def _message(direction: Direction) -> Message:
    head: RequestHead | ResponseHead = ResponseHead(200, ())
    if direction is Direction.REQUEST:
        head = RequestHead("POST", Target("https", _HOST, 443, "/v1/chat/completions"), ())
    route = Route("openai", "chat.completions", known=True)
    return Message("decisions", direction, Scope("default", "c_check", ""), route, head, b"", f"{_HOST}:443")
