"""What is wrong with allow lists, deny lists, thresholds and context words, and what they do to a rule's finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from detectors.entities import EntityType
from detectors.files.problems import PackError
from detectors.refine.entries import Group
from detectors.refine.refiner import ALLOWED, LAPSED, THRESHOLD, Refiner
from detectors.refine.steering import Steering, load_steering
from detectors.steward.lint import Level, Remark
from detectors.steward.why import Reason
from detectors.types import Finding

SOON: Final = 14 * 86_400
"""Seconds before a group ends in which it is told."""
_SHORT_SALT: Final = 8


def lint_lists(
    paths: Sequence[Path], entities: Mapping[str, EntityType] | None, now: float
) -> tuple[Steering | None, list[Remark]]:
    """The lists, where they load, and what is to be said of them."""
    try:
        steering = load_steering(paths, entities)
    except PackError as error:
        return None, [Remark(Level.ERROR, "list", one.file, one.line, "", one.message) for one in error.problems]
    listed = [*steering.allow.groups.values(), *steering.deny.groups.values(), *steering.hashed]
    groups = {(group.file, group.line): group for group in listed}
    remarks = [remark for group in groups.values() for remark in _of_group(group, now)]
    return steering, sorted(remarks, key=lambda one: (one.file, one.line, one.check))


def _of_group(group: Group, now: float) -> Iterator[Remark]:
    if group.ends is not None and group.ends <= now:
        yield _remark(Level.WARNING, "expired", group, "has expired, so it does nothing. Remove it, or renew it.")
    elif group.ends is not None and group.ends - now < SOON:
        yield _remark(Level.NOTE, "expired", group, "expires within two weeks. Renew it if it is still needed.")
    written = Counter(entry.literal.casefold() for entry in group.entries if entry.literal)
    if twice := sum(count > 1 for count in written.values()):
        yield _remark(Level.NOTE, "repeated", group, f"holds {twice} entries more than once. Remove the repetitions.")
    if group.hashes and len(group.salt) < _SHORT_SALT:
        mend = "Use a random one, and hash the entries again."
        yield _remark(Level.WARNING, "salt", group, f"has a salt of fewer than {_SHORT_SALT} characters. {mend}")


def _remark(level: Level, check: str, group: Group, message: str) -> Remark:
    return Remark(level, check, group.file, group.line, f"lists/{group.id}", f"Group '{group.id}' {message}")


def list_verdict(refiner: Refiner, text: str, reason: Reason) -> str:
    """What thresholds and lists make of a rule's finding; empty: they let it stand."""
    finding = Finding(0, reason.start, reason.end, reason.rule.entity_type, reason.score, reason.rule.name)
    (one,) = refiner.judge(text, "", [("rules", finding)])
    if one.dropped == THRESHOLD:
        return f"no: below the threshold {one.threshold:g} ({one.line})"
    group = one.group
    if group is None:
        return ""
    if one.dropped == LAPSED:
        return f"no: group {group.id} is not in force here"
    return f"no: allow-listed by {group.id} ({group.reason})" if one.dropped == ALLOWED else ""
