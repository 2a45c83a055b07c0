"""Proof that nothing stays: finds keys without a time to live. Needs the launcher's rights (SCAN)."""

from __future__ import annotations

from itertools import batched

from gateway.stores.connect import Link


async def keys_without_ttl(url: str) -> list[str]:
    """Names of keys that would stay for ever; empty on a sound store. Key names hold no personal data."""
    async with Link(url, "record_failed", max_connections=1) as link:
        keys = await all_keys(link)
        immortal: list[str] = []
        for some in batched(keys, 1000):
            pipeline = link.client.pipeline(transaction=False)
            for key in some:
                pipeline.pttl(key)
            left = await link.call(pipeline.execute())
            immortal += [
                key.decode("ascii", "replace")
                for key, milliseconds in zip(some, left, strict=True)
                if milliseconds == -1
            ]
        return immortal


async def all_keys(link: Link) -> list[bytes]:
    found: set[bytes] = set()
    cursor = 0
    while True:
        cursor, keys = await link.call(link.client.scan(cursor, count=1000))
        found.update(keys)
        if cursor == 0:
            return sorted(found)
