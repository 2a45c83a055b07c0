"""All views of a text that the engine reads, each with its name and its way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from detectors.packs.detector import MAX_DEPTH
from detectors.views import encoded, normalize
from detectors.views.view import View

_RUN: Final = re.compile(rf"[A-Za-z0-9+/_\-]{{{normalize.SHORTEST},}}")

type Place = Callable[[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Seen:
    name: str
    """`as written`, or what was undone, outermost first: `base64 > full-width`."""
    text: str = field(repr=False)
    span: Place
    """A span of `text` → the span of the original."""


def views(text: str) -> Iterator[Seen]:
    yield from _below("", text, _same, 0)


def _same(start: int, end: int) -> tuple[int, int]:
    return start, end


def _below(name: str, text: str, span: Place, depth: int) -> Iterator[Seen]:
    if "\\" in text:
        text = normalize.soften(text)
    yield Seen(name or "as written", text, span)
    if depth >= MAX_DEPTH:
        return
    inner: tuple[tuple[str, View | None], ...] = (
        ("folded", normalize.fold(text)),
        ("unescaped", normalize.unescape(text)),
        ("base64 or hex", encoded.decode(text, [run.span() for run in _RUN.finditer(text)])),
    )
    for kind, view in inner:
        if view is not None:
            yield from _below(f"{name} > {kind}" if name else kind, view.text, _back(view, span), depth + 1)


def _back(view: View, outer: Place) -> Place:
    return lambda start, end: outer(*view.span(start, end))
