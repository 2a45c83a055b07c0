"""The random data key of a scope: wrapped by a master key in the store, open in memory for a short while.

Whoever deletes the wrapped key has erased every value of the scope, wherever copies of the ciphertext may lie.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.stores.identity import frame, keyed_hash, octets
from gateway.stores.keys import KeyRing

_VERSION: Final = b"\x01"
_NONCE: Final = 12
_KID: Final = 8
_INDEX: Final = 16


@dataclass(frozen=True, slots=True)
class ScopeKey:
    """64 random bytes: half encrypts values, half keys their index."""

    generation: bytes
    """Names this key; a scope that was erased and begun anew has another."""
    material: bytes = field(repr=False)
    cipher: AESGCM = field(repr=False)

    @classmethod
    def of(cls, generation: bytes, material: bytes) -> Self:
        return cls(generation, material, AESGCM(material[:32]))

    @classmethod
    def generate(cls) -> Self:
        return cls.of(secrets.token_hex(8).encode(), secrets.token_bytes(64))

    def index(self, entity_type: str, value: str) -> bytes:
        """The field under which a value's token is found again; meaningless outside this scope."""
        return b"h:" + keyed_hash(self.material[32:], frame(entity_type, value))[:_INDEX]

    def seal(self, name: str, token: str, entity_type: str, value: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + nonce + self.cipher.encrypt(nonce, octets(value), frame(name, token, entity_type))

    def open(self, name: str, token: str, entity_type: str, blob: bytes) -> str | None:
        """None for a ciphertext that was not made by `seal` with the very same name, token and entity type."""
        if blob[:1] != _VERSION:
            return None
        nonce, sealed = blob[1 : 1 + _NONCE], blob[1 + _NONCE :]
        try:
            return self.cipher.decrypt(nonce, sealed, frame(name, token, entity_type)).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError):
            return None


def wrap(keys: KeyRing, name: str, key: ScopeKey) -> bytes:
    """version ‖ key id ‖ nonce ‖ AES-256-GCM(material), bound to the scope's name and generation."""
    kek = keys.wrapping(keys.active)
    assert kek is not None  # noqa: S101  a ring holds its own active key
    nonce = secrets.token_bytes(_NONCE)
    head = _VERSION + keys.active.encode()
    return head + nonce + AESGCM(kek).encrypt(nonce, key.material, head + frame(name) + key.generation)


def unwrap(keys: KeyRing, name: str, generation: bytes, blob: bytes) -> ScopeKey | None:
    """None if the master key is not in the ring, or the blob was tampered with or belongs to another scope."""
    head, nonce, sealed = blob[: 1 + _KID], blob[1 + _KID : 1 + _KID + _NONCE], blob[1 + _KID + _NONCE :]
    kek = keys.wrapping(head[1:].decode("ascii", "replace")) if head[:1] == _VERSION else None
    if kek is None:
        return None
    try:
        material = AESGCM(kek).decrypt(nonce, sealed, head + frame(name) + generation)
    except (InvalidTag, ValueError):
        return None
    return ScopeKey.of(generation, material)


def wrapped_by(blob: bytes) -> str:
    """The id of the master key that wraps it."""
    return blob[1 : 1 + _KID].decode("ascii", "replace")


class ScopeKeyCache:
    """Bounded and short-lived: least recently used out first, and nothing older than `seconds`."""

    def __init__(self, entries: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries = entries
        self._seconds = seconds
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, ScopeKey]] = OrderedDict()

    def get(self, name: str) -> ScopeKey | None:
        held = self._held.get(name)
        if held is None:
            return None
        if held[0] < self._clock():
            del self._held[name]
            return None
        self._held.move_to_end(name)
        return held[1]

    def put(self, name: str, key: ScopeKey) -> None:
        self._held[name] = (self._clock() + self._seconds, key)
        self._held.move_to_end(name)
        if len(self._held) > self._entries:
            self._held.popitem(last=False)

    def drop(self, name: str) -> None:
        self._held.pop(name, None)

    def __len__(self) -> int:
        return len(self._held)
