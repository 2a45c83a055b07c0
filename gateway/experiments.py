"""Experimental rules in the gateway: they read what the others read, are counted, and change nothing.

A pass of its own, after detection, over the same parts: an experimental rule cannot displace a finding, and its
fault cannot become the gate's. It has a budget for each message; what goes beyond is left unread and counted.
Rule for the next editor: nothing here may raise, and nothing here may reach a decision.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from detectors.cache import FindingCache, located
from detectors.keys import with_keys
from detectors.packs.detector import RuleDetector
from detectors.packs.rules import RuleSet, Status
from gateway.types import Finding, Part

CHARACTERS: Final = 64 * 1024
"""Of one message that are read."""
SECONDS: Final = 0.02
"""After which the rest of a message is left unread."""
STRIKES: Final = 20
"""Messages one after another that failed or took too long: then no more are read until rules are loaded anew."""


@dataclass(slots=True)
class Stats:
    """Messages that were not read, or not to their end; running totals."""

    failed: int = 0
    slow: int = 0
    long: int = 0
    stopped: int = 0


class Experiments:
    def __init__(self, detector: RuleDetector | None, names: Mapping[str, str], cache_entries: int = 0) -> None:
        """`names`: rule → entity type, of all that are observed."""
        self.names = names
        self.stats = Stats()
        self._detector = detector
        self._cache = FindingCache(cache_entries)
        self._strikes = 0

    @classmethod
    def none(cls) -> Self:
        return cls(None, {})

    @classmethod
    def of(cls, rules: RuleSet, *, cache_entries: int = 0) -> Self:
        """The experimental ones of a rule set that has proved itself. Where there is none, nothing is run."""
        packs = (replace(pack, rules=tuple(r for r in pack.rules if r.status is Status.EXPERIMENTAL))
                 for pack in rules.packs)  # fmt: skip
        some = RuleSet(tuple(pack for pack in packs if pack.rules), rules.revision)
        if not some.packs:
            return cls.none()
        names = {rule.name: rule.entity_type for rule in some.rules}
        return cls(RuleDetector(some, experimental=True), names, cache_entries)

    def __bool__(self) -> bool:
        return self._detector is not None

    async def observe(self, parts: Sequence[Part]) -> list[Finding]:
        """What they find in the parts, overlaps included. Never raises."""
        if self._detector is None:
            return []
        if self._strikes >= STRIKES:
            self.stats.stopped += 1
            return []
        try:
            found, whole = self._read(self._detector, parts)
        except Exception:  # noqa: BLE001 - traffic does not wait for what is only tried
            self.stats.failed += 1
            self._strikes += 1
            return []
        self._strikes = 0 if whole else self._strikes + 1
        return found

    def _read(self, detector: RuleDetector, parts: Sequence[Part]) -> tuple[list[Finding], bool]:
        """False: it took too long, and the rest was not read."""
        found: list[Finding] = []
        left, until = CHARACTERS, time.perf_counter() + SECONDS
        self.stats.long += sum(len(part.text) for part in parts) > left
        for part, key in with_keys(parts):
            if len(part.text) > left:  # a shorter one may follow
                continue
            left -= len(part.text)
            digest = self._cache.digest(detector.revision, "", key, part.text)
            held = self._cache.get(digest)
            if held is None:
                held = tuple(located(finding) for finding in detector.find(part.text, key=key))
                self._cache.put(digest, held)
            found += [Finding(part.id, *place) for place in held]
            if time.perf_counter() > until:
                self.stats.slow += 1
                return found, False
        return found, True


def counted(observed: Sequence[Finding], found: Sequence[Finding]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Rule → findings; and those of them at whose place nothing is found by the rules in force.

    `found`: disjoint within a part."""
    ends: dict[int, tuple[list[int], list[int]]] = {}
    for finding in sorted(found):
        starts, stops = ends.setdefault(finding.part, ([], []))
        starts.append(finding.start)
        stops.append(finding.end)
    news = [one.rule for one in observed if not _meets(one, *ends.get(one.part, ((), ())))]
    return Counter(one.rule for one in observed), Counter(news)


def _meets(one: Finding, starts: Sequence[int], ends: Sequence[int]) -> bool:
    at = bisect_right(starts, one.end - 1) - 1
    return at >= 0 and ends[at] > one.start
