"""Packs → a detector: one Hyperscan pass, exact confirmation, validators, context, score; then the same over views.

Importing this module imports neither torch nor Presidio.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from detectors import diskcache
from detectors.entities import load_entities
from detectors.files.problems import PackError, Problem
from detectors.keys import with_keys
from detectors.matching.anchors import anchor_of
from detectors.matching.matcher import CompileError, Matcher, Seen, Trigger
from detectors.matching.patterns import MAX_WIDTH, PatternError
from detectors.matching.probes import Match
from detectors.packs.plans import Plan
from detectors.packs.reader import read_pack
from detectors.packs.rules import Pack, Rule, RuleSet
from detectors.paths import PACKS
from detectors.types import Finding, Part
from detectors.views import encoded, normalize, pieces, spaced
from detectors.views.spaced import SpacedRules
from detectors.views.view import View

__all__ = ["PackError", "RuleDetector", "RuleSet", "load_packs", "read_packs"]

ENGINE: Final = "4"
"""Part of every revision: raise it when the engine, not a pack, changes what is found."""
FLOOR: Final = 0.3
"""A candidate below this is no finding: it would only widen better ones."""
MAX_DEPTH: Final = 3
"""Views within views, such as a percent-encoded base64 run of full-width digits."""
INLINE: Final = 256 * 1024
"""Characters that may be read on the event loop's own thread."""
BREATH: Final = 32 * 1024
"""Characters after which others on the event loop have their turn."""
_SPACED: Final = "spaced "
_MISNAMED: Final = frozenset({".yml", ".yaml"})
"""Endings that people give packs, too; compared in lower case."""
_REACH: Final = 256
"""Code points from which a word can change the score of a value (at most 200), and more."""
_TRIGGERS: Final = (
    *normalize.TRIGGERS,
    *(Trigger(f"{_SPACED}{place}", expression, once=False) for place, expression in enumerate(spaced.expressions())),
    *(Trigger(name, expression, once=False) for name, expression in pieces.EXPRESSIONS),
)
_EACH: Final = 64
"""What a part costs besides its characters, in characters."""
_LINK: Final = ": "
"""Stands between a key and its value when the value is read in the light of its key."""

type _Change = Callable[[str], View | None]
type _Raw = tuple[int, int, int, float]
"""start, end, rule index, score"""


def load_packs(
    paths: Sequence[Path] = (PACKS,),
    entity_types: Collection[str] | None = None,
    *,
    slow: Callable[[int], None] | None = None,
) -> RuleSet:
    """All `*.yaml` below the paths; raises `PackError` with everything that is wrong.

    slow: is told how many rules there are before they are compiled and proven, which takes seconds, once."""
    rules = read_packs(paths, entity_types)
    proven = diskcache.key_of("proven", rules.revision.encode())
    if diskcache.get(proven) is None:
        if slow is not None:
            slow(len(rules.rules))
        _try_examples(rules)
        diskcache.put(proven, b"every example of every rule held")
    return rules


def read_packs(paths: Sequence[Path] = (PACKS,), entity_types: Collection[str] | None = None) -> RuleSet:
    """As `load_packs`, but whether the examples hold is not tried: for tools that say more about them."""
    types = load_entities() if entity_types is None else entity_types
    problems: list[Problem] = []
    packs: list[Pack] = []
    for file in _files(paths, problems):
        try:
            packs.append(read_pack(file, types))
        except PackError as error:
            problems.extend(error.problems)
    _refuse_twins(packs, problems)
    for pack in packs:
        problems.extend(_anchorless(pack))
    if problems:
        raise PackError(problems)
    digest = hashlib.sha256("\n".join([ENGINE, *sorted(f"{pack.id}:{pack.digest}" for pack in packs)]).encode())
    return RuleSet(tuple(packs), digest.hexdigest()[:16])


def _files(paths: Sequence[Path], problems: list[Problem]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        found = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        if not path.exists():
            problems.append(Problem(str(path), 0, "There is no such file or folder. Check the path."))
        elif not found:
            problems.append(Problem(str(path), 0, "The folder holds no *.yaml file. Name a folder of packs."))
        else:
            files.extend(found)
        if path.is_dir():  # what is left out silently is a leak
            others = [
                file for file in sorted(path.rglob("*")) if file.suffix.lower() in _MISNAMED and file not in found
            ]
            problems += [
                Problem(str(file), 0, "Packs end in `.yaml`. Rename the file, or move it away.") for file in others
            ]
    return list(dict.fromkeys(files))


def _refuse_twins(packs: list[Pack], problems: list[Problem]) -> None:
    seen: dict[str, Pack] = {}
    for pack in packs:
        if pack.id in seen:
            message = f"The pack id '{pack.id}' is used by {seen[pack.id].file} as well. Rename one of the two."
            problems.append(Problem(pack.file, 1, message))
        seen[pack.id] = pack


def _anchorless(pack: Pack) -> list[Problem]:
    problems = []
    for rule in pack.rules:
        for pattern, boundary in rule.bounded:
            try:
                anchor_of(pattern, boundary.guard, boundary.guard_after)
            except PatternError as error:
                problems.append(Problem(pack.file, rule.line, f"A pattern of rule '{rule.id}' {error}."))
    return problems


def _try_examples(rules: RuleSet) -> None:
    """A rule whose own examples do not hold does not load.

    Rules that act and rules that only watch are proven apart, as they run, so that each set is compiled once."""
    problems: list[Problem] = []
    for acts in (True, False):
        packs = (replace(pack, rules=tuple(r for r in pack.rules if r.status.acts is acts)) for pack in rules.packs)
        some = RuleSet(tuple(pack for pack in packs if pack.rules), rules.revision)
        if some.packs:
            problems += _untrue(some)
    if problems:
        raise PackError(problems)


def _untrue(rules: RuleSet) -> list[Problem]:
    detector = RuleDetector(rules, experimental=True)
    problems: list[Problem] = []
    for rule in rules.rules:
        for example in rule.matches:
            values = {example.text[f.start : f.end] for f in detector.find(example.text) if f.rule == rule.name}
            if not values or (example.value is not None and example.value not in values):
                what = "is not found" if not values else "is found with another span"
                message = f"This match example of rule '{rule.id}' {what}. Mend the pattern, or the example."
                problems.append(Problem(rule.file, example.line, message))
        for counter in rule.no_matches:
            if any(f.rule == rule.name for f in detector.find(counter.text)):
                message = f"This no_match example of rule '{rule.id}' is found. Tighten the rule, or mend the example."
                problems.append(Problem(rule.file, counter.line, message))
    return problems


class RuleDetector:
    """Implements `detectors.types.Detector`. Immutable; safe to use from many threads."""

    name: Final = "rules"

    def __init__(self, rules: RuleSet, *, experimental: bool = False, floor: float = FLOOR) -> None:
        self._rules = tuple(rule for rule in rules.rules if experimental or rule.status.acts)
        self._labels = tuple((rule.entity_type, rule.name) for rule in self._rules)
        self._floor = floor
        patterns = [pair for rule in self._rules for pair in rule.bounded]
        self._by_rule = [Plan.of(place, rule, floor) for place, rule in enumerate(self._rules)]
        self._plans = [self._by_rule[place] for place, rule in enumerate(self._rules) for _ in rule.patterns]
        self._spaced = SpacedRules.of(self._rules)
        self._sizes = self._spaced.shortest
        widest = max((pattern.max_width for pattern, _ in patterns), default=0)
        self._margins = min(widest, MAX_WIDTH) + 2 * _REACH, widest + 2 * _REACH
        words = [plan.needed for plan in self._plans]
        try:
            self._matcher = Matcher(patterns, _TRIGGERS, words)
        except CompileError as error:
            raise self._too_large(error.index) from None
        self.revision = f"{rules.revision}-{floor:g}{'x' if experimental else ''}"

    def _too_large(self, index: int) -> PackError:
        if not 0 <= index < len(self._plans):
            return PackError([Problem("packs", 0, "All packs together are too large. Load fewer packs.")])
        rule: Rule = self._rules[self._plans[index].place]
        message = f"A pattern of rule '{rule.id}' is too large to compile. Lower the bounds of its repeats."
        return PackError([Problem(rule.file, rule.line, message)])

    @property
    def entity_types(self) -> frozenset[str]:
        return frozenset(rule.entity_type for rule in self._rules)

    @property
    def size(self) -> tuple[int, int]:
        """Rules, and Hyperscan expressions that they share."""
        return len(self._rules), self._matcher.expressions

    async def detect(self, parts: Sequence[Part]) -> list[Finding]:
        """A part that directly follows a KEY part is read in the light of that key."""
        findings: list[Finding] = []
        read = 0
        for part, key in with_keys(parts):
            if len(part.text) > INLINE:
                findings += await asyncio.to_thread(self.find, part.text, part=part.id, key=key)
                continue
            findings += self.find(part.text, part=part.id, key=key)
            read += len(part.text) + _EACH
            if read > BREATH:  # many small parts are as long as one large one
                read = 0
                await asyncio.sleep(0)
        return findings

    def find(self, text: str, *, part: int = 0, key: str = "") -> list[Finding]:
        """Synchronous; overlaps included; by position. Safe on an event loop for texts up to `INLINE` characters."""
        raw: set[_Raw] = set()
        shift = 0
        if key:
            shift = len(key) + len(_LINK)
            text = f"{key}{_LINK}{text}"
        self._read(text, 0, raw)
        labels = self._labels
        return [
            Finding(part, max(start - shift, 0), end - shift, labels[index][0], score, labels[index][1])
            for start, end, index, score in sorted(raw)
            if end > shift
        ]

    def _read(self, text: str, depth: int, found: set[_Raw]) -> Seen:
        if "\\" in text:
            text = normalize.soften(text)
        seen = self._matcher.look(text)
        if seen.hits:
            self._judge(text, self._matcher.confirm(seen), found)
        if seen.fired:
            self._read_spaced(text, seen.fired, found)
        if depth < MAX_DEPTH and (seen.fired or seen.runs):
            self._read_views(text, seen, depth + 1, found)
        return seen

    def _judge(self, text: str, matches: list[Match], found: set[_Raw]) -> None:
        plans = self._plans
        for index, _, _, low, high in matches:
            if high > low:
                plan = plans[index]
                score = plan.score(text, low, high, text[low:high])
                if score:
                    found.add((low, high, plan.place, score))

    def _read_spaced(self, text: str, fired: dict[str, list[int]], found: set[_Raw]) -> None:
        for name, ends in fired.items():
            if name.startswith(_SPACED):
                for low, high in spaced.runs(text, int(name[len(_SPACED) :]), ends):
                    for place, number in self._spaced.read(text[low:high]):
                        self._add(text, low, high, place, number, found)
            elif name == pieces.PIECES:
                self._read_numbers(text, pieces.numbers(text, sorted(ends), self._sizes), found)
            elif name == pieces.LETTERS:
                self._read_numbers(text, pieces.misread(text, ends), found)

    def _read_numbers(self, text: str, numbers: Iterable[pieces.Number], found: set[_Raw]) -> None:
        for number in numbers:
            for place, least in self._spaced.matching(number.text, 0 if number.alone else pieces.CERTAIN):
                said = least >= pieces.CERTAIN or number.pieces not in pieces.FEW
                self._add(text, number.start, number.end, place, number.text, found, said=said)

    def _add(
        self, text: str, low: int, high: int, place: int, number: str, found: set[_Raw], *, said: bool = True
    ) -> None:
        """said: the number needs no word beside it."""
        plan = self._by_rule[place]
        score = plan.score(text, low, high, number)
        if score and (said or plan.raised(text, low, high)):
            found.add((low, high, place, score))

    def _read_views(self, text: str, seen: Seen, depth: int, found: set[_Raw]) -> None:
        for name, change in (("fold", normalize.fold), ("unescape", normalize.unescape)):
            ends = seen.fired.get(name)
            if ends is not None:
                wide = seen.wide
                if self._read_regions(text, change, ends, self._margins[wide], depth, found) and not wide:
                    self._read_regions(text, change, ends, self._margins[True], depth, found)
        if seen.runs:
            view = encoded.decode(text, seen.runs)
            if view is not None:
                self._read_view(view, 0, depth, found, (0, len(text)))

    def _read_regions(
        self, text: str, change: _Change, ends: list[int], margin: int, depth: int, found: set[_Raw]
    ) -> bool:
        """True: there is a candidate that may go on beyond its region."""
        beyond = False
        size = len(text)
        for low, high, first, last in _regions(ends, size, margin):
            view = change(text[low:high])
            if view is not None:
                wide = self._read_view(view, low, depth, found, (first - _REACH, last + _REACH))
                beyond = beyond or (wide and (low > 0 or high < size))
        return beyond

    def _read_view(self, view: View, shift: int, depth: int, found: set[_Raw], near: tuple[int, int]) -> bool:
        """near: where a finding must lie; beyond, the region's edge may have made it. True: wide candidates."""
        inner: set[_Raw] = set()
        seen = self._read(view.text, depth, inner)
        for start, end, index, score in inner:
            low, high = view.span(start, end)
            if high + shift > near[0] and low + shift < near[1]:
                found.add((low + shift, high + shift, index, score))
        return seen.wide


def _regions(ends: list[int], size: int, margin: int) -> list[tuple[int, int, int, int]]:
    """Where triggers ended → (beginning, end, first and last trigger) of the regions to be read anew, disjoint."""
    ends = sorted(ends)
    result: list[tuple[int, int, int, int]] = []
    first = last = ends[0]
    for end in [*ends[1:], size + 3 * margin]:
        if end - last <= 2 * margin:
            last = end
            continue
        result.append((max(0, first - margin), min(size, last + margin), first, last))
        first = last = end
    return result
