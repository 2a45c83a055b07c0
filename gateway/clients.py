"""Whose exchange this is: tenant, a keyed hash of the credential, conversation."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from gateway.config import Clients
from gateway.planes.refusals import plane_refusal
from gateway.types import Headers, RequestMeta, Scope

_CREDENTIAL_HEADERS = (b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key")
_CONVERSATION = b"x-redline-conversation"
LONGEST_CONVERSATION = 200
SHORTEST_SECRET = 16
"""Characters of a key that by itself tells one client from all others."""


class ClientDirectory:
    def __init__(self, clients: Clients, subject: Callable[[bytes], str]) -> None:
        """`subject`: secret bytes → keyed hash, the same in every process of this gateway."""
        self._clients = clients
        self._subject = subject

    def scope(self, meta: RequestMeta) -> Scope:
        """Raises `Refusal` for a client that is not listed, where only listed ones are let in.

        A client without a credential is known by its address, and one with a key too short to be a secret by both:
        half the world says `EMPTY`, and tokens never cross from one client to another.
        """
        key = credential(meta.head.headers)
        client = self._clients.find(key) if key else None
        if client is None and not self._clients.anonymous:
            raise plane_refusal("client_unknown")
        secret = _identity(key, meta.client_address, listed=client is not None)
        tenant = client.tenant if client else "default"
        conversation = _first(meta.head.headers, _CONVERSATION)[:LONGEST_CONVERSATION]
        return Scope(tenant, self._subject(secret.encode("utf-8", "surrogateescape")), conversation)


def _identity(key: str, address: str, *, listed: bool) -> str:
    if not key:
        return f"address:{address}"
    return f"key:{key}" if listed or len(key) >= SHORTEST_SECRET else f"weak:{address} {key}"


def credential(headers: Headers) -> str:
    """The bare key that the client shows to the upstream; empty if none."""
    for name in _CREDENTIAL_HEADERS:
        if value := _first(headers, name):
            scheme, _, rest = value.partition(" ")
            if rest and scheme.lower() == "bearer":
                return rest.strip()
            if rest and scheme.lower() == "basic":
                return _basic_password(rest.strip()) or value
            return value.strip()
    return ""


def _basic_password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return ""


def _first(headers: Headers, wanted: bytes) -> str:
    for name, value in headers:
        if name == wanted:
            return value.decode("utf-8", "surrogateescape").strip()
    return ""
