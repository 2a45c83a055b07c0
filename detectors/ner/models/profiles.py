"""What a model's classes mean: its own names and tagging scheme -> our entity types and the borders of spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detectors.ner.models.labels import ENTITY, entity_of, parse_label
from detectors.ner.reading.decoding import decode, merge, widen
from detectors.ner.runtime import ProfileError, Span

__all__ = ["Label", "Profile", "ProfileError", "Span", "decode", "ignored", "map_labels", "merge", "parse_label"]
__all__ += ["profile", "widen"]


@dataclass(frozen=True, slots=True)
class Label:
    prefix: str
    """B, I, E or S of its scheme (L and U mean E and S); empty in a plain scheme and for outside."""
    entity: str
    """Our entity type; empty: outside, or a kind of text that we do not look for."""
    bare: str = ""
    """The model's own name without prefix, empty for outside. Several of them may mean one entity type."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Class index -> label; `entities` in a fixed order, the outside group first."""

    labels: tuple[Label, ...]
    entities: tuple[str, ...]
    ignored: tuple[str, ...]
    """The model's own labels, without prefix, that we do not look for."""

    def told(self) -> str:
        """For people: what the model marks and we do not look for; empty where there is nothing of the kind."""
        return ignored(self.ignored)

    @property
    def groups(self) -> tuple[int, ...]:
        """For each class the position of its entity in `entities`."""
        return tuple(self.entities.index(label.entity) for label in self.labels)

    @property
    def scheme(self) -> str:
        """`BIOES`, `BIO` or `plain`."""
        prefixes = {label.prefix for label in self.labels}
        if prefixes & set("ESLU"):
            return "BIOES"
        return "BIO" if prefixes & set("BI") else "plain"

    def group(self, index: int) -> int:
        """Position of a class's entity in `entities`."""
        return self.entities.index(self.labels[index].entity)


def profile(
    id2label: Mapping[Any, str], extra: Mapping[str, str] | None = None, *, source: str = "config.json"
) -> Profile:
    """Read a model's `id2label`. Raises ProfileError where a label is unknown, or none of them is ours."""
    ordered = _ordered(id2label, source)
    parsed = [("", "") if name.upper() == "O" else parse_label(name) for name in ordered]
    bare = [one for _, one in parsed if one]
    meaning = map_labels(bare, extra, source=source)
    labels, ignored = [], []
    for prefix, name in parsed:
        entity = meaning[name] if name and prefix != "O" else ""
        if name and not entity and name not in ignored:
            ignored.append(name)
        labels.append(Label(prefix, entity, name))
    entities = tuple(sorted({label.entity for label in labels if label.entity}))
    if not entities:
        raise ProfileError(
            f"{source}: none of the model's labels is something to look for ({', '.join(ordered[:8])}); "
            "give a label_map in its redline.json"
        )
    return Profile(tuple(labels), ("", *entities), tuple(ignored))


def map_labels(
    names: Sequence[str], extra: Mapping[str, str] | None = None, *, source: str = "the model"
) -> dict[str, str]:
    """Bare label -> our entity type, or empty where we do not look for it. An unknown label is a ProfileError."""
    for label, entity in (extra or {}).items():
        if entity and not ENTITY.fullmatch(entity):
            raise ProfileError(f"label_map: {entity[:40]!r} is no entity type ({label[:40]}); write one such as PERSON")
        if label not in names:
            listed = ", ".join(list(dict.fromkeys(names))[:12])
            raise ProfileError(f"label_map: {label[:40]!r} is no label of {source}; it knows {listed}")
    found = {name: entity_of(name, extra) for name in names}
    unknown = sorted(name for name, entity in found.items() if entity is None)
    if unknown:
        listed = ", ".join(unknown[:8]) + (" and more" if len(unknown) > 8 else "")
        raise ProfileError(
            f"{source}: no entity type is known for {listed}; write redline.json beside it, such as "
            f'{{"label_map": {{"{unknown[0]}": "PERSON"}}}}, with "" for a label to pass over'
        )
    return {name: entity or "" for name, entity in found.items()}


def ignored(labels: Sequence[str]) -> str:
    """`; not looked for: MISC, DATE`, or nothing."""
    more = f" and {len(labels) - 12} more" if len(labels) > 12 else ""
    return f"; not looked for: {', '.join(labels[:12])}{more}" if labels else ""


def _ordered(id2label: Mapping[Any, str], source: str) -> list[str]:
    try:
        names = {int(key): str(value) for key, value in id2label.items()}
        return [names[i] for i in range(len(id2label))]
    except (KeyError, ValueError):
        raise ProfileError(f"{source}: id2label must number its labels from 0 without a gap") from None
