"""The queue before the model: by priority and length, so that a batch is drawn without looking at who stays.

Rules for the next editor
1. Adding is O(1); taking costs what is taken plus a look at the heads of the lanes, whatever waits.
2. Who is next: the least `due`. It is the time of arrival, later by `patience` for bulk. So interactive work goes
   first, and bulk that has waited for its patience goes before all that came after that moment: nobody starves.
3. Who has left costs nothing: neither tokens of the bound nor a place in a batch.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sized
from dataclasses import dataclass, field
from typing import Any

INTERACTIVE, BULK = 0, 1


@dataclass(slots=True, eq=False)
class Entry[Item: Sized]:
    """One sequence and who waits for its answer."""

    item: Item = field(repr=False)
    future: asyncio.Future[Any]
    arrived: float
    deadline: float
    priority: int
    due: float
    waits: bool = True
    """In the queue, and not gone."""

    @property
    def size(self) -> int:
        return len(self.item)


def length_class(size: int) -> int:
    """Lengths are rounded up to eight classes between powers of two, so that padding within one is under an eighth."""
    shift = max(0, (size - 1).bit_length() - 4)
    return -(-size >> shift) << shift


class Waiting[Item: Sized]:
    """patience: seconds that bulk lets interactive work go first."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lanes: dict[tuple[int, int], deque[Entry[Item]]] = {}
        """(priority, length class) → in order of arrival. Never an empty one."""
        self.count = 0
        self._tokens = [0, 0]

    @property
    def tokens(self) -> int:
        return sum(self._tokens)

    def ahead_of(self, priority: int) -> int:
        """Tokens that somebody of this priority finds before it."""
        return self._tokens[INTERACTIVE] if priority == INTERACTIVE else self.tokens

    def add(self, item: Item, future: asyncio.Future[Any], now: float, deadline: float, priority: int) -> Entry[Item]:
        priority = BULK if priority else INTERACTIVE
        entry = Entry(item, future, now, deadline, priority, now + self._patience * priority)
        self._lanes.setdefault((priority, length_class(entry.size)), deque()).append(entry)
        self.count += 1
        self._tokens[priority] += entry.size
        return entry

    def leave(self, entry: Entry[Item]) -> bool:
        """The entry no longer waits; False where it did not any more. Its place is cleared when it comes up."""
        if not entry.waits:
            return False
        entry.waits = False
        self.count -= 1
        self._tokens[entry.priority] -= entry.size
        return True

    def oldest(self) -> float:
        """When the first of those that wait arrived; infinity where nobody waits."""
        self._purge()
        return min((lane[0].arrived for lane in self._lanes.values()), default=float("inf"))

    def clear(self) -> list[Entry[Item]]:
        """Everybody who waits, and an empty queue."""
        left = [entry for lane in self._lanes.values() for entry in lane if self.leave(entry)]
        self._lanes.clear()
        return left

    def take(self, now: float, most: int, padding: float) -> list[Entry[Item]]:
        """The next batch: the most urgent entry and others of like length.

        most: cells (entries x longest); the urgent entry comes alone where it is longer than that.
        padding: share of cells that may be empty. Bulk joins an interactive batch only when its patience is over.
        """
        self._purge()
        if not self._lanes:
            return []
        lengths = {length for _, length in self._lanes}
        priority, size = min(self._lanes, key=lambda key: self._lanes[key][0].due)
        batch = _Batch[Item](most, padding)
        batch.add(self._lanes[priority, size][0])
        self._drop_head(priority, size)
        below = sorted((length for length in lengths if length <= size), reverse=True)
        above = sorted(length for length in lengths if length > size)
        for classes in (below, above):
            for length in classes:
                if not self._fill(batch, length, priority, now):
                    break
        return batch.entries

    def _fill(self, batch: _Batch[Item], length: int, priority: int, now: float) -> bool:
        """Move entries of one length class into the batch; False where the batch takes no more of that length."""
        while True:
            entry = self._next(length, priority, now)
            if entry is None:
                return True
            if not batch.fits(entry.size):
                return False
            batch.add(entry)
            self._drop_head(entry.priority, length)

    def _next(self, length: int, priority: int, now: float) -> Entry[Item] | None:
        """The next one of a length that may join a batch of this priority."""
        heads = []
        for own in (INTERACTIVE, BULK):
            lane = self._lanes.get((own, length))
            if lane is None or not self._clean(own, length, lane):
                continue
            if own <= priority or lane[0].due <= now:
                heads.append(lane[0])
        return min(heads, key=lambda entry: entry.due, default=None)

    def _drop_head(self, priority: int, length: int) -> None:
        lane = self._lanes[priority, length]
        self.leave(lane.popleft())
        self._clean(priority, length, lane)

    def _clean(self, priority: int, length: int, lane: deque[Entry[Item]]) -> bool:
        """Take those who left from the head; False where nobody is left, and the lane is gone."""
        while lane and not lane[0].waits:
            lane.popleft()
        if not lane:
            del self._lanes[priority, length]
        return bool(lane)

    def _purge(self) -> None:
        for (priority, length), lane in list(self._lanes.items()):
            self._clean(priority, length, lane)


class _Batch[Item: Sized]:
    """What is being put together, and whether one more fits."""

    def __init__(self, most: int, padding: float) -> None:
        self.entries: list[Entry[Item]] = []
        self._most = most
        self._share = 1 - padding
        self._longest = self._tokens = 0

    def add(self, entry: Entry[Item]) -> None:
        self.entries.append(entry)
        self._longest = max(self._longest, entry.size)
        self._tokens += entry.size

    def fits(self, size: int) -> bool:
        cells = (len(self.entries) + 1) * max(self._longest, size, 1)
        return cells <= self._most and self._tokens + size >= self._share * cells


def sizes(entries: Iterable[Entry[Any]]) -> list[int]:
    return [entry.size for entry in entries]
