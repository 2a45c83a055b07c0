"""The catalogue of entity types: what a finding may be called, and what category a policy may address it by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from detectors.files.problems import PackError, did_you_mean
from detectors.files.yamlfile import Node, read
from detectors.paths import RULES

CATEGORIES: Final = (
    "person",
    "location",
    "organization",
    "government_id",
    "contact",
    "financial",
    "health",
    "vehicle",
    "network",
    "credential",
    "special",
)
_NAME: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
_FIELDS: Final = frozenset({"category", "zh", "en", "description", "regulations"})


@dataclass(frozen=True, slots=True)
class EntityType:
    name: str
    """Upper-case words joined by `_`; it is part of every token, so it is never renamed."""
    category: str
    zh: str
    en: str
    description: str = ""
    regulations: tuple[str, ...] = ()


def load_entities(folder: Path = RULES) -> Mapping[str, EntityType]:
    """Name → entity type, from `entities.yaml`; raises `PackError`."""
    return read_entities(folder / "entities.yaml")


@lru_cache(maxsize=16)
def read_entities(path: Path) -> Mapping[str, EntityType]:
    """The same of any file, read once: a gateway reads copies that are named after their content."""
    return parse_entities(path)


def parse_entities(path: Path) -> Mapping[str, EntityType]:
    """The same, read anew."""
    root = read(path).mapping() or {}
    table = root.get("entities")
    if table is None or not table.mapping():
        raise PackError.one(path, 1, "The key 'entities' is missing. List entity types below it.")
    return MappingProxyType({name: _entity(path, name, node) for name, node in (table.mapping() or {}).items()})


def _entity(path: Path, name: str, node: Node) -> EntityType:
    fields = node.mapping()
    if not _NAME.fullmatch(name) or fields is None:
        raise PackError.one(path, node.line, f"'{name}' is not an entity type. Write `UPPER_CASE: {{category: …}}`.")
    for key, value in fields.items():
        if key not in _FIELDS:
            raise PackError.one(path, value.line, f"Unknown key '{key}'.{did_you_mean(key, _FIELDS)}")
    texts = {key: _text(path, name, key, fields.get(key), node.line) for key in ("category", "zh", "en", "description")}
    if texts["category"] not in CATEGORIES:
        hint = did_you_mean(texts["category"], CATEGORIES)
        raise PackError.one(path, fields["category"].line, f"Unknown category '{texts['category']}'.{hint}")
    tags = fields.get("regulations")
    regulations = tuple(str(item.value) for item in (tags.sequence() or [])) if tags else ()
    return EntityType(name, texts["category"], texts["zh"], texts["en"], texts["description"], regulations)


def _text(path: Path, name: str, key: str, node: Node | None, line: int) -> str:
    if node is None or not isinstance(node.value, str) or not node.value.strip():
        raise PackError.one(path, node.line if node else line, f"'{name}' needs the text '{key}'. Add `{key}: …`.")
    return node.value
