"""docs/operations.md names every path, metric and command; docs/policies.md every word of a policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from gateway.cli import app as cli
from gateway.commands.vault import vault
from gateway.dashboard import Readiness, create_app
from gateway.observe.metrics import Metrics
from gateway.policy import OPERATORS, shipped_policies
from gateway.policy.parse import parse_policy

from .conftest import Log

DOCS = Path(__file__).resolve().parents[2] / "docs"
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
POLICIES = (DOCS / "policies.md").read_text(encoding="utf-8")


def test_every_metric() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    for family in registry.collect():
        assert f"`{family.name}" in OPERATIONS


def test_every_path() -> None:
    async def probe() -> Readiness:
        return Readiness({})

    paths = {str(getattr(route, "path", "")) for route in create_app(Log(), probe, lambda: b"").routes}
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


def test_the_example_is_a_policy() -> None:
    from detectors.entities import load_entities

    text = POLICIES.split("```yaml\n")[1].split("```")[0]
    assert parse_policy(text, "docs/policies.md", load_entities()).name == "bank"
