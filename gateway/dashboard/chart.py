"""A stacked bar for each minute, as SVG made here: no script, no inline style, classes only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup, escape

from gateway.dashboard.reader import Point

STACK: Final = ("block", "transform", "allow")
"""From the ground up: what was refused must be seen even where it is little."""
WIDTH: Final = 960
HEIGHT: Final = 160
_FOOT: Final = 18
_SIDE: Final = 34


def bars(points: Sequence[Point], title: str) -> Markup:
    """Minutes without traffic are gaps; the scale is that of the tallest bar, in whole messages."""
    tallest = max((_total(point) for point in points), default=0)
    ceiling = _nice(tallest)
    step = (WIDTH - _SIDE) / max(len(points), 1)
    drawn = [_grid(ceiling)]
    for index, point in enumerate(points):
        drawn.append(_bar(point, _SIDE + index * step, max(step - 2, 1), ceiling))
        if index % 10 == 0:
            drawn.append(_label(_SIDE + index * step, HEIGHT + _FOOT - 4, _clock(point.start)))
    body = Markup("").join(drawn)
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT + _FOOT, title, body
    )


def _total(point: Point) -> int:
    return sum(point.counts.get(f"effect:{effect}", 0) for effect in STACK)


def _nice(value: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50 … that is not below `value`."""
    scale = 1
    while True:
        for factor in (1, 2, 5):
            if factor * scale >= value:
                return factor * scale
        scale *= 10


def _grid(ceiling: int) -> Markup:
    lines = Markup("")
    for part in (0, 0.5, 1):
        y = HEIGHT - (HEIGHT - 8) * part
        lines += Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(_SIDE, WIDTH, y, y)
        lines += _label(0, y + 4, f"{ceiling * part:g}")
    return lines


def _label(x: float, y: float, text: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}">{}</text>').format(x, y, text)


def _bar(point: Point, x: float, width: float, ceiling: int) -> Markup:
    floor, drawn = float(HEIGHT), Markup("")
    told = [f"{effect} {count}" for effect in STACK if (count := point.counts.get(f"effect:{effect}", 0))]
    for effect in STACK:
        count = point.counts.get(f"effect:{effect}", 0)
        if count:
            height = max((HEIGHT - 8) * count / ceiling, 1)
            floor -= height
            drawn += Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                effect, x, floor, width, height
            )
    if not told:
        return drawn
    return Markup("<g><title>{}</title>{}</g>").format(escape(f"{_clock(point.start)}  {', '.join(told)}"), drawn)


def _clock(start: int) -> str:
    return datetime.fromtimestamp(start, UTC).astimezone().strftime("%H:%M")
