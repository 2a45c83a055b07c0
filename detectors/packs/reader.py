"""One pack file → `Pack`, or every problem in it, each with line and mend.

Whether the examples hold is tried later, by `rulepack`, once the patterns are compiled.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from detectors.files import yamlfile
from detectors.files.fields import Fields
from detectors.files.problems import PackError, Problem, did_you_mean
from detectors.files.yamlfile import Node
from detectors.matching.boundaries import BOUNDARIES
from detectors.matching.patterns import Pattern, PatternError, check
from detectors.packs.rules import Context, MatchExample, NoMatchExample, Pack, Rule, Score, Status, Validator
from detectors.validators import VALIDATORS

MIN_EXAMPLES: Final = 3
MAX_RULES: Final = 1_000
PACK_KEYS: Final = ("pack", "version", "area", "title", "description", "regulations", "rules")
RULE_KEYS: Final = (
    "id",
    "version",
    "entity_type",
    "description",
    "status",
    "patterns",
    "ignore_case",
    "wide",
    "boundary",
    "validator",
    "spaced",
    "context",
    "score",
    "tags",
    "regulations",
    "references",
    "examples",
)
CONTEXT_KEYS: Final = ("words", "negative", "before", "after")
SCORE_KEYS: Final = ("with_context", "without_context", "negative_context")
_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MAX_CONTEXT: Final = 200


def read_pack(path: Path, entity_types: Collection[str]) -> Pack:
    root = yamlfile.read(path)
    if root.mapping() is None:
        raise PackError.one(path, root.line, "This is no pack: it must be a mapping. Begin with `pack: name`.")
    problems: list[Problem] = []
    pack = _Reader(str(path), entity_types, problems).pack(root)
    if problems:
        raise PackError(sorted(problems, key=lambda problem: problem.line))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Pack(pack.id, pack.version, pack.area, pack.title, pack.regulations, pack.rules, pack.file, digest)


class _Reader:
    def __init__(self, file: str, entity_types: Collection[str], problems: list[Problem]) -> None:
        self.file = file
        self.entity_types = entity_types
        self.problems = problems

    def pack(self, root: Node) -> Pack:
        fields = Fields(self.file, root, "the pack", self.problems)
        fields.known(PACK_KEYS)
        name = self._identifier(fields, "pack")
        version = fields.integer("version", None, 1, 1_000_000)
        area = self._identifier(fields, "area")
        title = fields.text("title", name)
        regulations = tuple(text for text, _ in fields.texts("regulations"))
        return Pack(name, version, area, title, regulations, self._rules(fields, name, regulations), self.file, "")

    def _identifier(self, fields: Fields, key: str) -> str:
        value = fields.text(key)
        if value and not _ID.fullmatch(value):
            fields.problem(
                fields.line_of(key),
                f"'{value}' cannot be a value of `{key}`. Use lower-case words joined by '-'.",
            )
        return value

    def _rules(self, fields: Fields, pack: str, regulations: tuple[str, ...]) -> tuple[Rule, ...]:
        node = fields.nodes.get("rules")
        items = node.sequence() if node else None
        if not items or node is None:
            fields.problem(fields.line_of("rules"), "The pack has no rules. Add a list under `rules:`.")
            return ()
        if len(items) > MAX_RULES:
            fields.problem(node.line, f"The pack has more than {MAX_RULES:,} rules. Split it.")
            return ()
        rules: list[Rule] = []
        seen: dict[str, int] = {}
        for item in items:
            rule = self._rule(item, pack, regulations)
            if rule.id in seen:
                message = f"The rule id '{rule.id}' is used before, on line {seen[rule.id]}. Choose another."
                fields.problem(item.line, message)
            seen[rule.id] = item.line
            rules.append(rule)
        return tuple(rules)

    def _rule(self, node: Node, pack: str, regulations: tuple[str, ...]) -> Rule:
        mapping = node.mapping() or {}
        name = mapping["id"].value if "id" in mapping else "?"
        fields = Fields(self.file, node, f"rule '{name}'", self.problems)
        fields.known(RULE_KEYS)
        entity_type = fields.text("entity_type")
        if entity_type and entity_type not in self.entity_types:
            hint = did_you_mean(entity_type, self.entity_types)
            fields.problem(fields.line_of("entity_type"), f"Unknown entity type '{entity_type}'.{hint}")
        names = tuple(name for name, _ in fields.texts("validator"))
        matches, no_matches = self._examples(fields)
        return Rule(
            id=self._identifier(fields, "id"),
            version=fields.integer("version", None, 1, 1_000_000),
            pack=pack,
            entity_type=entity_type,
            description=fields.text("description", ""),
            status=self._status(fields),
            patterns=self._patterns(fields),
            boundary=BOUNDARIES.get(fields.choice("boundary", BOUNDARIES), BOUNDARIES["none"]),
            validator_names=names,
            validators=self._validators(fields),
            context=self._context(fields),
            score=self._score(fields),
            spaced=fields.flag("spaced"),
            tags=tuple(text for text, _ in fields.texts("tags")),
            regulations=tuple(text for text, _ in fields.texts("regulations")) or regulations,
            references=tuple(text for text, _ in fields.texts("references")),
            matches=matches,
            no_matches=no_matches,
            file=self.file,
            line=node.line,
        )

    def _status(self, fields: Fields) -> Status:
        value = fields.choice("status", [status.value for status in Status])
        return Status(value) if value in set(Status) else Status.STABLE

    def _patterns(self, fields: Fields) -> tuple[Pattern, ...]:
        ignore_case, wide = fields.flag("ignore_case"), fields.flag("wide")
        result: list[Pattern] = []
        sources = fields.texts("patterns")
        if not sources:
            fields.problem(fields.line_of("patterns"), f"{fields.what} has no pattern. Add a list under `patterns:`.")
        for source, line in sources:
            try:
                result.append(check(source, ignore_case=ignore_case, wide=wide))
            except PatternError as error:
                fields.problem(line, f"A pattern of {fields.what} {error}.")
        return tuple(result)

    def _validators(self, fields: Fields) -> tuple[Validator, ...]:
        result: list[Validator] = []
        for name, line in fields.texts("validator"):
            if name in VALIDATORS:
                result.append(VALIDATORS[name])
            else:
                hint = did_you_mean(name, VALIDATORS)
                fields.problem(line, f"Unknown validator '{name}' in {fields.what}.{hint}")
        return tuple(result)

    def _context(self, fields: Fields) -> Context:
        node = fields.nodes.get("context")
        if node is None:
            return Context()
        inner = Fields(self.file, node, f"the context of {fields.what}", self.problems)
        inner.known(CONTEXT_KEYS)
        return Context(
            words=tuple(text.lower() for text, _ in inner.texts("words")),
            negative=tuple(text.lower() for text, _ in inner.texts("negative")),
            before=inner.integer("before", 48, 0, _MAX_CONTEXT),
            after=inner.integer("after", 24, 0, _MAX_CONTEXT),
        )

    def _score(self, fields: Fields) -> Score:
        node = fields.nodes.get("score")
        if node is None:
            fields.problem(fields.line, f"{fields.what} has no score. Add `score: 0.9`.")
            return Score(0, 0, 0)
        if node.mapping() is None:
            value = self._number(fields, node)
            return Score(value, value, value / 3)
        inner = Fields(self.file, node, f"the score of {fields.what}", self.problems)
        inner.known(SCORE_KEYS)
        for key in SCORE_KEYS[:2]:
            if key not in inner.nodes:
                inner.problem(node.line, f"{inner.what} has no '{key}'. Give a number from 0 to 1.")
        numbers = {key: self._number(fields, inner.nodes[key]) for key in SCORE_KEYS if key in inner.nodes}
        without = numbers.get("without_context", 0.0)
        return Score(numbers.get("with_context", 0.0), without, numbers.get("negative_context", without / 3))

    def _number(self, fields: Fields, node: Node) -> float:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            fields.problem(node.line, f"A score of {fields.what} must be a number from 0 to 1.")
            return 0.0
        return float(value)

    def _examples(self, fields: Fields) -> tuple[tuple[MatchExample, ...], tuple[NoMatchExample, ...]]:
        node = fields.nodes.get("examples")
        if node is None:
            need = f"`match:` and `no_match:`, {MIN_EXAMPLES} each"
            fields.problem(fields.line, f"{fields.what} has no examples, so it does not load. Add {need}.")
            return (), ()
        inner = Fields(self.file, node, f"the examples of {fields.what}", self.problems)
        inner.known(("match", "no_match"))
        matches = tuple(self._match(inner, item) for item in self._items(inner, "match"))
        no_matches = tuple(self._no_match(inner, item) for item in self._items(inner, "no_match"))
        return matches, no_matches

    def _items(self, inner: Fields, key: str) -> list[Node]:
        node = inner.nodes.get(key)
        items = (node.sequence() if node else None) or []
        if len(items) < MIN_EXAMPLES:
            line = inner.line_of(key)
            inner.problem(line, f"{inner.what} need at least {MIN_EXAMPLES} under '{key}'; there are {len(items)}.")
        return items

    def _match(self, inner: Fields, node: Node) -> MatchExample:
        if isinstance(node.value, str):
            return MatchExample(node.value, None, node.line)
        item = Fields(self.file, node, "a match example", self.problems)
        item.known(("text", "value"))
        example = MatchExample(item.text("text"), item.text("value"), node.line)
        if example.value is not None and example.value not in example.text:
            item.problem(node.line, "The 'value' of a match example does not occur in its 'text'. Copy it exactly.")
        return example

    def _no_match(self, inner: Fields, node: Node) -> NoMatchExample:
        item = Fields(self.file, node, "a no_match example", self.problems)
        item.known(("text", "why"))
        return NoMatchExample(item.text("text"), item.text("why"), node.line)
