"""Every example of every rule in every wrapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from detectors.files.problems import Problem
from detectors.packs.detector import RuleDetector
from detectors.packs.rules import MatchExample, NoMatchExample, Rule, RuleSet
from detectors.steward.wrappings import MATCH, counter_examples


@dataclass(frozen=True, slots=True)
class Failure:
    rule: Rule
    line: int
    wrapping: str
    what: str

    @property
    def problem(self) -> Problem:
        return Problem(self.rule.file, self.line, f"Rule '{self.rule.id}', {self.wrapping}: {self.what}")


@dataclass(slots=True)
class RuleTrial:
    """What became of one rule's examples: wrapping → (held, tried)."""

    rule: Rule
    matches: dict[str, list[int]] = field(default_factory=dict)
    no_matches: list[int] = field(default_factory=lambda: [0, 0])
    failures: list[Failure] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.failures


def selected(rules: RuleSet, words: Sequence[str]) -> tuple[Rule, ...]:
    """Rules whose pack, `pack/rule`, id, area or file is one of `words`; none named: all. Raises KeyError(word)."""
    if not words:
        return rules.rules
    areas = {pack.id: pack.area for pack in rules.packs}
    chosen: dict[str, Rule] = {}
    for word in words:
        found = {rule.name: rule for rule in rules.rules if word in _names(rule, areas[rule.pack])}
        if not found:
            raise KeyError(word)
        chosen |= found
    return tuple(rule for rule in rules.rules if rule.name in chosen)


def _names(rule: Rule, area: str) -> set[str]:
    return {rule.pack, rule.id, f"{rule.pack}/{rule.id}", rule.name, area, rule.file}


def run(rules: RuleSet, chosen: Sequence[Rule] | None = None) -> Iterator[RuleTrial]:
    detector = RuleDetector(rules, experimental=True)
    for rule in rules.rules if chosen is None else chosen:
        trial = RuleTrial(rule)
        for example in rule.matches:
            _match(detector, trial, example)
        for counter in rule.no_matches:
            _no_match(detector, trial, counter)
        yield trial


def _values(detector: RuleDetector, rule: Rule, text: str) -> list[str]:
    return [text[found.start : found.end] for found in detector.find(text) if found.rule == rule.name]


def _match(detector: RuleDetector, trial: RuleTrial, example: MatchExample) -> None:
    plain = _values(detector, trial.rule, example.text)
    value = example.value or (plain[0] if plain else example.text)
    for name, wrap in MATCH.items():
        counts = trial.matches.setdefault(name, [0, 0])
        counts[1] += 1
        wrapped = wrap(example.text, value)
        values = plain if name == "plain" else _values(detector, trial.rule, wrapped.text)
        if values and (wrapped.value is None or wrapped.value in values):
            counts[0] += 1
            continue
        what = (
            "this match example is found with another span. Mend the pattern, or the example's `value`."
            if values
            else "this match example is not found. Mend the pattern, or the example."
        )
        trial.failures.append(Failure(trial.rule, example.line, name, what))
        if name == "plain":
            return  # in no dress can it be better


def _no_match(detector: RuleDetector, trial: RuleTrial, counter: NoMatchExample) -> None:
    for name, text in counter_examples(counter.text).items():
        trial.no_matches[1] += 1
        if not _values(detector, trial.rule, text):
            trial.no_matches[0] += 1
            continue
        what = f"this no_match example is found ({counter.why}). Tighten the rule, or mend the example."
        trial.failures.append(Failure(trial.rule, counter.line, name, what))
        if name == "plain":
            return  # one line says it
