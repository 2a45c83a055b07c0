"""YAML with a line number on every value, and nothing in it that two readers could read differently.

Rule 1: a repeated key is an error, because parsers differ on which one wins.
Rule 2: anchors, aliases, tags and merge keys are refused: a pack must read the same to a person as to a machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from detectors import diskcache
from detectors.problems import PackError

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 12
_TAG: Final = "tag:yaml.org,2002:"

type Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line it stands on."""

    value: dict[str, Node] | list[Node] | Scalar
    line: int

    def mapping(self) -> dict[str, Node] | None:
        return self.value if isinstance(self.value, dict) else None

    def sequence(self) -> list[Node] | None:
        return self.value if isinstance(self.value, list) else None


def read(path: Path) -> Node:
    """The one document of a file; raises `PackError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PackError.one(
            path, 0, f"The file cannot be read ({error.strerror}). Check its path and rights."
        ) from None
    if len(data) > MAX_BYTES:
        raise PackError.one(path, 0, f"The file is larger than {MAX_BYTES:,} bytes. Split it into several packs.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PackError.one(path, line, "The file is not UTF-8. Save it as UTF-8.") from None
    key = diskcache.key_of("yaml", data)
    known = diskcache.get(key)
    if known is not None:
        return _thawed(orjson.loads(known))
    node = parse(text, str(path))
    diskcache.put(key, orjson.dumps(_frozen(node)))
    return node


def _frozen(node: Node) -> list[Any]:
    """A tree as JSON: [line, value]."""
    value = node.value
    if isinstance(value, dict):
        return [node.line, {name: _frozen(inner) for name, inner in value.items()}]
    return [node.line, [_frozen(inner) for inner in value] if isinstance(value, list) else value]


def _thawed(frozen: list[Any]) -> Node:
    line, value = frozen
    if isinstance(value, dict):
        return Node({name: _thawed(inner) for name, inner in value.items()}, line)
    return Node([_thawed(inner) for inner in value] if isinstance(value, list) else value, line)


def parse(text: str, name: str) -> Node:
    from ruamel.yaml import YAML  # a tenth of a second that a cached pack does not need
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise PackError.one(name, line, f"Not well-formed YAML: {error.problem or 'syntax error'}.") from None
    except YAMLError as error:
        raise PackError.one(name, 0, f"Not well-formed YAML: {type(error).__name__}. Save it as plain text.") from None
    if root is None:
        raise PackError.one(name, 1, "The file is empty. See rules/README.md for a skeleton.")
    return _convert(root, name, 0)


def _refuse_sharing(node: Any, name: str) -> None:
    line = node.start_mark.line + 1
    if getattr(node, "anchor", None):
        raise PackError.one(name, line, "Anchors (&) and aliases (*) are not allowed. Write the value out.")
    if not str(node.tag).startswith(_TAG):
        raise PackError.one(name, line, "Tags (!) are not allowed. Remove the tag; quote the value if it is text.")


def _convert(node: Any, name: str, depth: int) -> Node:
    from ruamel.yaml.nodes import ScalarNode, SequenceNode

    line = node.start_mark.line + 1
    _refuse_sharing(node, name)
    if depth > MAX_DEPTH:
        raise PackError.one(name, line, f"Nested deeper than {MAX_DEPTH} levels. Flatten it.")
    if isinstance(node, ScalarNode):
        return Node(_scalar(node, name, line), line)
    if isinstance(node, SequenceNode):
        return Node([_convert(item, name, depth + 1) for item in node.value], line)
    result: dict[str, Node] = {}
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + 1
        key = key_node.value
        if not isinstance(key, str) or key == "<<":
            raise PackError.one(name, key_line, "A key must be a plain word. Write `key: value`.")
        if key in result:
            raise PackError.one(name, key_line, f"The key '{key}' is repeated. Remove one of the two.")
        result[key] = _convert(value_node, name, depth + 1)
    return Node(result, line)


def _scalar(node: Any, name: str, line: int) -> Scalar:
    kind = node.tag.removeprefix(_TAG) if isinstance(node.tag, str) else str(node.tag).removeprefix(_TAG)
    text = str(node.value)
    if kind == "str":
        return text
    try:
        if kind == "int":
            return int(text.replace("_", ""), 0) if not text.lstrip("+-").startswith("0") else _plain_int(text)
        if kind == "float":
            return float(text)
    except ValueError:
        raise PackError.one(name, line, f"'{text}' is not a number. Quote it if it is text.") from None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "null":
        return None
    raise PackError.one(name, line, f"'{text}' reads as a {kind}. Quote it if it is text.")


def _plain_int(text: str) -> int:
    """`0`, or a refusal: `010` is 8 to some parsers and 10 to others."""
    if text.lstrip("+-") == "0":
        return 0
    raise ValueError


def entries(node: Node) -> Iterator[tuple[str, Node]]:
    yield from (node.mapping() or {}).items()
