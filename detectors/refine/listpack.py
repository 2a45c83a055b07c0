"""Groups of a list → a pack in memory, so that entries are rules of the one rule engine: found in every view, with one
scan for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from detectors.files.problems import Problem
from detectors.matching.anchors import anchor_of
from detectors.matching.boundaries import BOUNDARIES, Boundary
from detectors.matching.patterns import PatternError
from detectors.packs.rules import Context, Pack, Rule, RuleSet, Score, Status
from detectors.refine.entries import Entry, Group

ALLOW: Final = "allow"
DENY: Final = "deny"
SURE: Final = 1.0
_GUARD: Final = BOUNDARIES["alnum"]
_SIDES: Final = {(True, True): "", (False, False): "-free", (True, False): "-left", (False, True): "-right"}
"""Which sides of an entry are guarded: a letter or digit there must not go on, a Han character may."""


@dataclass(frozen=True, slots=True)
class ListPack:
    pack: Pack
    groups: Mapping[str, Group]
    """Rule name → the group that it was made of."""


def pack_of(kind: str, groups: Sequence[Group], problems: list[Problem]) -> ListPack:
    """`kind` is the pack's id. Entries that no candidate finder can look for are added to `problems`."""
    made = [(rule, group) for group in groups for rule in _rules(kind, group, problems)]
    digest = hashlib.sha256()
    for group in groups:
        told = (group.id, sorted(group.types), group.language, group.ends, sorted(group.hashes), group.salt)
        digest.update(repr((*told, [(e.pattern.source, e.pattern.ignore_case) for e in group.entries])).encode())
    pack = Pack(kind, 1, "lists", f"{kind} list", (), tuple(rule for rule, _ in made), "", digest.hexdigest())
    return ListPack(pack, {rule.name: group for rule, group in made})


def _rules(kind: str, group: Group, problems: list[Problem]) -> list[Rule]:
    found = []
    ordered = sorted(group.entries, key=_sides)
    for sides, entries in groupby(ordered, key=_sides):
        patterns = [entry.pattern for entry in entries if _findable(entry, group, problems)]
        if patterns:
            found.append(
                Rule(
                    id=group.id + _SIDES[sides],
                    version=1,
                    pack=kind,
                    entity_type=min(group.types, default=""),
                    description=group.reason,
                    status=Status.STABLE,
                    patterns=tuple(patterns),
                    boundary=_boundary(*sides),
                    validator_names=(),
                    validators=(),
                    context=Context(),
                    score=Score(SURE, SURE, SURE),
                    spaced=False,
                    tags=("list",),
                    regulations=(),
                    references=(),
                    matches=(),
                    no_matches=(),
                    file=group.file,
                    line=group.line,
                )
            )
    return found


def _findable(entry: Entry, group: Group, problems: list[Problem]) -> bool:
    try:
        anchor_of(entry.pattern, _boundary(*_sides(entry)).guard)
    except PatternError as error:
        what = "An entry" if entry.literal else "A pattern"
        problems.append(Problem(entry.file, entry.line, f"{what} of group '{group.id}' {error}."))
        return False
    return True


def _sides(entry: Entry) -> tuple[bool, bool]:
    if not entry.literal:
        return True, True
    return _guarded(entry.literal[0]), _guarded(entry.literal[-1])


def _guarded(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _boundary(left: bool, right: bool) -> Boundary:
    return replace(_GUARD, before=_GUARD.before if left else "", after=_GUARD.after if right else "")


def with_pack(rules: RuleSet, pack: Pack) -> RuleSet:
    """The rules and the list's; the same object where the list is empty."""
    if not pack.rules:
        return rules
    revision = hashlib.sha256(f"{rules.revision}:{pack.digest}".encode()).hexdigest()[:16]
    return RuleSet((*rules.packs, pack), revision)
