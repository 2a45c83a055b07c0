"""What every import has in common: a draft of a rule, a report, and the pack that comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from detectors.entities import EntityType
from detectors.files.problems import did_you_mean
from detectors.matching.anchors import anchor_of
from detectors.matching.boundaries import BOUNDARIES
from detectors.matching.matcher import confirmer
from detectors.matching.patterns import MAX_WIDTH, Pattern, PatternError, check
from detectors.steward.generate import near_misses, samples
from detectors.steward.imports.translate import translate
from detectors.steward.skeleton import quoted

_ID: Final = re.compile(r"[^a-z0-9]+")
_NEEDED: Final = 3
_TRIED: Final = 9
"""Generated examples of which those stay that hold in every wrapping."""


@dataclass(slots=True)
class Draft:
    """One foreign rule."""

    id: str
    sources: list[str]
    entity_type: str
    description: str = ""
    score: float = 0.6
    words: tuple[str, ...] = ()
    ignore_case: bool = False
    dot_all: bool = False
    group: int = 0
    validator: str = ""
    references: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Line:
    """What became of one foreign rule."""

    name: str
    said: str
    """`yes`, `changed` or `no`."""
    notes: list[str]


@dataclass(slots=True)
class Imported:
    pack: str
    """The pack file's text; empty where nothing could be said."""
    lines: list[Line]

    @property
    def count(self) -> int:
        return sum(line.said != "no" for line in self.lines)


def identifier(name: str) -> str:
    words = _ID.sub("-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()).strip("-")
    return words if words[:1].isalpha() else f"r-{words}"


def build(drafts: Iterable[Draft], *, pack: str, area: str, title: str, entities: Mapping[str, EntityType]) -> Imported:
    """Rules that our engine takes, all experimental, with generated examples that have been tried."""
    rules: list[str] = []
    lines: list[Line] = []
    seen: set[str] = set()
    for draft in drafts:
        name, number = draft.id, 2
        while draft.id in seen:
            draft.id, number = f"{name}-{number}", number + 1
        try:
            rules.append(_rule(draft, entities))
        except PatternError as error:
            lines.append(Line(name, "no", [str(error), *draft.notes]))
            continue
        seen.add(draft.id)
        lines.append(Line(draft.id, "changed" if draft.notes else "yes", draft.notes))
    head = f"pack: {pack}\nversion: 1\narea: {area}\ntitle: {quoted(title)}\nrules:\n"
    return Imported(head + "".join(rules) if rules else "", lines)


def _rule(draft: Draft, entities: Mapping[str, EntityType]) -> str:
    if not draft.sources:
        raise PatternError(draft.notes.pop() if draft.notes else "it has no pattern")
    if draft.entity_type not in entities:
        hint = did_you_mean(draft.entity_type, entities)
        raise PatternError(f"entity type {draft.entity_type} is not in entities.yaml: add it, or use --entity.{hint}")
    patterns: list[Pattern] = []
    boundaries: set[str] = set()
    for source in draft.sources:
        done = translate(source, ignore_case=draft.ignore_case, dot_all=draft.dot_all, group=draft.group)
        draft.notes += [note for note in done.notes if note not in draft.notes]
        draft.ignore_case = draft.ignore_case or done.ignore_case
        boundaries.add(done.boundary)
        patterns += [_checked(text, draft) for text in done.patterns]
    boundary = boundaries.pop() if len(boundaries) == 1 else "none"
    for pattern in patterns:
        anchor_of(pattern, BOUNDARIES[boundary].guard)
    matches, counters = _examples(patterns, boundary, f"{draft.words[0]}: " if draft.words else "")
    return _text(draft, patterns, boundary, matches, counters)


def _checked(source: str, draft: Draft) -> Pattern:
    try:
        return check(source, ignore_case=draft.ignore_case)
    except PatternError as error:
        if f"limit is {MAX_WIDTH}" not in str(error):
            raise
        return check(source, ignore_case=draft.ignore_case, wide=True)


def _examples(patterns: list[Pattern], boundary: str, lead: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(text, value) that are found, (text, why) that are not, by any of the patterns. `lead`: a context word."""
    regexes = [confirmer(pattern, BOUNDARIES[boundary]) for pattern in patterns]
    found: dict[str, str] = {}
    for pattern, regex in zip(patterns, regexes, strict=True):
        for text in samples(pattern, 4 * _NEEDED):
            match = regex.search(text)
            if match is not None and text.isprintable() and match[0].strip() == match[0]:
                found[lead + text] = match[regex.groupindex.get("value", 0)]
    if not found:
        raise PatternError("no text could be made that it finds; write the rule by hand")
    matches = list(found.items())[:_TRIED]
    base = matches[0]
    while len(matches) < _NEEDED:
        matches.append((f"{'see ' * len(matches)}{base[0]}", base[1]))
    candidates = [one for text, _ in matches for one in near_misses(text.removeprefix(lead))]
    counters = {
        text.strip(): why
        for text, why in candidates
        if text.strip() and text.isprintable() and not any(regex.search(text.strip()) for regex in regexes)
    }
    return matches, list(counters.items())[:_NEEDED]


def _text(
    draft: Draft,
    patterns: list[Pattern],
    boundary: str,
    matches: list[tuple[str, str]],
    counters: list[tuple[str, str]],
) -> str:
    lines = [
        f"  - id: {draft.id}",
        "    version: 1",
        f"    entity_type: {draft.entity_type}",
        f"    description: {quoted(draft.description or draft.id)}",
        "    status: experimental",
        "    patterns:",
        *(f"      - {quoted(pattern.source)}" for pattern in patterns),
    ]
    if draft.ignore_case:
        lines.append("    ignore_case: true")
    if any(pattern.max_width > MAX_WIDTH for pattern in patterns):
        lines.append("    wide: true")
    lines.append(f"    boundary: {boundary}")
    if draft.validator:
        lines.append(f"    validator: {draft.validator}")
    if draft.words:
        lines.append(f"    context: {{words: [{', '.join(quoted(word) for word in draft.words)}]}}")
        raised = min(1.0, max(0.4, round(draft.score + 0.35, 2)))  # as Presidio does
        lines.append(f"    score: {{with_context: {raised}, without_context: {draft.score:g}}}")
    else:
        lines.append(f"    score: {draft.score:g}")
    if draft.references:
        lines.append(f"    references: [{', '.join(quoted(one) for one in draft.references)}]")
    lines += ["    examples:  # generated: replace them with ones as your texts have them", "      match:"]
    lines += [f"        - {{text: {quoted(text)}, value: {quoted(value)}}}" for text, value in matches]
    lines += ["      no_match:"]
    lines += [f"        - {{text: {quoted(text)}, why: {quoted(why)}}}" for text, why in counters]
    return "\n".join(lines) + "\n"
