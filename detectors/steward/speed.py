"""What a rule's anchor costs: how often it fires on ordinary text, and what scanning for it takes.

Ratios, not seconds: a scan is held against that of a plain literal in the same run, so that a busy machine says the
same as an idle one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import hyperscan

from detectors.matching.anchors import anchor_of
from detectors.matching.leads import Anchor
from detectors.packs.rules import Rule
from detectors.steward.reference import reference_text

MOST_EVENTS: Final = 5.0
"""Candidates in 1,000 characters of ordinary text; each costs the confirming step some microseconds."""
MOST_READ: Final = 1000.0
"""Characters that confirming candidates may read in 1,000 characters of ordinary text."""
MOST_RATIO: Final = 40.0
"""Times the scan of a literal."""
_LITERAL: Final = b"Xq7Zk0PwV3"
_RUNS: Final = 5


@dataclass(frozen=True, slots=True)
class Cost:
    rule: Rule
    pattern: int
    """Index of the pattern within its rule."""
    events: float
    """For each 1,000 characters."""
    ratio: float


def measure(rules: Sequence[Rule]) -> list[Cost]:
    text = reference_text()
    data = text.encode()
    baseline = _seconds(_compiled(_LITERAL, 0), data)[0]
    found: list[Cost] = []
    known: dict[tuple[str, bool], tuple[float, int]] = {}
    for rule in rules:
        for index, (pattern, boundary) in enumerate(rule.bounded):
            anchor = anchor_of(pattern, boundary.guard)
            key = (anchor.expression, anchor.ignore_case)
            if key not in known:
                known[key] = _seconds(_compiled(*_expression(anchor)), data)
            seconds, events = known[key]
            found.append(Cost(rule, index, 1000 * events / len(text), seconds / baseline))
    return found


def _expression(anchor: Anchor) -> tuple[bytes, int]:
    return anchor.expression.encode(), hyperscan.HS_FLAG_CASELESS if anchor.ignore_case else 0


def _compiled(expression: bytes, flags: int) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[expression], ids=[0], elements=1, flags=[flags])
    return database


def _seconds(database: Any, data: bytes) -> tuple[float, int]:
    """The best of several scans, and the events of one. An event's own cost is counted apart, by its rate."""
    count = 0

    def on_match(_expression: int, _start: int, _end: int, _flags: int, _context: Any) -> None:
        nonlocal count
        count += 1

    database.scan(data, match_event_handler=on_match)
    events, best = count, float("inf")
    for _ in range(_RUNS):
        began = time.perf_counter()
        database.scan(data, match_event_handler=on_match)
        best = min(best, time.perf_counter() - began)
    return max(best, 1e-9), events
