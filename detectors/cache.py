"""Resolved findings of texts seen before: chat clients send their whole history again at every turn.

Rule: the text is never a key and never a value. A key is a keyed BLAKE2b under a random key of this process, so that
a memory dump or a timing gives away no more than 'seen since start'.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from threading import Lock
from typing import Final

from detectors.types import Finding

type Located = tuple[int, int, str, float, str]
"""A finding without its part: start, end, entity type, score, rule."""


_BEGUN: Final = 16
FINDINGS_EACH: Final = 8
"""Findings that the cache holds for each entry that it may hold: a text may hold thousands, and most hold none."""


class FindingCache:
    """Bounded in entries and in findings, least recently used first out. Safe to use from many threads."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._most = entries * FINDINGS_EACH
        self._held = 0
        self._key = secrets.token_bytes(32)
        self._table: OrderedDict[bytes, tuple[Located, ...]] = OrderedDict()
        self._lock = Lock()
        self._begun: dict[tuple[str, str], hashlib.blake2b] = {}
        """Hashes that have read a revision and a kind: nearly all texts share two of these."""
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._table)

    @property
    def findings(self) -> int:
        """Held now."""
        return self._held

    def digest(self, revision: str, kind: str, key: str, text: str) -> bytes:
        """All fields but the last are length-prefixed, so that no two different tuples give the same bytes."""
        begun = self._begun.get((revision, kind)) or self._begin(revision, kind)
        mac = begun.copy()
        mac.update(_framed(key) + text.encode("utf-8", "surrogatepass"))
        return mac.digest()

    def _begin(self, revision: str, kind: str) -> hashlib.blake2b:
        if len(self._begun) >= _BEGUN:
            self._begun.clear()
        begun = hashlib.blake2b(_framed(revision) + _framed(kind), key=self._key, digest_size=16)
        self._begun[revision, kind] = begun
        return begun

    def get(self, digest: bytes) -> tuple[Located, ...] | None:
        with self._lock:
            found = self._table.get(digest)
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._table.move_to_end(digest)
            return found

    def put(self, digest: bytes, found: tuple[Located, ...]) -> None:
        if self._entries <= 0 or len(found) > self._most:  # one that would push out all others
            return
        with self._lock:
            self._held += len(found) - len(self._table.get(digest, ()))
            self._table[digest] = found
            self._table.move_to_end(digest)
            while len(self._table) > self._entries or self._held > self._most:
                self._held -= len(self._table.popitem(last=False)[1])


def _framed(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(8, "big") + data


def located(finding: Finding) -> Located:
    return finding.start, finding.end, finding.entity_type, finding.score, finding.rule
