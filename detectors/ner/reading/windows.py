"""Windows over a text's tokens: with overlap, none left out, stitched where each token has most context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens `first` to `last` (half-open) go to the model; of its answer `keep_first` to `keep_last` counts."""

    first: int
    last: int
    keep_first: int
    keep_last: int


def plan(count: int, size: int, overlap: int) -> list[Window]:
    """Cover `count` tokens by windows of at most `size`. The kept ranges are disjoint and cover all tokens.

    Borders between kept ranges lie in the middle of the overlap, so that every token but those at the text's own
    ends has at least `overlap // 2` tokens of context on either side.
    """
    if size < 1 or not 0 <= overlap < size:
        raise ValueError("a window must be larger than its overlap")
    if count == 0:
        return []
    windows: list[Window] = []
    first = kept = 0
    while True:
        last = min(count, first + size)
        if last == count:
            windows.append(Window(first, last, kept, count))
            return windows
        border = last - overlap // 2
        windows.append(Window(first, last, kept, border))
        kept = border
        first = last - overlap


def stitch[Cell: np.generic](windows: Sequence[Window], answers: Sequence[NDArray[Cell]]) -> NDArray[Cell]:
    """One row a token, in order; `answers[i]` (n, ...) has a row for each token of `windows[i]`."""
    rows = []
    for window, answer in zip(windows, answers, strict=True):
        if len(answer) != window.last - window.first:
            raise ValueError("the model answered with another number of rows")
        rows.append(answer[window.keep_first - window.first : window.keep_last - window.first])
    return np.concatenate(rows)
