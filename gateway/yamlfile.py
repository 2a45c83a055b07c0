"""YAML for people's files: every value knows its line, every complaint names it and says what to do.

What YAML may hold is `detectors.files.yamltree`'s to say.
Rule for the next editor: a mistake is a `ConfigError` that reads `file:line:column: problem. Mend.`
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from detectors.files import yamltree
from detectors.files.yamltree import Tree, YamlError
from gateway.errors import ConfigError

_SCALARS: Final = {"str": "text", "int": "a number", "float": "a number", "bool": "true or false", "null": "nothing"}


def nearest(name: str, known: Iterable[str]) -> str:
    """A mend for a misspelt name: the nearest known one, or all of them where they are few."""
    names = sorted(str(name) for name in known)
    folded = {candidate.casefold(): candidate for candidate in names}
    close = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    if close:
        return f"Did you mean {folded[close[0]]!r}?"
    if len(names) <= 12:
        return f"Use one of: {', '.join(names)}."
    return f"Use one of {', '.join(names[:6])} … ({len(names)} in all)."


@dataclass(frozen=True, slots=True)
class Value:
    """One YAML node and where it stands."""

    file: str
    line: int
    column: int
    tag: str
    """`map`, `seq`, `str`, `int`, `float`, `bool` or `null`."""
    scalar: str
    entries: tuple[tuple[Value, Value], ...] = ()
    items: tuple[Value, ...] = ()

    def fail(self, problem: str, mend: str) -> NoReturn:
        raise ConfigError(f"{self.file}:{self.line}:{self.column}: {problem}. {mend}")

    @property
    def kind(self) -> str:
        return {"map": "a mapping", "seq": "a list"}.get(self.tag) or _SCALARS[self.tag]

    def mapping(self, what: str, allowed: Collection[str] | None = None) -> dict[str, Value]:
        """Its entries; keys are text and occur once (that was seen to when the file was read)."""
        if self.tag != "map":
            self.fail(f"{what} must be a mapping, not {self.kind}", "Write `key: value` lines.")
        if allowed is not None:
            for key, _ in self.entries:
                if key.scalar not in allowed:
                    key.fail(f"unknown key {key.scalar!r} in {what}", nearest(key.scalar, allowed))
        return {key.scalar: value for key, value in self.entries}

    def keys(self) -> dict[str, Value]:
        return {key.scalar: key for key, _ in self.entries}

    def sequence(self, what: str) -> tuple[Value, ...]:
        if self.tag != "seq":
            self.fail(f"{what} must be a list, not {self.kind}", "Write it as `- item` lines or `[a, b]`.")
        return self.items

    def texts(self, what: str) -> tuple[Value, ...]:
        """A list of texts, or one text alone."""
        items = (self,) if self.tag == "str" else self.sequence(what)
        for item in items:
            item.text(what)
        return items

    def text(self, what: str) -> str:
        if self.tag != "str":
            self.fail(f"{what} must be text, not {self.kind}", "Put it in quotes.")
        if not self.scalar.strip():
            self.fail(f"{what} is empty", "Give it a value or remove the line.")
        return self.scalar

    def number(self, what: str, low: float, high: float) -> float:
        if self.tag not in {"int", "float"}:
            self.fail(f"{what} must be a number, not {self.kind}", f"Use a number from {low:g} to {high:g}.")
        try:
            number = float(self.scalar)
        except ValueError:  # 0x1F, 1_000 and the like: YAML knows them, people misread them
            self.fail(f"{what} is not a plain decimal number", f"Use a number from {low:g} to {high:g}.")
        if not low <= number <= high:  # also refuses .nan
            self.fail(f"{what} is out of range", f"Use a number from {low:g} to {high:g}.")
        return number

    def integer(self, what: str, low: int, high: int) -> int:
        if self.tag != "int":
            self.fail(f"{what} must be a whole number, not {self.kind}", f"Use a whole number from {low} to {high}.")
        return int(self.number(what, low, high))

    def choice(self, what: str, known: Collection[str]) -> str:
        text = self.scalar if self.tag == "bool" else self.text(what)
        if text not in known:
            self.fail(f"unknown {what} {text!r}", nearest(text, known))
        return text


def read(path: Path, shown: str | None = None) -> Value:
    """Parse `path`; `shown` is how messages name it. Raises ConfigError."""
    name = shown or str(path)
    try:
        text = yamltree.text_of(yamltree.content(path))
    except YamlError as error:
        raise _told(error, name) from None
    return parse(text, name)


def parse(text: str, name: str) -> Value:
    try:
        return _value(yamltree.parse(text), name)
    except YamlError as error:
        raise _told(error, name) from None


def _told(error: YamlError, name: str) -> ConfigError:
    place = f"{name}:{error.line}:{error.column}" if error.line else name
    return ConfigError(f"{place}: {error.problem}. {error.mend}")


def _value(tree: Tree, name: str) -> Value:
    if tree.tag not in _SCALARS and tree.tag not in {"map", "seq"}:
        raise YamlError(tree.line, tree.column, f"the tag {tree.tag!r} is not allowed", "Write a plain value.")
    entries = tuple((_value(key, name), _value(value, name)) for key, value in tree.entries)
    items = tuple(_value(item, name) for item in tree.items)
    return Value(name, tree.line, tree.column, tree.tag, tree.text, entries, items)
