"""People's YAML as a tree in which every value knows its place, and nothing could be read in two ways.

Rule 1: a repeated key is an error, because parsers differ on which one wins.
Rule 2: anchors, aliases, tags and merge keys are refused: a line must mean what stands in that line.
Rule 3: scalars stay as they are written; what they mean is for the reader to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 12
_CORE: Final = "tag:yaml.org,2002:"
_COLLECTIONS: Final = frozenset({"map", "seq"})


class YamlError(Exception):
    """`line` and `column` from 1, 0 where the whole file is meant; `problem` without a capital or a full stop."""

    def __init__(self, line: int, column: int, problem: str, mend: str) -> None:
        super().__init__(f"{line}:{column}: {problem}. {mend}")
        self.line, self.column, self.problem, self.mend = line, column, problem, mend


@dataclass(frozen=True, slots=True)
class Tree:
    line: int
    column: int
    tag: str
    """`map`, `seq`, or the kind of scalar that the text looks like: `str`, `int`, `float`, `bool`, `null`, …"""
    text: str = ""
    """Of a scalar."""
    entries: tuple[tuple[Tree, Tree], ...] = ()
    items: tuple[Tree, ...] = ()


def content(path: Path) -> bytes:
    """Raises YamlError."""
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise YamlError(0, 0, "is a folder", "Name a YAML file.") from None
    except FileNotFoundError:
        raise YamlError(0, 0, "no such file", "Check the path.") from None
    except OSError as error:
        raise YamlError(0, 0, f"cannot be read ({error.strerror})", "Check its permissions.") from None
    if len(data) > MAX_BYTES:
        raise YamlError(0, 0, "is larger than 1 MiB", "Split it, or check that it is the right file.")
    return data


def text_of(data: bytes) -> str:
    """Raises YamlError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlError(line, 1, "not UTF-8", "Save the file as UTF-8.") from None


def parse(text: str) -> Tree:
    """The one document of a text. Raises YamlError."""
    from ruamel.yaml import YAML  # a tenth of a second that a cached file does not need
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = (error.problem or "syntax error").splitlines()[0]
        raise YamlError(
            line, column, f"not well-formed YAML: {what}", "Mend the YAML there; indent with spaces."
        ) from None
    except YAMLError:
        raise YamlError(1, 1, "not well-formed YAML", "Remove control characters.") from None
    except RecursionError:
        raise YamlError(1, 1, "nested too deeply", "Flatten the file.") from None
    if root is None:
        raise YamlError(1, 1, "the file is empty", "Write a mapping of keys and values.")
    return _tree(root, 0)


def _tree(node: Any, depth: int) -> Tree:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if getattr(node, "anchor", None):
        raise YamlError(line, column, "anchors and aliases are not allowed", "Write the value out.")
    tag = str(node.tag)
    if not tag.startswith(_CORE):
        raise YamlError(line, column, f"the tag {tag!r} is not allowed", "Write a plain value.")
    if depth > MAX_DEPTH:
        raise YamlError(line, column, f"nested deeper than {MAX_DEPTH} levels", "Flatten it.")
    tag = tag.removeprefix(_CORE)
    if isinstance(node.value, str):
        if tag in _COLLECTIONS:
            raise YamlError(line, column, f"the tag {tag!r} is not allowed", "Write a plain value.")
        return Tree(line, column, tag, node.value)
    if tag == "map":
        return Tree(line, column, tag, entries=tuple(_entries(node, depth + 1)))
    if tag == "seq":
        return Tree(line, column, tag, items=tuple(_tree(item, depth + 1) for item in node.value))
    raise YamlError(line, column, f"the tag {tag!r} is not allowed", "Write a plain value.")


def _entries(node: Any, depth: int) -> Iterator[tuple[Tree, Tree]]:
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        key = _tree(key_node, depth)
        if key.tag != "str":
            raise YamlError(key.line, key.column, "a key must be text", "Write `key: value`, or put it in quotes.")
        if key.text in seen:
            where = f"(first in line {seen[key.text]})"
            raise YamlError(key.line, key.column, f"the key {key.text!r} occurs twice {where}", "Keep one of them.")
        seen[key.text] = key.line
        value = _tree(value_node, depth)
        if value.tag == "null" and not value.text:  # the parser places a missing value at the next token
            value = replace(value, line=key.line, column=key.column)
        yield key, value
