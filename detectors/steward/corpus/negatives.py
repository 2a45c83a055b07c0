"""Text that looks like secrets and identifiers and is none, made anew from a seed: what false positives are counted on.

Each kind is about `characters` long. Nothing in it is anybody's; a finding in it at 0.5 or more is a false positive.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from detectors.steward.corpus import prose, records, source

KINDS: Final[Mapping[str, Callable[[random.Random], str]]] = MappingProxyType(
    {
        "news zh": prose.news_zh,
        "news en": prose.news_en,
        "chat": prose.chat,
        "source code": source.code,
        "minified": source.minified,
        "configuration": source.configuration,
        "docs": source.docs,
        "lock files": source.lock,
        "images": source.image,
        "logs": records.log,
        "orders": records.orders,
        "hashes": records.hashes,
        "uuids": records.uuids,
        "versions": records.versions,
        "prices": records.prices,
        "books": records.books,
        "chemistry": records.chemistry,
        "coordinates": records.coordinates,
        "measurements": records.measurements,
    }
)


def corpus(characters: int, seed: int = 20_261_121) -> dict[str, str]:
    """Kind → text of about so many characters."""
    result: dict[str, str] = {}
    for name, make in KINDS.items():
        rng = random.Random(f"{seed}-{name}")  # noqa: S311 - texts, not keys
        pieces: list[str] = []
        size = 0
        while size < characters:
            piece = make(rng)
            pieces.append(piece)
            size += len(piece)
        result[name] = "".join(pieces)
    return result
