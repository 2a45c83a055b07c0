"""Irreversible: the entity type in angle brackets. Nothing of the value is left, not even its length."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.types import Finding, Scope


def label(entity_type: str) -> str:
    return f"<{entity_type}>"


class RedactOperator:
    name = "redact"
    reversible = False

    async def apply(self, scope: Scope, findings: Sequence[Finding], values: Sequence[str]) -> Sequence[str]:
        return [label(finding.entity_type) for finding, _ in zip(findings, values, strict=True)]
