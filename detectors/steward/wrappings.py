"""The dresses in which a value travels, and in which every example must be seen through."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

_WIDE: Final = str.maketrans({chr(c): chr(c + 0xFEE0) for c in (*range(48, 58), *range(65, 91), *range(97, 123))})
_SHORTEST: Final = 12
"""Bytes from which on a base64 run is long enough to be looked into."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An example in its dress; `value`: the exact text of the finding there, None: any finding will do."""

    text: str
    value: str | None


def _plain(text: str, value: str) -> Wrapped:
    return Wrapped(text, value)


def _json(text: str, _value: str) -> Wrapped:
    return Wrapped(json.dumps({"note": text}), None)


def _form(text: str, _value: str) -> Wrapped:
    return Wrapped("note=" + quote(text, safe=""), None)


def _base64(text: str, _value: str) -> Wrapped:
    note = text if len(text.encode()) > _SHORTEST else f"the note: {text}"
    run = base64.b64encode(note.encode()).decode()
    return Wrapped(f"see {run} there", run)


def _full_width(text: str, value: str) -> Wrapped:
    wide = value.translate(_WIDE)
    return Wrapped(text.replace(value, wide), wide)


def _han(text: str, value: str) -> Wrapped:
    return Wrapped(f"前文，{text}。后文", value)


MATCH: Final[Mapping[str, Callable[[str, str], Wrapped]]] = MappingProxyType(
    {
        "plain": _plain,
        "JSON": _json,
        "form": _form,
        "base64": _base64,
        "full-width": _full_width,
        "Han": _han,
    }
)
"""Name → (example's text, its value) → the wrapped text."""


def counter_examples(text: str) -> dict[str, str]:
    """The dresses of a no_match example. Escaping other than ASCII changes what stands beside a value."""
    found = {"plain": text, "JSON": json.dumps({"note": text}, ensure_ascii=False)}
    if text.isascii():
        found["form"] = "note=" + quote(text)
    return found
