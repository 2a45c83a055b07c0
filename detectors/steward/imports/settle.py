"""A pack of imported rules, tried: examples that do not hold go, and rules that are left with too few go as well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from detectors.entities import EntityType
from detectors.files.problems import PackError
from detectors.packs.detector import RuleDetector, read_packs
from detectors.packs.rules import Rule
from detectors.steward import trial
from detectors.steward.imports.common import Imported

_NEEDED: Final = 3
_ROUNDS: Final = 4
_WHY: Final = "too few examples could be made that hold in every wrapping; write the rule by hand"
_START: Final = "  - id: "


def settle(imported: Imported, file: Path, entities: Mapping[str, EntityType]) -> Imported:
    """Write the pack to `file`, without what does not load; the report says what went, and why."""
    text = imported.pack
    for _ in range(_ROUNDS):
        file.write_text(text, encoding="utf-8")
        bad = _refused(file, text, entities)
        if not bad:
            break
        for line in imported.lines:
            if line.name in bad:
                line.said, line.notes = "no", [bad[line.name], *line.notes]
        text = _without(text, bad)
        if _START not in text:
            return Imported("", imported.lines)
    text = _thinned(file, text, entities, imported)
    file.write_text(text, encoding="utf-8")
    return Imported(text if _START in text else "", imported.lines)


def _refused(file: Path, text: str, entities: Mapping[str, EntityType]) -> dict[str, str]:
    """Rule → why it does not load."""
    try:
        RuleDetector(read_packs([file], entities), experimental=True)
    except PackError as error:
        return {_rule_at(text, one.line): one.message for one in error.problems}
    return {}


def _rule_at(text: str, line: int) -> str:
    above = text.splitlines()[:line]
    return next((one.removeprefix(_START) for one in reversed(above) if one.startswith(_START)), "")


def _thinned(file: Path, text: str, entities: Mapping[str, EntityType], imported: Imported) -> str:
    """Three examples of each kind that hold; a rule without them goes."""
    done = list(trial.run(read_packs([file], entities)))
    drop: set[int] = set()
    bad: dict[str, str] = {}
    for one in done:
        failed = {failure.line for failure in one.failures}
        kept = [_chosen(examples, failed, drop) for examples in _lines(one.rule)]
        if min(kept) < _NEEDED:
            bad[one.rule.id] = _WHY
    lines = text.splitlines(keepends=True)
    for line in imported.lines:
        if line.name in bad:
            line.said, line.notes = "no", [bad[line.name], *line.notes]
    return _without("".join(one for number, one in enumerate(lines, 1) if number not in drop), bad)


def _lines(rule: Rule) -> tuple[list[int], list[int]]:
    return [one.line for one in rule.matches], [one.line for one in rule.no_matches]


def _chosen(lines: list[int], failed: set[int], drop: set[int]) -> int:
    good = [line for line in lines if line not in failed]
    drop.update(line for line in lines if line not in good[:_NEEDED])
    return len(good)


def _without(text: str, bad: Mapping[str, str]) -> str:
    head, *rules = text.split(f"\n{_START}")
    kept = [rule for rule in rules if rule.split("\n", 1)[0] not in bad]
    return f"\n{_START}".join([head, *(rule.rstrip("\n") for rule in kept)]) + "\n"
