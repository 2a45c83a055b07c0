"""Reversible: a token of `gateway.tokens`, restored for the scope that minted it."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import StoreError
from gateway.types import Finding, Scope, TokenVault


class TokenizeOperator:
    name = "tokenize"
    reversible = True

    def __init__(self, vault: TokenVault) -> None:
        self._vault = vault

    async def apply(self, scope: Scope, findings: Sequence[Finding], values: Sequence[str]) -> Sequence[str]:
        """One call to the vault for all of them, and each value once: a name may stand in a text a thousand times."""
        pairs = [(finding.entity_type, value) for finding, value in zip(findings, values, strict=True)]
        distinct = list(dict.fromkeys(pairs))
        tokens = await self._vault.tokenize(scope, distinct) if distinct else []
        if len(tokens) != len(distinct):
            raise StoreError("vault_failed", "tokens missing")
        token_of = dict(zip(distinct, tokens, strict=True))
        return [token_of[pair] for pair in pairs]
