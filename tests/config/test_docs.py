"""docs/configuration.md is made from the table; whoever changes the table runs `redline docs --write`."""

from __future__ import annotations

from pathlib import Path

from gateway.config import settings
from gateway.config.docs import render

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run: redline docs --write"


def test_every_setting_is_on_it() -> None:
    for line in settings().values():
        assert f"| `{line.name}` |" in render()
        assert f"`{line.env}`" in render()
