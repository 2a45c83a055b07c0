"""Presidio's recognizer YAML → drafts. Format: presidio_analyzer/conf/*.yaml and its 'no-code' recognizers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from detectors.files.problems import PackError
from detectors.steward.imports.common import Draft, identifier

DEFAULT_FLAGS: Final = re.DOTALL | re.MULTILINE | re.IGNORECASE
"""What Presidio compiles patterns with unless told otherwise."""
_TYPES: Final = {
    "US_DRIVER_LICENSE": "US_DRIVER_LICENSE",
    "US_BANK_NUMBER": "US_BANK_NUMBER",
    "UK_NHS": "UK_NHS",
    "CRYPTO": "CRYPTO",
    "IBAN_CODE": "IBAN_CODE",
    "MEDICAL_LICENSE": "MEDICAL_LICENSE",
}
_DENY_SCORE: Final = 1.0


def read(path: Path, chosen: Mapping[str, str]) -> Iterator[Draft]:
    """chosen: Presidio's entity → ours. Raises `PackError`."""
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise PackError.one(path, 0, f"The file cannot be read ({error.strerror}). Check the path.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise PackError.one(path, line, "This is not well-formed YAML.") from None
    recognizers = document.get("recognizers") if isinstance(document, dict) else document
    if not isinstance(recognizers, list) or not recognizers:
        raise PackError.one(path, 0, "There is no `recognizers:` list in this file. Is it Presidio's?")
    flags = document.get("global_regex_flags", DEFAULT_FLAGS) if isinstance(document, dict) else DEFAULT_FLAGS
    for number, one in enumerate(recognizers, 1):
        yield _draft(one if isinstance(one, dict) else {"name": str(one)}, number, int(flags), chosen)


def _draft(one: dict[str, Any], number: int, flags: int, chosen: Mapping[str, str]) -> Draft:
    foreign = str(one.get("supported_entity") or _first(one.get("supported_entities")) or "")
    patterns = [each for each in one.get("patterns") or [] if isinstance(each, dict) and each.get("regex")]
    words = dict.fromkeys(str(word) for word in _words(one))
    draft = Draft(
        id=identifier(str(one.get("name") or f"recognizer-{number}")).removesuffix("-recognizer"),
        sources=[str(each["regex"]) for each in patterns],
        entity_type=chosen.get(foreign) or chosen.get("*") or _TYPES.get(foreign, foreign) or "?",
        description=str(one.get("name") or ""),
        score=max((float(each.get("score", 0.5)) for each in patterns), default=_DENY_SCORE),
        words=tuple(words)[:40],
        ignore_case=bool(flags & re.IGNORECASE),
        dot_all=bool(flags & re.DOTALL),
        references=("https://microsoft.github.io/presidio/supported_entities/",),
    )
    denied = [str(word) for word in one.get("deny_list") or []]
    if denied:
        draft.sources.append(r"\b(?:" + "|".join(re.escape(word) for word in denied) + r")\b")
        draft.notes.append("the deny list became a pattern")
    if len({each.get("score") for each in patterns}) > 1:
        draft.notes.append("its patterns have several scores; the best is used: split the rule where that matters")
    if not draft.sources:
        draft.notes.append("it is code, not a pattern: plug it in with detectors.presidio, or use our own rule")
    draft.score = max(draft.score, 0.05)
    if draft.score < 0.3 and not draft.words:
        draft.notes.append(f"its score {draft.score:g} is below our floor of 0.3, and it has no context: it became 0.3")
        draft.score = 0.3
    return draft


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _words(one: dict[str, Any]) -> Iterator[Any]:
    yield from one.get("context") or []
    for language in one.get("supported_languages") or []:
        if isinstance(language, dict):
            yield from language.get("context") or []
