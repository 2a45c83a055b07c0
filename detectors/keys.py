"""Which key names a value: `{"password": "…"}` reaches detectors as two parts, and the second means nothing alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from detectors.types import Part, PartKind

MAX_KEY: Final = 120
"""A longer key is text, and not a name."""


def with_keys(parts: Sequence[Part]) -> list[tuple[Part, str]]:
    """Each part with the KEY part directly before it, where there is one; else with an empty text."""
    result: list[tuple[Part, str]] = []
    key = ""
    for part in parts:
        if part.kind is PartKind.KEY:
            result.append((part, ""))
            key = part.text if len(part.text) <= MAX_KEY else ""
        else:
            result.append((part, key))
            key = ""
    return result
