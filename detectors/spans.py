"""Overlapping findings → a disjoint cover of their union.

Never a partial overlap, and never less than the union: what a rewrite leaves of a cut value is a leak.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Final

from detectors.types import Finding

_ORDER: Final = attrgetter("part", "start", "end", "entity_type", "score", "rule")
"""The order of the dataclass itself, several times faster."""


def resolve(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted by part and position, disjoint within a part.

    The best score names the type and the rule; then the longest, then the first in the alphabet, so that the order
    of the input never matters. Resolving twice changes nothing."""
    ordered = sorted(findings, key=_ORDER)
    result: list[Finding] = []
    cluster: list[Finding] = []
    end = -1
    for finding in ordered:
        if finding.start >= finding.end:
            continue
        if cluster and finding.part == cluster[0].part and finding.start < end:
            cluster.append(finding)
            end = max(end, finding.end)
            continue
        if cluster:
            result.append(_merge(cluster, end))
        cluster, end = [finding], finding.end
    if cluster:
        result.append(_merge(cluster, end))
    return result


def _merge(cluster: list[Finding], end: int) -> Finding:
    if len(cluster) == 1:
        return cluster[0]
    best = min(cluster, key=lambda f: (-f.score, f.start - f.end, f.entity_type, f.rule))
    return Finding(best.part, cluster[0].start, end, best.entity_type, best.score, best.rule)
