"""Which scope, and which value: the keyed names that stand for them in the store.

A token's identity is (tenant, subject, conversation, entity type, value), and the value counts **exactly as it is
written**: no folding of width, case, separators or Unicode composition. Two spellings of one person are two tokens.
Why: a restored text must be the original to the last code point (a decomposed `é` in a file name is another file),
and one token can restore only one spelling. The price is small: in one conversation a spelling rarely varies.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from gateway.stores.keys import KeyRing
from gateway.tokens import format_token, mint_body
from gateway.types import Scope

CANDIDATES: Final = 8
"""How many bodies a value may try. One body in 2^45 is taken, so even the second is hardly ever needed."""


def octets(text: str) -> bytes:
    """UTF-8 that never fails: a lone surrogate has a name too."""
    return text.encode("utf-8", "surrogatepass")


def frame(*texts: str) -> bytes:
    """Length-prefixed concatenation: different tuples are different bytes."""
    framed = b""
    for text in texts:
        raw = octets(text)
        framed += len(raw).to_bytes(4) + raw
    return framed


def keyed_hash(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def subject_hash(keys: KeyRing, credential: bytes) -> str:
    """`Scope.subject` for a client's credential: 32 hex digits, the same through rotations."""
    return keyed_hash(keys.identity("subject"), credential).hex()[:32]


class TokenIdentity:
    """Deterministic: the same ring gives the same names and tokens in every process, and after expiry."""

    def __init__(self, keys: KeyRing) -> None:
        self._name_key = keys.identity("vault-name")
        self._token_key = keys.identity("token")

    def scope_name(self, scope: Scope) -> str:
        """The scope's key in the store: 32 hex digits that tell nothing of tenant, subject or conversation."""
        return "v:" + keyed_hash(self._name_key, frame(scope.tenant, scope.subject, scope.conversation)).hex()[:32]

    def token(self, name: str, entity_type: str, value: str, attempt: int = 0) -> str:
        """The `attempt`-th candidate token of a value in the scope `name`."""
        mac = keyed_hash(self._token_key, frame(name, entity_type, value, str(attempt)))
        return format_token(entity_type, mint_body(mac, entity_type))


def fingerprint(text: str) -> str:
    """16 hex digits standing for a label of the operator's (a tenant) inside a key name. Not for personal data."""
    return hashlib.sha256(octets(text)).hexdigest()[:16]
