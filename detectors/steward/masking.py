"""How a value is spoken of where it may not be shown."""

from __future__ import annotations

from typing import Final

_MOST: Final = 6


def told(value: str, *, show: bool) -> str:
    """The value itself, or dots and its length."""
    return value if show else f"{'•' * min(len(value), _MOST)} ({len(value)})"
