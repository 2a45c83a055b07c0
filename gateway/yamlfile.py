"""YAML for people's files: every value knows its line, every complaint names it and says what to do.

Read from the node tree, not from loaded objects, so that positions, repeated keys, aliases and tags stay visible.
Rule for the next editor: a mistake is a `ConfigError` that reads `file:line:column: problem. Mend.`
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NoReturn

from gateway.errors import ConfigError

MAX_BYTES: Final = 1024 * 1024
_CORE: Final = "tag:yaml.org,2002:"
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
        data = path.read_bytes()
    except IsADirectoryError:
        raise ConfigError(f"{name}: is a folder. Name a YAML file.") from None
    except FileNotFoundError:
        raise ConfigError(f"{name}: no such file. Check the path.") from None
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read ({error.strerror}). Check its permissions.") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{name}: larger than 1 MiB. Split it, or check that it is the right file.")
    try:
        return parse(data.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{name}:{line}:1: not UTF-8. Save the file as UTF-8.") from None


def parse(text: str, name: str) -> Value:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    try:
        for event in yaml.parse(text):
            _refuse_references(event, name)
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        problem = (error.problem or "not well-formed YAML").splitlines()[0]
        raise ConfigError(f"{name}:{at}: {problem}. Mend the YAML there; indent with spaces.") from None
    except YAMLError:
        raise ConfigError(f"{name}:1:1: not well-formed YAML. Remove control characters.") from None
    except RecursionError:
        raise ConfigError(f"{name}:1:1: nested too deeply. Flatten the file.") from None
    if node is None:
        raise ConfigError(f"{name}:1:1: the file is empty. Write a mapping of keys and values.")
    return _value(node, name)


def _refuse_references(event: Any, name: str) -> None:
    """Aliases let a line mean what stands elsewhere; a reviewer must see what a line means in that line."""
    if getattr(event, "anchor", None):
        mark = event.start_mark
        raise ConfigError(
            f"{name}:{mark.line + 1}:{mark.column + 1}: anchors and aliases are not allowed. Write the value out."
        )


def _value(node: Any, name: str) -> Value:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    tag = str(node.tag).removeprefix(_CORE)
    if tag not in _SCALARS and tag not in {"map", "seq"}:
        raise ConfigError(f"{name}:{line}:{column}: the tag {tag!r} is not allowed. Write a plain value.")
    if tag == "map":
        return Value(name, line, column, tag, "", entries=tuple(_entries(node, name)))
    if tag == "seq":
        return Value(name, line, column, tag, "", items=tuple(_value(item, name) for item in node.value))
    return Value(name, line, column, tag, str(node.value))


def _entries(node: Any, name: str) -> Iterable[tuple[Value, Value]]:
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        key = _value(key_node, name)
        if key.tag != "str":
            key.fail("a key must be text", "Put it in quotes.")
        if key.scalar in seen:
            key.fail(f"the key {key.scalar!r} occurs twice (first in line {seen[key.scalar]})", "Keep one of them.")
        seen[key.scalar] = key.line
        value = _value(value_node, name)
        if value.tag == "null" and not value.scalar:  # the parser places a missing value at the next token
            value = replace(value, line=key.line, column=key.column)
        yield key, value
