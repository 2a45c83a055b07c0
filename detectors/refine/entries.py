"""A group of an allow or deny list as a steward writes it, and the reader that checks it.

Rule for the next editor: what an entry says is as sensitive as what it keeps. No message quotes one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from detectors.entities import CATEGORIES, EntityType
from detectors.files.fields import Fields
from detectors.files.problems import Problem, did_you_mean
from detectors.files.yamlfile import Node
from detectors.matching.patterns import Pattern, PatternError, check
from detectors.refine.language import LANGUAGES

MOST_ENTRIES: Final = 50_000
"""Of one group."""
LONGEST: Final = 200
CREDENTIAL: Final = "credential"
_COMMON: Final = ("id", "reason", "entries", "patterns", "file", "case", "language", "expires")
ALLOW_KEYS: Final = (*_COMMON, "types", "hashes", "salt")
DENY_KEYS: Final = (*_COMMON, "type")
_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_BLANKS: Final = re.compile(r"[\s\u3000]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """A literal or a pattern, compiled to a pattern of the rule engine."""

    pattern: Pattern = field(repr=False)
    line: int
    file: str
    literal: str = field(default="", repr=False)
    """As written; empty for a pattern."""


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    types: frozenset[str]
    reason: str
    entries: tuple[Entry, ...] = field(repr=False)
    hashes: frozenset[str] = field(repr=False)
    salt: str = field(repr=False)
    language: str
    """`zh`, `en`, or empty: any."""
    ends: float | None
    """Seconds since the epoch from which on it does not hold; None: it holds for good."""
    file: str
    line: int

    def holds(self, now: float, language: str) -> bool:
        return (self.ends is None or now < self.ends) and (not self.language or self.language == language)


class GroupReader:
    """Reads the groups of one file; everything that is wrong is added to `problems`."""

    def __init__(self, file: Path, entities: Mapping[str, EntityType], problems: list[Problem]) -> None:
        self.file, self.entities, self.problems = file, entities, problems

    def groups(self, root: Node, kind: str) -> list[Group]:
        """`kind`: allow or deny."""
        fields = Fields(str(self.file), root, f"the {kind} list", self.problems)
        fields.known((kind,))
        items = fields.nodes[kind].sequence()
        if items is None:
            fields.problem(fields.line_of(kind), f"'{kind}' must be a list of groups. Write `{kind}: []` for none.")
            return []
        found: list[Group] = []
        seen: dict[str, int] = {}
        for item in items:
            group = self._group(item, deny=kind == "deny")
            if group.id in seen:
                message = f"The group id '{group.id}' is used before, on line {seen[group.id]}. Choose another."
                fields.problem(item.line, message)
            seen[group.id] = item.line
            found.append(group)
        return found

    def _group(self, node: Node, *, deny: bool) -> Group:
        mapping = node.mapping() or {}
        what = f"group '{mapping['id'].value}'" if "id" in mapping else "a group"
        fields = Fields(str(self.file), node, what, self.problems)
        fields.known(DENY_KEYS if deny else ALLOW_KEYS)
        name = fields.text("id")
        if name and not _ID.fullmatch(name):
            fields.problem(fields.line_of("id"), f"'{name}' is no group id. Use lower-case words joined by '-'.")
        ignore_case = fields.choice("case", ("ignore", "exact"), "ignore") == "ignore"
        entries = self._entries(fields, ignore_case)
        hashes = self._hashes(fields)
        if not entries and not hashes:
            fields.problem(node.line, f"{what} has no entries. Add a list under `entries:`, or remove the group.")
        return Group(
            id=name,
            types=self._deny_type(fields) if deny else self._allow_types(fields),
            reason=fields.text("reason"),
            entries=tuple(entries),
            hashes=hashes,
            salt=fields.text("salt") if hashes else "",
            language=fields.choice("language", LANGUAGES, ""),
            ends=self._ends(fields),
            file=str(self.file),
            line=node.line,
        )

    def _deny_type(self, fields: Fields) -> frozenset[str]:
        name = fields.text("type")
        if name and name not in self.entities:
            hint = did_you_mean(name, self.entities)
            fields.problem(fields.line_of("type"), f"Unknown entity type '{name}' in {fields.what}.{hint}")
        return frozenset((name,))

    def _allow_types(self, fields: Fields) -> frozenset[str]:
        found: set[str] = set()
        names = fields.texts("types")
        if not names:
            need = "Say of which types, such as `types: [PERSON, ORGANIZATION]`."
            fields.problem(fields.line_of("types"), f"{fields.what} has no types. {need}")
        for name, line in names:
            if name.startswith("category:"):
                found |= self._category(fields, name.removeprefix("category:"), line)
            elif name in self.entities:
                found.add(name)
            else:
                hint = did_you_mean(name, self.entities)
                fields.problem(line, f"Unknown entity type '{name}' in {fields.what}.{hint}")
        return frozenset(found)

    def _category(self, fields: Fields, category: str, line: int) -> set[str]:
        if category == CREDENTIAL:
            mend = "Name the very type, such as API_KEY, if a test key must pass."
            fields.problem(line, f"{fields.what} would let all credentials go. {mend}")
        elif category not in CATEGORIES:
            fields.problem(line, f"Unknown category '{category}'.{did_you_mean(category, CATEGORIES)}")
        return {name for name, entity in self.entities.items() if entity.category == category}

    def _entries(self, fields: Fields, ignore_case: bool) -> list[Entry]:
        texts = [(text, line, str(self.file)) for text, line in fields.texts("entries")]
        texts += self._lines(fields)
        if len(texts) > MOST_ENTRIES:
            fields.problem(fields.line, f"{fields.what} has more than {MOST_ENTRIES:,} entries. Split it.")
            return []
        found = [one for text, line, file in texts if (one := self._literal(fields, text, line, file, ignore_case))]
        for source, line in fields.texts("patterns"):
            try:
                found.append(Entry(check(source, ignore_case=ignore_case), line, str(self.file)))
            except PatternError as error:
                fields.problem(line, f"A pattern of {fields.what} {error}.")
        return found

    def _lines(self, fields: Fields) -> list[tuple[str, int, str]]:
        name = fields.text("file", "")
        if not name:
            return []
        path = self.file.parent / name
        if Path(name).name != name:
            fields.problem(fields.line_of("file"), f"'file' of {fields.what} must lie beside the list. Write its name.")
            return []
        try:
            rows = path.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            mend = "Save it as UTF-8 beside the list, one entry a line."
            fields.problem(fields.line_of("file"), f"'{name}' of {fields.what} cannot be read. {mend}")
            return []
        return [
            (row.strip(), number, str(path))
            for number, row in enumerate(rows, start=1)
            if row.strip() and not row.lstrip().startswith("#")
        ]

    def _literal(self, fields: Fields, text: str, line: int, file: str, ignore_case: bool) -> Entry | None:
        words = [re.escape(word) for word in _BLANKS.split(text.strip()) if word]
        if len(text) > LONGEST or len("".join(words)) < 2:
            message = f"An entry of {fields.what} must have 2 to {LONGEST} characters. Lengthen it, or use `patterns:`."
            self.problems.append(Problem(file, line, message))
            return None
        return Entry(check(r"[\s\u3000]{1,4}".join(words), ignore_case=ignore_case), line, file, text.strip())

    def _hashes(self, fields: Fields) -> frozenset[str]:
        if "hashes" not in fields.nodes:
            return frozenset()
        found = fields.texts("hashes")
        for value, line in found:
            if not _HASH.fullmatch(value):
                mend = "Make it with `redline rules hash`."
                fields.problem(line, f"A hash of {fields.what} is no SHA-256 in 64 lower-case hex digits. {mend}")
        return frozenset(value for value, _ in found)

    def _ends(self, fields: Fields) -> float | None:
        value = fields.text("expires", "")
        if not value:
            return None
        try:
            day = date.fromisoformat(value)
        except ValueError:
            message = f"'expires' of {fields.what} is no date. Write it like \"2027-12-31\", in quotes."
            fields.problem(fields.line_of("expires"), message)
            return None
        return (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)).timestamp()


def literals(groups: Sequence[Group]) -> Collection[str]:
    """The written-out entries, for checks among lists."""
    return [entry.literal for group in groups for entry in group.entries if entry.literal]
