"""Resolved findings of texts seen before: chat clients send their whole history again at every turn.

Rule: the text is never a key and never a value. A key is a keyed BLAKE2b under a random key of this process, so that
a memory dump or a timing gives away no more than 'seen since start'.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from threading import Lock

from detectors.types import Finding

type Located = tuple[int, int, str, float, str]
"""A finding without its part: start, end, entity type, score, rule."""


class FindingCache:
    """Bounded, least recently used first out. Safe to use from many threads."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._key = secrets.token_bytes(32)
        self._table: OrderedDict[bytes, tuple[Located, ...]] = OrderedDict()
        self._lock = Lock()
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._table)

    def digest(self, revision: str, kind: str, key: str, text: str) -> bytes:
        """Fields are length-prefixed, so that no two different tuples give the same bytes."""
        mac = hashlib.blake2b(key=self._key, digest_size=16)
        for value in (revision, kind, key, text):
            data = value.encode("utf-8", "surrogatepass")
            mac.update(len(data).to_bytes(8, "big"))
            mac.update(data)
        return mac.digest()

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
        if self._entries <= 0:
            return
        with self._lock:
            self._table[digest] = found
            self._table.move_to_end(digest)
            while len(self._table) > self._entries:
                self._table.popitem(last=False)


def located(finding: Finding) -> Located:
    return finding.start, finding.end, finding.entity_type, finding.score, finding.rule
