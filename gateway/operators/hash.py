"""Irreversible, linkable: a keyed hash, so that equal values of one tenant can be joined without being known.

`<EMAIL_ADDRESS:9f2c…>` with 20 hex digits (80 bits). The tenant is part of the key: two tenants cannot compare.
Spelling is folded first, as nothing has to be restored: width and composition (NFKC), case, and for number-like
types whatever separates the digits.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from gateway.operators.redact import label
from gateway.stores.identity import frame, keyed_hash
from gateway.types import Finding, Scope

DIGITS: Final = 20
MIN_KEY_BYTES: Final = 32

NUMBER_LIKE: Final = frozenset(
    {
        "CN_BANK_CARD",
        "CN_PASSPORT",
        "CN_RESIDENT_ID",
        "CN_USCC",
        "CN_VEHICLE_PLATE",
        "CREDIT_CARD",
        "IBAN_CODE",
        "MAC_ADDRESS",
        "PHONE_NUMBER",
        "UK_NHS",
        "UK_NINO",
        "US_DRIVER_LICENSE",
        "US_ITIN",
        "US_PASSPORT",
        "US_SSN",
    }
)
"""Types in which separators are decoration."""

_CASE_MATTERS: Final = frozenset({"API_KEY", "ACCESS_TOKEN", "PRIVATE_KEY", "PASSWORD", "CRYPTO", "URL_CREDENTIALS"})


def fold(entity_type: str, value: str) -> str:
    """One spelling for all spellings of a value."""
    text = unicodedata.normalize("NFKC", value).strip()
    if entity_type in NUMBER_LIKE:
        text = "".join(character for character in text if character.isalnum()) or text
    return text if entity_type in _CASE_MATTERS else text.casefold()


class HashOperator:
    name = "hash"
    reversible = False

    def __init__(self, key: bytes) -> None:
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"the hash key must have {MIN_KEY_BYTES} bytes")
        self._key = key

    async def apply(self, scope: Scope, findings: Sequence[Finding], values: Sequence[str]) -> Sequence[str]:
        return [
            self._hashed(scope.tenant, finding.entity_type, value)
            for finding, value in zip(findings, values, strict=True)
        ]

    def _hashed(self, tenant: str, entity_type: str, value: str) -> str:
        digest = keyed_hash(self._key, frame(tenant, entity_type, fold(entity_type, value)))
        return f"{label(entity_type)[:-1]}:{digest.hex()[:DIGITS]}>"
