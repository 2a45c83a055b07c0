"""The file of context words → `Cues`: what may stand beside a name, and how much it moves a score."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from detectors.files.fields import Fields
from detectors.files.problems import PackError, Problem, did_you_mean
from detectors.files.yamlfile import Node
from detectors.refine.phrases import REACH, Phrases, lowered

MOST: Final = 6.0
"""Largest weight, either way."""
CUE_KEYS: Final = ("id", "place", "types", "weight", "words")
_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class Place(StrEnum):
    BEFORE = "before"
    LABEL = "label"
    ABOVE = "above"
    AFTER = "after"
    ITSELF = "itself"
    SHAPE = "shape"


SHAPES: Final = ("url", "file", "identifier", "hash")


@dataclass(frozen=True, slots=True)
class Cue:
    id: str
    place: Place
    types: frozenset[str]
    weight: float
    """Log-odds that are added."""


class Cues:
    """All cues of a file by place. A word of one place may serve several cues, one for each entity type."""

    def __init__(self, cues: Collection[tuple[Cue, Collection[str]]], digest: str) -> None:
        self.digest = digest
        self.types = frozenset(name for cue, _ in cues for name in cue.types)
        tables: dict[Place, dict[str, tuple[Cue, ...]]] = {place: {} for place in Place}
        for cue, words in cues:
            table = tables[cue.place]
            for word in words:
                table[word] = (*table.get(word, ()), cue)
        self._by_place = {place: Phrases(table.items()) for place, table in tables.items()}

    def at(self, place: Place) -> Phrases[tuple[Cue, ...]]:
        return self._by_place[place]


NO_CUES: Final = Cues((), "")


def read_cues(file: Path, root: Node, entity_types: Collection[str], problems: list[Problem]) -> Cues:
    """Everything that is wrong is added to `problems`."""
    fields = Fields(str(file), root, "the context file", problems)
    fields.known(("context", "version", "cues"))
    fields.text("context")
    fields.integer("version", 1, 1, 1_000_000)
    node = fields.nodes.get("cues")
    items = (node.sequence() if node else None) or []
    if not items:
        fields.problem(fields.line_of("cues"), "The context file has no cues. Add a list under `cues:`.")
    found: list[tuple[Cue, list[str]]] = []
    ids: dict[str, int] = {}
    taken: dict[tuple[Place, str, str], str] = {}
    for item in items:
        cue, words = _cue(Fields(str(file), item, _named(item), problems), entity_types)
        if cue.id in ids:
            fields.problem(item.line, f"The cue id '{cue.id}' is used before, on line {ids[cue.id]}. Choose another.")
        ids[cue.id] = item.line
        for word, line in words:
            for name in cue.types:
                other = taken.setdefault((cue.place, word, name), cue.id)
                if other != cue.id:
                    message = f"'{word}' stands in cue '{other}' for {name} already. Remove one of the two."
                    fields.problem(line, message)
        found.append((cue, [word for word, _ in words]))
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise PackError.one(file, 0, f"The file cannot be read ({error.strerror}). Check its rights.") from None
    return Cues(found, digest)


def _named(item: Node) -> str:
    mapping = item.mapping() or {}
    return f"cue '{mapping['id'].value}'" if "id" in mapping else "a cue"


def _cue(fields: Fields, entity_types: Collection[str]) -> tuple[Cue, list[tuple[str, int]]]:
    fields.known(CUE_KEYS)
    name = fields.text("id")
    if name and not _ID.fullmatch(name):
        fields.problem(fields.line_of("id"), f"'{name}' is no cue id. Use lower-case words joined by '-'.")
    place = fields.choice("place", [place.value for place in Place])
    types = fields.texts("types")
    if not types:
        fields.problem(fields.line_of("types"), f"{fields.what} has no types. Add `types: [PERSON]`.")
    for kind, line in types:
        if kind not in entity_types:
            hint = did_you_mean(kind, entity_types)
            fields.problem(line, f"Unknown entity type '{kind}' in {fields.what}.{hint}")
    weight = _weight(fields)
    words = fields.texts("words")
    if not words:
        fields.problem(fields.line_of("words"), f"{fields.what} has no words. Add a list under `words:`.")
    kind = Place(place) if place in set(Place) else Place.BEFORE
    cue = Cue(name, kind, frozenset(kind for kind, _ in types), weight)
    return cue, [_word(fields, kind, word, line) for word, line in words]


def _word(fields: Fields, place: Place, word: str, line: int) -> tuple[str, int]:
    if place is Place.SHAPE and word not in SHAPES:
        fields.problem(line, f"Unknown shape '{word}' in {fields.what}.{did_you_mean(word, SHAPES)}")
    if len(word) > REACH or word != word.strip():
        fields.problem(line, f"A word of {fields.what} is longer than {REACH} characters or has blanks around it.")
    return (word if place is Place.SHAPE else lowered(word)), line


def _weight(fields: Fields) -> float:
    node = fields.nodes.get("weight")
    if node is None:
        fields.problem(fields.line, f"{fields.what} has no weight. Add `weight: 2.0`.")
        return 0.0
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
        fields.problem(node.line, f"The weight of {fields.what} must be a number from -{MOST:g} to {MOST:g}.")
        return 0.0
    return float(value)
