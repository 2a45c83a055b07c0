"""What is wrong with rules that load: slow, shadowed, overlapping, untested, undocumented; the mend for each.

What does not load at all (unbounded repeats, missing examples, unknown names) is told by the loader, and by
`lint_paths` as an error.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

from detectors.entities import load_entities
from detectors.files.problems import PackError, did_you_mean
from detectors.matching.boundaries import Boundary
from detectors.matching.matcher import confirmer
from detectors.matching.patterns import Pattern
from detectors.packs.detector import read_packs
from detectors.packs.rules import Rule, RuleSet, Status
from detectors.steward import overlap, speed
from detectors.steward.seen import views

LONG_EXPERIMENT: Final = 30
"""Days after which an experimental rule should be promoted or dropped."""
_DAY: Final = 86_400


class Level(StrEnum):
    ERROR = "error"
    """It does not load."""
    WARNING = "warning"
    """Mend it before you publish."""
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Remark:
    level: Level
    check: str
    file: str
    line: int
    rule: str
    """`pack/rule`; empty where the file itself does not load."""
    message: str
    """What is wrong, and the mend."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.level} [{self.check}] {self.message}"


type Experiments = Mapping[str, datetime]
"""`pack/rule@version` → since when it has been experimental."""


def lint_paths(
    paths: Sequence[Path], entity_types: Collection[str] | None = None
) -> tuple[RuleSet | None, list[Remark]]:
    """What the loader refuses, as remarks; else the rules, to go on with."""
    try:
        return read_packs(paths, entity_types), []
    except PackError as error:
        return None, [
            Remark(Level.ERROR, _kind(one.message), one.file, one.line, "", one.message) for one in error.problems
        ]


_KINDS: Final = (
    (re.compile(r"unbounded|can match [0-9,]+ char|backtracks|repeats a group"), "unbounded"),
    (re.compile(r"example"), "unexampled"),
    (re.compile(r"mandatory and rare|too large to compile"), "slow"),
)


def _kind(message: str) -> str:
    return next((name for shape, name in _KINDS if shape.search(message)), "invalid")


def lint(
    rules: RuleSet,
    chosen: Sequence[Rule] | None = None,
    experiments: Experiments | None = None,
    *,
    quick: bool = False,
) -> list[Remark]:
    """By file and line.

    chosen: say something of these only; they are still held against all. quick: nothing that is timed or generated,
    so that a busy machine says the same as an idle one."""
    some = rules.rules if chosen is None else chosen
    remarks = [remark for rule in some for remark in _on_its_own(rule)]
    if not quick:
        slow = {cost.rule.name: remark for cost in speed.measure(some) if (remark := _slow(cost)) is not None}
        remarks += slow.values()
    remarks += _beside_others(rules, some, generated=not quick)
    remarks += [remark for rule in some if (remark := _long(rule, experiments or {})) is not None]
    return sorted(remarks, key=lambda one: (one.file, one.line, one.check, one.message))


def _remark(level: Level, check: str, rule: Rule, message: str) -> Remark:
    return Remark(level, check, rule.file, rule.line, f"{rule.pack}/{rule.id}", f"Rule '{rule.id}' {message}")


def _on_its_own(rule: Rule) -> Iterator[Remark]:
    if not rule.references:
        mend = "Add `references:` with the page that defines the format."
        yield _remark(Level.WARNING, "references", rule, f"has no references. {mend}")
    for reference in rule.references:
        if not reference.startswith(("https://", "http://")):
            yield _remark(Level.WARNING, "references", rule, f"refers to '{reference}'. Write the page's full address.")
    if not rule.description:
        yield _remark(Level.WARNING, "description", rule, "has no description. Add one line for people.")
    if not rule.regulations:
        mend = "Add `regulations:` to the rule or to its pack; REGULATIONS.md says what each tag means."
        yield _remark(Level.WARNING, "regulations", rule, f"names no regulation, so no policy by law applies. {mend}")
    known = _known_tags()
    for tag in rule.regulations:
        hint = did_you_mean(tag, known)
        if tag not in known and "Did you mean" in hint:
            yield _remark(Level.WARNING, "regulations", rule, f"has the tag '{tag}', which no entity type has.{hint}")
    if not any(example.value for example in rule.matches):
        mend = "Write at least one as `{text: …, value: …}`."
        yield _remark(Level.NOTE, "unexampled", rule, f"has no example that says what exactly is found. {mend}")
    idle = [str(index + 1) for index, pair in enumerate(rule.bounded) if not _needed(rule, *pair)]
    if idle and len(rule.patterns) > 1:
        mend = "Add a match example for it, or remove it."
        yield _remark(
            Level.WARNING, "unexampled", rule, f"has a pattern (no. {', '.join(idle)}) without example. {mend}"
        )


@lru_cache(maxsize=1)
def _known_tags() -> frozenset[str]:
    return frozenset(tag for entity in load_entities().values() for tag in entity.regulations)


def _needed(rule: Rule, pattern: Pattern, boundary: Boundary) -> bool:
    """Some example, in some view, is found by it."""
    regex = confirmer(pattern, boundary)
    return any(regex.search(seen.text) for example in rule.matches for seen in views(example.text))


def _slow(cost: speed.Cost) -> Remark | None:
    which = f"{cost.pattern + 1}. pattern" if len(cost.rule.patterns) > 1 else "pattern"
    if cost.events > speed.MOST_EVENTS:
        mend = "Make a literal, a prefix or a longer run of digits mandatory, or name a `boundary`."
        message = f"is slow: its {which} has {cost.events:.1f} candidates in 1,000 characters of ordinary text. {mend}"
        return _remark(Level.WARNING, "slow", cost.rule, message)
    width = cost.rule.patterns[cost.pattern].max_width
    if cost.events * width > speed.MOST_READ:
        mend = "Lower the upper bounds of its repeats, or make its beginning rarer."
        message = (
            f"is slow: its {which} may read {width:,} characters for a candidate, and ordinary text has some. {mend}"
        )
        return _remark(Level.WARNING, "unbounded", cost.rule, message)
    if cost.ratio > speed.MOST_RATIO:
        mend = "Begin it with a literal of three or more characters, or split its alternatives into several patterns."
        message = (
            f"is slow: finding candidates of its {which} takes {cost.ratio:.0f} times as long as a literal. {mend}"
        )
        return _remark(Level.WARNING, "slow", cost.rule, message)
    return None


def _beside_others(rules: RuleSet, some: Sequence[Rule], *, generated: bool) -> Iterator[Remark]:
    report = overlap.survey(rules, generated=generated)
    mine = {rule.name for rule in some}
    for rule, other in report.shadowed:
        if rule.name in mine:
            same = rule.entity_type == other.entity_type
            effect = "so it never decides anything" if same else f"so nothing is ever called {rule.entity_type} by it"
            mend = "Remove one of the two, narrow the other, or raise its score."
            message = f"is shadowed: {_name(other)} always finds the same with a better score, {effect}. {mend}"
            yield _remark(Level.WARNING, "shadowed", rule, message)
    categories = {name: entity.category for name, entity in load_entities().items()}
    for rule, other, text_count in report.overlapping:
        # Within a category a policy does the same to both: of two passports of the same form, either name will do.
        if rule.name in mine and categories.get(rule.entity_type) != categories.get(other.entity_type):
            what = f"and {_name(other)} find the same text in {text_count} example(s) as {rule.entity_type} and"
            mend = "Give one a validator or negative context words, or move their scores apart."
            message = f"{what} {other.entity_type}, with nearly the same score. {mend}"
            yield _remark(Level.NOTE, "overlapping", rule, message)


def _name(rule: Rule) -> str:
    return f"'{rule.pack}/{rule.id}'"


def _long(rule: Rule, experiments: Experiments) -> Remark | None:
    if rule.status is not Status.EXPERIMENTAL:
        return None
    since = experiments.get(rule.name) or datetime.fromtimestamp(Path(rule.file).stat().st_mtime, UTC)
    days = int((datetime.now(UTC) - since).total_seconds() // _DAY)
    if days <= LONG_EXPERIMENT:
        return None
    mend = "Look at its counts, then set `status: stable`, or remove it."
    return _remark(Level.WARNING, "experimental", rule, f"has been experimental for {days} days. {mend}")
