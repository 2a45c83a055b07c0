"""Who may use the gateway, and whose data is whose. The file holds hashes of keys, never keys.

clients:
  - name: web-shop
    tenant: bank-7
    key_sha256: 6f1ed002ab5595859014ebf0951522d9…
anonymous: refuse          # or: allow (the default): keys that are not listed use the tenant `default`
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.yamlfile import Value, read

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True, slots=True)
class Client:
    name: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Clients:
    """Listed clients by the SHA-256 of their key."""

    by_key: Mapping[str, Client] = field(default_factory=dict, repr=False)
    anonymous: bool = True
    """Keys that are not listed are let in, as the tenant `default`."""

    def find(self, key: str) -> Client | None:
        """`key` is the bare key, without `Bearer`. A look-up by hash leaks nothing by its timing."""
        return self.by_key.get(hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest())

    @classmethod
    def load(cls, path: Path | None) -> Clients:
        """Raises ConfigError; None: nobody is listed and everybody is let in."""
        if path is None:
            return cls()
        root = read(path)
        top = root.mapping("a clients file", ("clients", "anonymous"))
        if "clients" not in top:
            root.fail("the key 'clients' is missing", "Add `clients:` with a list.")
        by_key: dict[str, Client] = {}
        for item in top["clients"].sequence("clients"):
            key, client = _client(item)
            if key in by_key:
                item.fail(f"the key of {client.name!r} is also that of {by_key[key].name!r}", "Give each its own.")
            by_key[key] = client
        anonymous = "anonymous" not in top or top["anonymous"].choice("anonymous", ("allow", "refuse")) == "allow"
        return cls(by_key, anonymous)


def _client(item: Value) -> tuple[str, Client]:
    fields = item.mapping("a client", ("name", "tenant", "key_sha256"))
    for name in ("name", "key_sha256"):
        if name not in fields:
            item.fail(f"the key {name!r} is missing", f"Add `{name}: …`.")
    key = fields["key_sha256"].text("key_sha256").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", key):
        fields["key_sha256"].fail(
            "key_sha256 is not a SHA-256 in hex",
            "Make it with `printf %s KEY | sha256sum`; never write the key itself.",
        )
    return key, Client(_plain(fields["name"]), _plain(fields["tenant"]) if "tenant" in fields else "default")


def _plain(value: Value) -> str:
    if not _NAME.fullmatch(value.text("a name")):
        value.fail("not a plain name", "Use letters, digits, '_', '.' and '-', at most 63 characters.")
    return value.scalar
