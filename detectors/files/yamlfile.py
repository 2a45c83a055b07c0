"""Rule data from YAML: values with the line that they stand on, and parsed files kept in the cache on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from detectors import diskcache
from detectors.files import yamltree
from detectors.files.problems import PackError
from detectors.files.yamltree import Tree, YamlError

type Scalar = str | int | float | bool | None


class Node(NamedTuple):
    """A value and the line it stands on. A tuple, because packs have 36,000 of them."""

    value: dict[str, Node] | list[Node] | Scalar
    line: int

    def mapping(self) -> dict[str, Node] | None:
        return self.value if isinstance(self.value, dict) else None

    def sequence(self) -> list[Node] | None:
        return self.value if isinstance(self.value, list) else None


def read(path: Path) -> Node:
    """The one document of a file; raises `PackError`."""
    try:
        data = yamltree.content(path)
        text = yamltree.text_of(data)
    except YamlError as error:
        raise _told(error, str(path)) from None
    key = diskcache.key_of("yaml", data)
    known = diskcache.get(key)
    if known is not None:
        return _thawed(orjson.loads(known))
    node = parse(text, str(path))
    diskcache.put(key, orjson.dumps(_frozen(node)))
    return node


def _told(error: YamlError, name: str) -> PackError:
    subject = "" if error.line else "there is " if error.problem.startswith("no ") else "the file "
    problem = f"{subject}{error.problem}"
    return PackError.one(name, error.line, f"{problem[0].upper()}{problem[1:]}. {error.mend}")


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
    """The same of a text; `name` is how messages call it."""
    try:
        return _node(yamltree.parse(text), name)
    except YamlError as error:
        raise _told(error, name) from None


def _node(tree: Tree, name: str) -> Node:
    if tree.tag == "map":
        return Node({key.text: _node(value, name) for key, value in tree.entries}, tree.line)
    if tree.tag == "seq":
        return Node([_node(item, name) for item in tree.items], tree.line)
    return Node(_scalar(tree, name), tree.line)


def _scalar(tree: Tree, name: str) -> Scalar:
    kind, text = tree.tag, tree.text
    if kind == "str":
        return text
    try:
        if kind == "int":
            return int(text.replace("_", ""), 0) if not text.lstrip("+-").startswith("0") else _plain_int(text)
        if kind == "float":
            return float(text)
    except ValueError:
        raise PackError.one(name, tree.line, f"'{text}' is not a number. Quote it if it is text.") from None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "null":
        return None
    raise PackError.one(name, tree.line, f"'{text}' reads as a {kind}. Quote it if it is text.")


def _plain_int(text: str) -> int:
    """`0`, or a refusal: `010` is 8 to some parsers and 10 to others."""
    if text.lstrip("+-") == "0":
        return 0
    raise ValueError


def entries(node: Node) -> Iterator[tuple[str, Node]]:
    yield from (node.mapping() or {}).items()
