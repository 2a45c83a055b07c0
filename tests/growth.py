"""Whether work grows with its input and no faster, told from CPU time without counting on a quiet machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

ATTEMPTS: Final = 5
LEAST: Final = 0.002
"""CPU seconds below which a measurement says nothing."""


def linear(work: Callable[[int], object], small: int, large: int, slack: float = 4.0) -> bool:
    """`work(large)` takes at most `slack` times what its size asks for, in one of several attempts.

    What is quadratic misses that in every attempt, as long as large / small is well above `slack`."""
    for _ in range(ATTEMPTS):
        least = min(_cost(work, small) for _ in range(2))
        if _cost(work, large) <= slack * large / small * max(least, LEAST):
            return True
    return False


def _cost(work: Callable[[int], object], size: int) -> float:
    began = time.process_time()
    work(size)
    return time.process_time() - began
