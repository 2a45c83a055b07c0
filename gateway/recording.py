"""What is kept of a message: counts, codes, times; text only where it is asked for, and then scrubbed."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import NAMES_UNREAD, REASONS
from gateway.types import Coverage, Decision, Effect, Finding, Message, Part, PartKind, Record, ResponseHead

_LONG_NUMBER: Final = re.compile(r"[0-9](?:-?[0-9]){6,}")
"""No part of an address; in a host name that a client chose it may be anything."""


@dataclass(slots=True)
class Inspection:
    """What is known of one message so far; what a record is made of. Holds no text."""

    started: float = field(default_factory=time.perf_counter)
    coverage: Coverage = Coverage.NONE
    parts: int = 0
    findings: Sequence[Finding] = ()
    observed: Mapping[str, int] = field(default_factory=dict)
    """What experimental rules would have found."""
    observed_new: Mapping[str, int] = field(default_factory=dict)
    rules_revision: str = ""
    """Of the packs that read it."""
    detector_revision: str = ""
    model: str = ""
    """What read names."""
    unread: set[str] = field(default_factory=set)
    """Detectors that did not read all of it, and were gone on without."""
    bytes_out: int = 0
    timings_ms: dict[str, float] = field(default_factory=dict)
    excerpt: str | None = None

    def lap(self, stage: str, since: float) -> float:
        now = time.perf_counter()
        self.timings_ms[stage] = round((now - since) * 1e3, 3)
        return now


def make_record(
    message: Message,
    plane: str,
    decision: Decision,
    seen: Inspection,
    bytes_in: int | None,
) -> Record:
    effect = decision.effect.name.lower()
    return Record(
        exchange_id=message.exchange_id,
        time=time.time(),
        direction=message.direction,
        tenant=message.scope.tenant,
        client=message.scope.subject,
        plane=plane,
        route=f"{message.route.protocol}/{message.route.operation}",
        upstream=_LONG_NUMBER.sub("#", message.upstream),
        effect="allow" if decision.shadow else effect,
        shadow_effect=effect if decision.shadow else "",
        reasons=(*decision.reasons, NAMES_UNREAD) if seen.unread else decision.reasons,
        coverage=(seen.coverage.worst(Coverage.PARTIAL) if seen.unread else seen.coverage).value,
        entities=Counter(f.entity_type for f in seen.findings),
        rules=Counter(f.rule for f in seen.findings),
        operators={name: len(findings) for name, findings in decision.obligations.items()},
        policy=decision.policy,
        policy_revision=decision.policy_revision,
        detector_revision=seen.detector_revision,
        parts=seen.parts,
        bytes_in=len(message.body) if bytes_in is None else bytes_in,
        bytes_out=seen.bytes_out,
        status=_status(message, decision),
        timings_ms=dict(seen.timings_ms),
        excerpt=seen.excerpt,
        policy_rules=decision.rules,
        articles=decision.articles,
        observed=seen.observed,
        observed_new=seen.observed_new,
        rules_revision=seen.rules_revision,
        model=seen.model,
    )


def _status(message: Message, decision: Decision) -> int:
    """HTTP status towards the client; 0 for a request that went on."""
    if decision.effect is Effect.BLOCK and not decision.shadow:
        return REASONS[decision.reasons[0]][0] if decision.reasons else 403
    return message.head.status if isinstance(message.head, ResponseHead) else 0


def scrub(parts: Sequence[Part], findings: Sequence[Finding], length: int) -> str:
    """Every finding labelled away, whatever the policy let through: released text may hold allowed values."""
    by_part: dict[int, list[Finding]] = {}
    for finding in findings:
        by_part.setdefault(finding.part, []).append(finding)
    lines: list[str] = []
    for part in parts:
        if part.kind is PartKind.TEXT:
            text = part.text
            for f in sorted(by_part.get(part.id, ()), reverse=True):
                text = f"{text[: f.start]}<{f.entity_type}>{text[f.end :]}"
            lines.append(text)
    return "\n".join(lines)[:length]
