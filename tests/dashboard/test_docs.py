"""docs/operations.md names every path, metric and command; docs/policies.md every word of a policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from detectors.entities import load_entities
from gateway.cli import app as cli
from gateway.commands.vault import vault
from gateway.dashboard import Readiness, create_app
from gateway.observe.metrics import Metrics
from gateway.policy import OPERATORS, load_policy, shipped_policies
from gateway.policy.parse import parse_policy
from gateway.supervisor.reload_metrics import ReloadMetrics

from .conftest import Log
from .test_admin import Rules

DOCS = Path(__file__).resolve().parents[2] / "docs"
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
POLICIES = (DOCS / "policies.md").read_text(encoding="utf-8")


def test_every_metric() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    for family in registry.collect():
        assert f"`{family.name}" in OPERATIONS


def test_every_metric_of_the_supervisor() -> None:
    types = re.findall(r"^# TYPE (\S+) ", ReloadMetrics().exposition().decode(), re.MULTILINE)
    for name in types:
        assert name.endswith("_created") or f"`{name}`" in OPERATIONS


def test_every_path() -> None:
    async def probe() -> Readiness:
        return Readiness({})

    paths = {str(getattr(route, "path", "")) for route in create_app(Log(), probe, lambda: b"", rules=Rules()).routes}
    for path in paths - {"/live", "/static"}:
        shown = path.replace("{exchange}", "EXCHANGE").replace("{kind}", "KIND")
        assert f"`{shown}`" in OPERATIONS


def test_every_command() -> None:
    names = [command.name or getattr(command.callback, "__name__", "") for command in cli.registered_commands]
    names += [f"vault {command.name}" for command in vault.registered_commands]
    for name in names:
        assert f"`redline {name}`" in OPERATIONS


@pytest.mark.parametrize("word", [*OPERATORS, *shipped_policies(), "shadow", "unless", "min_score", "unknown_route"])
def test_words_of_a_policy(word: str) -> None:
    assert word in POLICIES


def test_the_examples_are_policies(tmp_path: Path) -> None:
    first, second = (piece.split("```")[0] for piece in POLICIES.split("```yaml\n")[1:3])
    assert parse_policy(first, "docs/policies.md", load_entities()).name == "bank"
    (tmp_path / "ours.yaml").write_text(second, encoding="utf-8")
    assert load_policy(str(tmp_path / "ours.yaml"), load_entities()).name == "our-bank"


def test_the_table_of_articles_is_what_ships() -> None:
    """| policy | rule | articles | …: every rule of the policies by law, and what it says it serves."""
    table = POLICIES.partition("## Which article each rule serves")[2]
    told: dict[tuple[str, str], str] = {}
    policy = ""
    for line in table.splitlines():
        cells = [cell.strip().strip("`") for cell in line.split("|")[1:-1]]
        if len(cells) == 4 and cells[1] not in {"rule", "---"}:
            policy = cells[0] or policy
            told[policy, cells[1]] = cells[2]
    for name in ("secrets-only", "pipl", "gdpr", "hipaa", "pci-dss"):
        source = load_policy(name, load_entities()).source
        rules = {rule.name for rule in source.rules}
        assert {rule for law, rule in told if law == name} - {"default"} == rules
        for rule in source.rules:
            assert not rule.article or rule.article in told[name, rule.name]
        if source.default_request is not None and source.default_request.article:
            assert told[name, "default"] == source.default_request.article
