"""`redline explain FILE`: what the gateway would do with a request body, and why. Offline; values are never printed."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway import seams
from gateway.commands.options import Config, with_settings
from gateway.errors import REASONS, ConfigError, Indeterminate
from gateway.types import (
    Coverage,
    Decision,
    Direction,
    Finding,
    Limits,
    Message,
    Part,
    RequestHead,
    ResponseHead,
    Route,
    Scope,
)

if TYPE_CHECKING:
    from rich.table import Table

    from detectors.engine import DetectorEngine
    from detectors.types import Detector
    from gateway.policy import RulePolicy
    from gateway.policy.model import Line

_PATHS = {"anthropic/messages": "/v1/messages"}


@dataclass(frozen=True, slots=True)
class Explanation:
    decision: Decision
    coverage: Coverage
    parts: Sequence[Part]
    findings: Sequence[Finding]
    obligations: Mapping[str, Sequence[Finding]]
    """What would be rewritten, also where something else blocks the message."""
    lines: Mapping[Finding, Line] = field(default_factory=dict)
    """The policy's line that decides on each."""
    region: str = ""
    """Where the upstream is, as far as the configuration says."""

    @property
    def unread(self) -> bool:
        """Refused for its route or upstream, whatever it holds."""
        return bool({"unknown_route", "upstream_not_allowed"} & set(self.decision.reasons))

    def rows(self) -> list[dict[str, Any]]:
        """One line for each finding: where, what, how sure, by which rule, what happens. No text."""
        paths = {part.id: part.path for part in self.parts}
        fate = {finding: name for name, some in self.obligations.items() for finding in some}
        fate |= dict.fromkeys(self.decision.blocked, "block")
        otherwise = "block" if self.unread else "allow"
        return [
            {
                "path": paths[finding.part],
                "start": finding.start,
                "end": finding.end,
                "entity_type": finding.entity_type,
                "score": round(finding.score, 3),
                "rule": finding.rule,
                "action": fate.get(finding, otherwise),
                "policy_rule": self.lines[finding].rule if finding in self.lines else "",
                "article": self.lines[finding].article if finding in self.lines else "",
            }
            for finding in self.findings
        ]

    def report(self) -> dict[str, Any]:
        decision = self.decision
        return {
            "effect": decision.effect.name.lower(),
            "enforced": not decision.shadow,
            "policy": decision.policy_revision,
            "region": self.region,
            "reasons": {code: REASONS[code][1] for code in decision.reasons},
            "obligations": {name: len(some) for name, some in self.obligations.items()},
            "coverage": self.coverage.value,
            "parts": len(self.parts),
            "findings": self.rows(),
        }


@with_settings(
    "policy",
    "packs",
    "entities",
    "lists",
    "consistency",
    "names",
    "ner_model",
    "ner_device",
    "upstream_allow",
    "upstream_regions",
)
def explain(
    file: Annotated[Path, typer.Argument(help="Request body; - reads standard input.", show_default=False)],
    config: Config,
    route: Annotated[str, typer.Option(help="PROTOCOL/OPERATION.", metavar="ROUTE")] = "openai/chat.completions",
    upstream: Annotated[str, typer.Option(help="Where it would go.", metavar="HOST:PORT")] = "api.example.com:443",
    tenant: Annotated[str, typer.Option(help="Whose request it is.")] = "default",
    client: Annotated[str, typer.Option(help="Client, as records name it.")] = "c_explain",
    content_type: Annotated[str, typer.Option(help="Its content type.")] = "application/json",
    response: Annotated[bool, typer.Option("--response", help="Judge it as an answer instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Decide a request body offline: findings, decision and reasons, never the values.

    [bold]redline explain body.json --policy strict-block[/bold]
    """
    head = _response_head(content_type) if response else _request_head(route, upstream, content_type)
    direction = Direction.RESPONSE if response else Direction.REQUEST
    named, raw = _route(route), None if str(file) == "-" else _file(file)
    judge = Judge.of(config)  # complains before anybody types into standard input
    body = sys.stdin.buffer.read() if raw is None else raw
    message = Message("explain", direction, Scope(tenant, client, ""), named, head, body, upstream)
    explained = asyncio.run(judge.explain_and_close(message))
    if as_json:
        typer.echo(json.dumps(explained.report(), ensure_ascii=False, indent=2))
    else:
        _show(explained)


@dataclass(frozen=True, slots=True)
class Judge:
    """The real codec, detectors and policy; nothing is rewritten, recorded or sent."""

    policy: RulePolicy
    detectors: DetectorEngine
    limits: Limits
    chain: Sequence[Detector] = ()
    """The engine's detectors; some hold a process or a connection."""

    @classmethod
    def of(cls, config: Config) -> Judge:
        """Raises ConfigError."""
        from detectors.engine import DetectorEngine
        from gateway.app import detectors_of, entities_of, load_rules, policy_of
        from gateway.steering import refiner_of, steering_of, with_denied

        entities = entities_of(config)
        steering = steering_of(config, entities)
        rules = with_denied(load_rules(config.packs, entities), steering)
        policy, chain = policy_of(config, entities), detectors_of(config, rules)
        return cls(policy, DetectorEngine(chain, refiner=refiner_of(config, steering)), config.limits, chain)

    async def explain_and_close(self, message: Message) -> Explanation:
        try:
            return await self.explain(message)
        finally:
            await asyncio.gather(*(one.aclose() for one in self.chain if hasattr(one, "aclose")))

    async def explain(self, message: Message) -> Explanation:
        """What cannot be read or inspected is decided as well: by the policy's word for errors."""
        from detectors.types import DetectorError
        from gateway.content import parse

        try:
            document = parse(message, self.limits)
            findings = await seams.detect(self.detectors, document.parts)
        except (Indeterminate, DetectorError) as error:
            return Explanation(self.policy.on_error(message, error.code), Coverage.NONE, (), (), {})
        decision = self.policy.decide(message, findings, document.coverage)
        rest = [finding for finding in findings if finding not in decision.blocked]
        obligations = self.policy.decide(message, rest, Coverage.FULL).obligations
        lines = {finding: self.policy.why(message, finding) for finding in findings}
        region = self.policy.region(message.upstream)
        return Explanation(decision, document.coverage, document.parts, findings, obligations, lines, region)


def _file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}). Check the path.") from None


def _route(text: str) -> Route:
    protocol, slash, operation = text.partition("/")
    if not slash or not operation:
        raise ConfigError(f"--route: {text!r} is not a route. Write it like openai/chat.completions.")
    return Route(protocol, operation, protocol != "generic")


def _request_head(route: str, upstream: str, content_type: str) -> RequestHead:
    from gateway.hosts import split_host
    from gateway.types import Target

    host, port = split_host(upstream)
    path = _PATHS.get(route, "/v1/" + route.partition("/")[2].replace(".", "/"))
    target = Target("https", host, int(port) if port.isdigit() else 443, path)
    return RequestHead("POST", target, ((b"content-type", content_type.encode("latin-1", "replace")),))


def _response_head(content_type: str) -> ResponseHead:
    return ResponseHead(200, ((b"content-type", content_type.encode("latin-1", "replace")),))


def _show(explained: Explanation) -> None:
    from rich.console import Console
    from rich.table import Table

    report, console = explained.report(), Console(highlight=False)
    style = {"allow": "green", "transform": "yellow", "block": "bold red"}[report["effect"]]
    shadow = "" if report["enforced"] else "  (shadow: observed, not enforced)"
    console.print(f"[{style}]{report['effect']}[/]{shadow}  by policy {report['policy']}, {_where(explained)}")
    for code, told in report["reasons"].items():
        console.print(f"  {code}: {told}")
    console.print(f"  {report['parts']} texts read, coverage {report['coverage']}, {len(report['findings'])} findings")
    if report["findings"]:
        table = Table("where", "at", "entity type", "score", "rule", "action", box=None, pad_edge=False)
        for row in report["findings"]:
            at = f"{row['start']}-{row['end']}"
            table.add_row(row["path"], at, row["entity_type"], f"{row['score']:.2f}", row["rule"], row["action"])
        console.print(table)
        console.print()
        console.print(_because(report["findings"]))


def _because(findings: Sequence[Mapping[str, Any]]) -> Table:
    """Which rule of the policy does what, and for which article."""
    from rich.table import Table

    types: dict[tuple[str, str, str], list[str]] = {}
    for row in findings:
        why = (row["action"], row["policy_rule"] or "below every min_score", row["article"])
        types.setdefault(why, []).append(row["entity_type"])
    table = Table("action", "because of", "article", "entity types", box=None, pad_edge=False)
    for (action, rule, article), names in types.items():
        table.add_row(action, rule, article, ", ".join(dict.fromkeys(names)))
    return table


def _where(explained: Explanation) -> str:
    return f"upstream in {explained.region}" if explained.region else "upstream region not known"
