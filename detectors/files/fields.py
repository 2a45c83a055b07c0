"""Reads a mapping field by field, collecting every problem instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from detectors.files.problems import Problem, did_you_mean
from detectors.files.yamlfile import Node

_COMMA: Final = " A text with a comma needs quotes."
"""In `{text: …, why: a, b}` the second comma ends the text."""


class Fields:
    """A mapping under inspection. `what` names it in messages, such as `rule 'mobile'`."""

    def __init__(self, file: str, node: Node, what: str, problems: list[Problem]) -> None:
        self.file = file
        self.line = node.line
        self.what = what
        self.problems = problems
        mapping = node.mapping()
        if mapping is None:
            self.problem(node.line, f"{what} must be a mapping. Write `key: value` lines.")
        self.nodes: dict[str, Node] = mapping or {}

    def problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.file, line, message[:1].upper() + message[1:]))

    def known(self, names: Iterable[str]) -> None:
        names = tuple(names)
        for key, node in self.nodes.items():
            if key not in names:
                hint = _COMMA if " " in key else did_you_mean(key, names)
                self.problem(node.line, f"Unknown key '{key}' in {self.what}.{hint}")

    def line_of(self, key: str) -> int:
        node = self.nodes.get(key)
        return node.line if node else self.line

    def text(self, key: str, default: str | None = None) -> str:
        """default None: the key is mandatory."""
        node = self.nodes.get(key)
        if node is None:
            if default is None:
                self.problem(self.line, f"{self.what} has no '{key}'. Add `{key}: …`.")
            return default or ""
        if isinstance(node.value, str) and not node.value.strip():
            self.problem(node.line, f"'{key}' of {self.what} is empty. Write it, or remove the line.")
            return default or ""
        if not isinstance(node.value, str):
            self.problem(node.line, f"'{key}' of {self.what} must be text. Quote it if it looks like a number.")
            return default or ""
        return node.value

    def integer(self, key: str, default: int | None, low: int, high: int) -> int:
        node = self.nodes.get(key)
        if node is None:
            if default is None:
                self.problem(self.line, f"{self.what} has no '{key}'. Add `{key}: {low}`.")
            return low if default is None else default
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.problem(node.line, f"'{key}' of {self.what} must be a whole number from {low} to {high}.")
            return low
        return value

    def flag(self, key: str) -> bool:
        node = self.nodes.get(key)
        if node is None:
            return False
        if not isinstance(node.value, bool):
            self.problem(node.line, f"'{key}' of {self.what} must be true or false.")
        return node.value is True

    def texts(self, key: str) -> list[tuple[str, int]]:
        """Each with its line; a single text counts as a list of one."""
        node = self.nodes.get(key)
        if node is None:
            return []
        items = [node] if isinstance(node.value, str) else node.sequence()
        if items is None:
            self.problem(node.line, f"'{key}' of {self.what} must be a list of texts.")
            return []
        result: list[tuple[str, int]] = []
        for item in items:
            if isinstance(item.value, str) and item.value:
                result.append((item.value, item.line))
            else:
                self.problem(item.line, f"'{key}' of {self.what} must hold texts only. Quote this item.")
        return result

    def choice(self, key: str, names: Iterable[str], default: str | None = None) -> str:
        names = tuple(names)
        value = self.text(key, default)
        if value and value not in names:
            self.problem(self.line_of(key), f"Unknown {key} '{value}' in {self.what}.{did_you_mean(value, names)}")
        return value
