"""Packs → a detector: one Hyperscan pass, exact confirmation, validators, context, score; then the same over views.

Importing this module imports neither torch nor Presidio.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from detectors import context, diskcache, encoded, normalize
from detectors.anchors import anchor_of
from detectors.entities import load_entities
from detectors.keys import with_keys
from detectors.matcher import CompileError, Matcher
from detectors.packreader import read_pack
from detectors.paths import PACKS
from detectors.patterns import PatternError
from detectors.problems import PackError, Problem
from detectors.rules import Pack, Rule, RuleSet, Status
from detectors.spaced import BOUNDARY as SPACED_BOUNDARY
from detectors.spaced import RUN as SPACED_RUN
from detectors.spaced import SpacedRules
from detectors.types import Finding, Part

__all__ = ["PackError", "RuleDetector", "RuleSet", "load_packs", "read_packs"]

ENGINE: Final = "1"
"""Part of every revision: raise it when the engine, not a pack, changes what is found."""
FLOOR: Final = 0.3
"""A candidate below this is no finding: it would only widen better ones."""
MAX_DEPTH: Final = 3
"""Views within views, such as a percent-encoded base64 run of full-width digits."""
INLINE: Final = 256 * 1024
"""Characters that may be read on the event loop's own thread."""
BREATH: Final = 32 * 1024
"""Characters after which others on the event loop have their turn."""
_EACH: Final = 64
"""What a part costs besides its characters, in characters."""
_LINK: Final = ": "
"""Stands between a key and its value when the value is read in the light of its key."""

type _Raw = tuple[int, int, int, float]
"""start, end, rule index, score"""


def load_packs(paths: Sequence[Path] = (PACKS,), entity_types: Collection[str] | None = None) -> RuleSet:
    """All `*.yaml` below the paths; raises `PackError` with everything that is wrong."""
    rules = read_packs(paths, entity_types)
    proven = diskcache.key_of("proven", rules.revision.encode())
    if diskcache.get(proven) is None:
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
        for pattern in rule.patterns:
            try:
                anchor_of(pattern)
            except PatternError as error:
                problems.append(Problem(pack.file, rule.line, f"A pattern of rule '{rule.id}' {error}."))
    return problems


def _try_examples(rules: RuleSet) -> None:
    """A rule whose own examples do not hold does not load."""
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
    if problems:
        raise PackError(problems)


class RuleDetector:
    """Implements `detectors.types.Detector`. Immutable; safe to use from many threads."""

    name: Final = "rules"

    def __init__(self, rules: RuleSet, *, experimental: bool = False, floor: float = FLOOR) -> None:
        self._rules = tuple(rule for rule in rules.rules if experimental or rule.status is not Status.EXPERIMENTAL)
        self._labels = tuple((rule.entity_type, rule.name) for rule in self._rules)
        self._floor = floor
        patterns = [(pattern, rule.boundary) for rule in self._rules for pattern in rule.patterns]
        self._owner = [index for index, rule in enumerate(self._rules) for _ in rule.patterns]
        self._spaced_index = len(patterns)
        self._spaced = SpacedRules.of(self._rules)
        try:
            self._matcher = Matcher([*patterns, (SPACED_RUN, SPACED_BOUNDARY)], normalize.TRIGGERS)
        except CompileError as error:
            raise self._too_large(error.index) from None
        self.revision = f"{rules.revision}-{floor:g}{'x' if experimental else ''}"

    def _too_large(self, index: int) -> PackError:
        if not 0 <= index < len(self._owner):
            return PackError([Problem("packs", 0, "All packs together are too large. Load fewer packs.")])
        rule: Rule = self._rules[self._owner[index]]
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

    def _read(self, text: str, depth: int, found: set[_Raw]) -> None:
        if "\\" in text:
            text = normalize.soften(text)
        hits, fired = self._matcher.candidates(text)
        if hits:
            self._judge(text, self._matcher.confirm(text, hits), found)
        if fired and depth < MAX_DEPTH:
            self._read_views(text, fired, depth + 1, found)

    def _judge(self, text: str, matches: list[tuple[int, int, int, int, int]], found: set[_Raw]) -> None:
        owner, rules, spaced = self._owner, self._rules, self._spaced_index
        for index, start, end, low, high in matches:
            if index == spaced:
                for place, number in self._spaced.read(text[start:end]):
                    self._score(text, start, end, place, number, found)
            elif high > low:
                place = owner[index]
                rule = rules[place]
                if rule.validators or rule.context.words or rule.context.negative:
                    self._score(text, low, high, place, text[low:high], found)
                elif rule.score.without_context >= self._floor:
                    found.add((low, high, place, rule.score.without_context))

    def _score(self, text: str, start: int, end: int, place: int, value: str, found: set[_Raw]) -> None:
        rule = self._rules[place]
        score = context.level(text, start, end, rule.context, rule.score)
        if score >= self._floor and all(validator(value) for validator in rule.validators):
            found.add((start, end, place, score))

    def _read_views(self, text: str, fired: dict[str, list[int]], depth: int, found: set[_Raw]) -> None:
        views = [
            normalize.fold(text) if "fold" in fired else None,
            normalize.unescape(text) if "unescape" in fired else None,
            encoded.decode_runs(text, sorted(fired["encoded"]), normalize.SHORTEST) if "encoded" in fired else None,
        ]
        for view in views:
            if view is not None:
                inner: set[_Raw] = set()
                self._read(view.text, depth, inner)
                for start, end, index, score in inner:
                    found.add((*view.span(start, end), index, score))
