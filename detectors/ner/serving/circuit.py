"""When to leave a server alone, and when a second one is worth asking. No I/O, no clock of its own."""

from __future__ import annotations

import random
from collections import deque
from typing import Final

FAILURES: Final = 5
"""In a row, after which a server is left alone."""
PAUSES: Final = (1.0, 30.0)
"""Seconds: the first pause, and the longest; each is twice the one before, less up to a quarter at random."""
SHARE: Final = 0.1
"""Of questions that may be asked twice, so that a slow fleet is not made slower by its own clients."""
BURST: Final = 5.0
KEPT: Final = 64
ENOUGH: Final = 8
"""Times known, from which on they say something."""
FIRST_DELAY: Final = 0.25
LEAST_DELAY: Final = 0.01
TIMES_USUAL: Final = 4.0


class Breaker:
    """closed → (FAILURES in a row) → open for a pause → one trial → closed, or open for longer."""

    def __init__(self) -> None:
        self._failures = 0
        self._pause = 0.0
        self._until = 0.0
        self._trial = False

    @property
    def open(self) -> bool:
        return self._pause > 0

    def admits(self, now: float) -> bool:
        return not self.open or (now >= self._until and not self._trial)

    def begin(self) -> None:
        """A question is sent; where the circuit was open, it is the trial."""
        self._trial = self.open

    def succeeded(self) -> None:
        self._failures, self._pause, self._trial = 0, 0.0, False

    def failed(self, now: float) -> bool:
        """True where the circuit opens now, or stays open for longer."""
        self._failures += 1
        if not self._trial and self._failures < FAILURES:
            return False
        first, most = PAUSES
        self._pause = min(most, 2 * self._pause or first)
        self._until = now + self._pause * (1 - random.random() / 4)  # noqa: S311  spreads clients, guards nothing
        self._trial = False
        return True

    def left(self) -> None:
        """The question was given up before an answer: neither good nor bad."""
        self._trial = False


class Delays:
    """After how long a question is slow: the 95th percentile of those of its size lately; or sooner, where more than
    five in a hundred are slow, at a multiple of the median."""

    def __init__(self) -> None:
        self._seconds: dict[int, deque[float]] = {}

    def saw(self, size: int, seconds: float) -> None:
        self._seconds.setdefault(_class(size), deque(maxlen=KEPT)).append(seconds)

    def slow(self, size: int) -> float:
        known = self._seconds.get(_class(size), ())
        if len(known) < ENOUGH:
            return FIRST_DELAY
        ordered = sorted(known)
        usual, late = ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))]
        return max(LEAST_DELAY, min(late, TIMES_USUAL * usual))


class Allowance:
    """Of second questions: a share of the first ones, and a few at once."""

    def __init__(self) -> None:
        self._left = BURST

    def asked(self) -> None:
        self._left = min(BURST, self._left + SHARE)

    def take(self) -> bool:
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _class(size: int) -> int:
    """Bodies of a factor of four in size are one class."""
    return size.bit_length() // 2
