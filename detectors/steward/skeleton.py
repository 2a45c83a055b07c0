"""A new rule: a file with every key that a rule needs, in its order, and what is still to be said.

As it stands it does not load; each blank is told with its line. With a pattern given, examples are made from it and
it loads at once, as experimental.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detectors.entities import EntityType
from detectors.files.problems import PackError, did_you_mean
from detectors.matching.boundaries import BOUNDARIES
from detectors.matching.matcher import confirmer
from detectors.matching.patterns import Pattern, PatternError, check
from detectors.steward.generate import near_misses, samples

_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_EXAMPLES: Final = 3
_TEMPLATE: Final = """\
pack: {pack}
version: 1
area: {area}
title: {title}
regulations: [{regulations}]  # tags of laws; rules/REGULATIONS.md says what each means
rules:
  - id: {id}
    version: 1                  # raise it when the rule's meaning changes; `redline rules publish` does
    entity_type: {entity}
    description: {description:<14} # one line: what it is, and how it is written
    status: experimental        # observed and counted only; then `test`, then `stable`
    patterns: [{pattern}]
    boundary: {boundary:<17} # what may not stand beside it: {boundaries}
    # validator: luhn           # where there is a check digit; see the README for names
    context:
      words: []                 # words near it that make it surer, in every language of your texts
      negative: []              # words that say it is something else, such as order, 订单
    score: {{with_context: 0.9, without_context: 0.5}}
    references: []              # the page that defines the format
    examples:
      match:                    # at least three; synthetic values only
{match}
      no_match:                 # at least three that look alike and must not be found
{no_match}
"""


@dataclass(frozen=True, slots=True)
class Wish:
    id: str
    area: str
    entity_type: str
    pattern: str = ""
    boundary: str = "alnum"


def skeleton(wish: Wish, entities: Mapping[str, EntityType]) -> str:
    """The file's text. Raises `PackError` where a name cannot be used."""
    _check(wish, entities)
    entity = entities[wish.entity_type]
    matches, counters = [""] * _EXAMPLES, [("", "")] * _EXAMPLES
    if wish.pattern:
        matches, counters = examples_of(_pattern(wish), wish.boundary)
    return _TEMPLATE.format(
        pack=f"{wish.area}-{wish.id}",
        area=wish.area,
        title=f"{entity.zh} · {entity.en}",
        id=wish.id,
        entity=wish.entity_type,
        description=quoted(f"{wish.id.replace('-', ' ').capitalize()}." if wish.pattern else ""),
        pattern=quoted(wish.pattern) if wish.pattern else "",
        boundary=wish.boundary,
        regulations=", ".join(entity.regulations),
        boundaries=", ".join(BOUNDARIES),
        match="\n".join(f"        - {{text: {quoted(text)}, value: {quoted(text)}}}" for text in matches),
        no_match="\n".join(f"        - {{text: {quoted(text)}, why: {quoted(why)}}}" for text, why in counters),
    )


def _check(wish: Wish, entities: Mapping[str, EntityType]) -> None:
    for what, name in (("rule id", wish.id), ("area", wish.area)):
        if not _ID.fullmatch(name):
            raise PackError.one("redline rules new", 0, f"'{name}' is no {what}. Use lower-case words joined by '-'.")
    for what, name, known in (
        ("entity type", wish.entity_type, tuple(entities)),
        ("boundary", wish.boundary, tuple(BOUNDARIES)),
    ):
        if name not in known:
            raise PackError.one("redline rules new", 0, f"Unknown {what} '{name}'.{did_you_mean(name, known)}")


def _pattern(wish: Wish) -> Pattern:
    try:
        return check(wish.pattern)
    except PatternError as error:
        raise PackError.one("redline rules new", 0, f"The pattern {error}.") from None


def examples_of(pattern: Pattern, boundary: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Generated values that the pattern finds, and near misses (text, why) that it does not."""
    regex = confirmer(pattern, BOUNDARIES[boundary])
    found = [text for text in samples(pattern, 4 * _EXAMPLES) if regex.search(text)][:_EXAMPLES]
    while found and len(found) < _EXAMPLES:
        found.append(f"{'  ' * len(found)}{found[0]}".strip())
    counters = [
        (text, why)
        for text, why in near_misses(found[0] if found else "")
        if text.strip() and text.isprintable() and not regex.search(text)
    ]
    return found, counters[:_EXAMPLES]


def quoted(text: str) -> str:
    """A YAML scalar in single quotes; control characters need double ones."""
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    escaped = "".join(_escape(char) for char in text)
    return f'"{escaped}"'


def _escape(char: str) -> str:
    if char in '\\"':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def write_new(path: Path, text: str) -> None:
    """Never over a file that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise PackError.one(path, 0, "The file exists already. Choose another id, or edit the file.") from None
