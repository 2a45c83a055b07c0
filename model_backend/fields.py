"""Typed reads of single request fields. Names come from our own tables, so they may be told to the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from model_backend.failures import invalid

_MAX_STOPS: Final = 8


def flag(body: Mapping[str, Any], name: str) -> bool:
    """A boolean; false where it is absent."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(f"{name} must be true or false.", name)
    return bool(value)


def number(body: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    """A number within bounds."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise invalid(f"{name} must be a number from {low} to {high}.", name)
    return float(value)


def whole_number(body: Mapping[str, Any], name: str, low: int) -> int | None:
    """An integer of at least `low`, at most 2**63 - 1."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value < 2**63:
        raise invalid(f"{name} must be a whole number of at least {low}.", name)
    return value


def text(body: Mapping[str, Any], name: str) -> str | None:
    """A string."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{name} must be a string.", name)
    return value


def stop_strings(value: object) -> list[str]:
    """`stop`: a string or a short list of strings."""
    stops = [value] if isinstance(value, str) else value
    if stops is None:
        return []
    if (
        not isinstance(stops, list)
        or len(stops) > _MAX_STOPS
        or not all(isinstance(each, str) and each for each in stops)
    ):
        raise invalid(f"stop must be a string or up to {_MAX_STOPS} strings.", "stop")
    return stops
