"""`gitleaks.toml` → drafts. Format: https://github.com/gitleaks/gitleaks#configuration."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from detectors.files.problems import PackError
from detectors.steward.imports.common import Draft, identifier

_TYPES: Final = (
    (re.compile(r"private-key"), "PRIVATE_KEY"),
    (re.compile(r"(?:^|-)passw(?:or)?d"), "PASSWORD"),
    (re.compile(r"jwt|token|bearer|oauth|session"), "ACCESS_TOKEN"),
)
_ENTROPY: Final = 3.0
"""From here on gitleaks' threshold asks for a varied value, as our validator `random` does."""


def read(path: Path, chosen: Mapping[str, str]) -> Iterator[Draft]:
    """chosen: rule id → entity type, where ours is not what is wanted. Raises `PackError`."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise PackError.one(path, 0, f"The file cannot be read ({error.strerror}). Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError.one(path, 0, f"This is not TOML: {error}. Mend the file, or name another.") from None
    rules = document.get("rules")
    if not isinstance(rules, list) or not rules:
        raise PackError.one(path, 0, "There is no [[rules]] in this file. Is it a gitleaks configuration?")
    for number, rule in enumerate(rules, 1):
        if not isinstance(rule, dict):
            raise PackError.one(path, 0, f"Rule {number} is no table. Is it a gitleaks configuration?")
        yield _draft(rule, number, chosen)


def _draft(rule: dict[str, Any], number: int, chosen: Mapping[str, str]) -> Draft:
    name = identifier(str(rule.get("id") or f"rule-{number}"))
    draft = Draft(
        id=name,
        sources=[str(rule["regex"])] if rule.get("regex") else [],
        entity_type=chosen.get(name) or chosen.get("*") or _entity_type(name),
        description=" ".join(str(rule.get("description", "")).split()),
        score=0.85,
        group=int(rule.get("secretGroup", 0) or 0),
        references=("https://github.com/gitleaks/gitleaks",),
    )
    if not draft.sources:
        draft.notes.append("it has no regex: a rule on paths only says nothing about texts")
    if float(rule.get("entropy", 0) or 0) >= _ENTROPY:
        draft.validator = "random"
        draft.notes.append(f"entropy {rule['entropy']} became the validator `random`")
    for key, told in (
        ("path", "`path` is left out: texts have no path"),
        ("allowlists", "its allow list is left out: use `not_placeholder` or no_match examples"),
        ("allowlist", "its allow list is left out: use `not_placeholder` or no_match examples"),
        ("required", "`required` rules are left out"),
    ):
        if rule.get(key):
            draft.notes.append(told)
    return draft


def _entity_type(name: str) -> str:
    return next((entity for shape, entity in _TYPES if shape.search(name)), "API_KEY")
