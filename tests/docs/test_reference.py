"""What is not documented is a failing test."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import REASONS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("code", REASONS)
def test_each_reason_code_is_documented_with_its_status_and_sentence(code: str) -> None:
    status, message = REASONS[code]
    assert f"| `{code}` | {status} | {message} |" in (DOCS / "reason-codes.md").read_text(encoding="utf-8")
