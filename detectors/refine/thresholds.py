"""From which score on a candidate is a finding: by entity type and language, with the category behind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from detectors.entities import CATEGORIES, EntityType
from detectors.files.fields import Fields
from detectors.files.problems import Problem, did_you_mean
from detectors.files.yamlfile import Node
from detectors.refine.language import LANGUAGES

DEFAULT: Final = "default"
_CATEGORY: Final = "category:"


class Thresholds:
    def __init__(self, lines: Mapping[str, float], entities: Mapping[str, EntityType]) -> None:
        """`lines` as they stand in the file, such as {"PERSON/zh": 0.4, "default": 0.3}."""
        self._lines = dict(lines)
        self._entities = entities
        self._known: dict[tuple[str, str], tuple[float, str]] = {}
        self.by_language = any("/" in name for name in lines)
        """Whether the language of a text matters at all."""
        told = "\n".join(f"{name}:{value}" for name, value in sorted(lines.items()))
        self.digest = hashlib.sha256(told.encode()).hexdigest()

    def of(self, entity_type: str, language: str) -> float:
        return self.line(entity_type, language)[0]

    def line(self, entity_type: str, language: str) -> tuple[float, str]:
        """The threshold and the line that sets it; empty where none does."""
        known = self._known.get((entity_type, language))
        if known is None:
            known = self._known[entity_type, language] = self._find(entity_type, language)
        return known

    def _find(self, entity_type: str, language: str) -> tuple[float, str]:
        entity = self._entities.get(entity_type)
        names = (entity_type, f"{_CATEGORY}{entity.category}" if entity else DEFAULT, DEFAULT)
        for name in names:
            for line in (f"{name}/{language}", name):
                if line in self._lines:
                    return self._lines[line], line
        return 0.0, ""


def read_thresholds(
    file: Path, root: Node, entities: Mapping[str, EntityType], problems: list[Problem]
) -> dict[str, float]:
    """Line → score; everything that is wrong is added to `problems`."""
    fields = Fields(str(file), root, "the file of thresholds", problems)
    fields.known(("thresholds",))
    lines = Fields(str(file), fields.nodes["thresholds"], "thresholds", problems)
    found: dict[str, float] = {}
    for name, node in lines.nodes.items():
        message = _wrong(name, entities)
        value = node.value
        if message:
            lines.problem(node.line, message)
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            lines.problem(node.line, f"The threshold of {name} must be a number from 0 to 1.")
        else:
            found[name] = float(value)
    return found


def _wrong(name: str, entities: Mapping[str, EntityType]) -> str:
    kind, slash, language = name.partition("/")
    if slash and language not in LANGUAGES:
        return f"Unknown language '{language}' of threshold '{name}'. Write {' or '.join(LANGUAGES)}, or leave it out."
    if kind.startswith(_CATEGORY):
        category = kind.removeprefix(_CATEGORY)
        return "" if category in CATEGORIES else f"Unknown category '{category}'.{did_you_mean(category, CATEGORIES)}"
    if kind == DEFAULT or kind in entities:
        return ""
    return f"Unknown entity type '{kind}'.{did_you_mean(kind, [*entities, DEFAULT])}"
