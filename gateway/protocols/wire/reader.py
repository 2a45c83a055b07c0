"""JSON as parts: every string, number and key with its span, in one pass of a tokenizer.

Rules for the next editor
1. orjson decides what is JSON (RFC 8259: no NaN, no lone surrogates, no byte order mark). The walk after it only
   finds positions, so a pattern of ours never decides what a receiver will accept.
2. A duplicate key is an error, because receivers differ on which one wins. JSON found inside a string is
   read more leniently: there every leaf is inspected, whichever wins.
3. A path holds positions and words of the protocol, never a key that a user chose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # the unquoting half of json.loads
from typing import Any, Final

import orjson

from gateway.errors import ContentError
from gateway.protocols.wire import media
from gateway.protocols.wire.cuts import base64_text, digits, json_number, json_string, plain
from gateway.protocols.wire.media import MEDIA_KEYS, Sight
from gateway.protocols.wire.parts import Collector, Leaf, Source
from gateway.types import PartKind

_TOKEN: Final = re.compile(
    # A string or key with what separates it from the next token. It matches without its closing quote too:
    # else text that is no JSON could be scanned to its end from each of its quotes.
    r'"[^"\\]*+(?:\\.?+[^"\\]*+)*+"?+[ \t\n\r:,]*+'
    r"|[\[{][ \t\n\r]*+"
    r"|[\]}][ \t\n\r,]*+"
    r'|[^ \t\n\r"\[\]{},:]++[ \t\n\r,]*+',  # a number or a literal
    re.DOTALL,
)
_WORD: Final = re.compile(r"[A-Za-z0-9_.:/@+=,-]*")
_COORDINATE: Final = re.compile(r"-?\d{1,2}(?:\.\d{1,20})?(?:[eE]-?\d{1,2})?")
_SPACE: Final = " \t\n\r"
_OPENERS: Final = frozenset("{[dD \t\n\r")
_LARGE: Final = 1 << 20
_PROBE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Schema:
    """What the keys of a protocol mean."""

    vocabulary: frozenset[str] = frozenset()
    """Known words: they name positions, and are no parts themselves."""
    structural: frozenset[str] = frozenset()
    """Keys whose values are words of the protocol: roles, models, ids."""
    free: frozenset[str] = frozenset()
    """Keys beneath which everything is the user's own: tool arguments, metadata."""
    vectors: frozenset[str] = frozenset()
    """Keys of arrays whose small decimals are coordinates that a model computed: no parts, thousands as they are."""
    tokenized: frozenset[str] = frozenset()
    """Keys of texts that may come as arrays of token ids instead, which nobody can read."""


NO_SCHEMA: Final = Schema()


class _Frame:
    """An open container."""

    __slots__ = ("at_key", "free", "index", "is_object", "key", "keys", "name", "parent", "prefix", "value")

    def __init__(self, prefix: str, is_object: bool, key: str, free: bool, value: Any) -> None:
        self.prefix = prefix
        self.is_object = is_object
        self.keys: set[str] = set()
        self.key = key
        """In an object the current key, in an array the key of the array."""
        self.parent = key
        self.free = free
        self.value = value
        self.name = ""
        self.index = 0
        self.at_key = is_object


def read_json(source: Source, path: str, into: Collector, schema: Schema, closed: Collection[str] = ()) -> Any:
    """Add the parts of a JSON text, the whole of `source`; return the parsed value.

    `closed`: paths of strings that stay one part even where they hold JSON.
    Raises ContentError: invalid_json, duplicate_key, too_deep, too_many_parts.
    """
    _check_size(source.text, into)
    try:
        value = orjson.loads(source.text)
    except ValueError:  # JSONDecodeError.doc is payload
        raise ContentError("invalid_json") from None
    _Walk(path, into, source, schema, value, 0, closed).run()
    return value


def read_text(text: str, path: str, kind: PartKind, into: Collector, leaf: Leaf, depth: int = 0) -> None:
    """Add one text: as the leaves of the JSON that it holds, or as a part."""
    if text[:1] in _OPENERS:  # the first character tells nearly all prose apart
        if _read_nested(text, path, into, leaf, depth):
            return
        if (uri := media.data_uri(text)) is not None:
            _read_data_uri(text, uri, path, kind, into, leaf)
            return
    if media.is_blob(text):
        into.cannot_read(path)
    into.add(path, kind, text, leaf)


def _read_nested(text: str, path: str, into: Collector, leaf: Leaf, depth: int) -> bool:
    if text.lstrip(_SPACE)[:1] not in {"{", "["}:
        return False
    if len(text) >= _LARGE and not _begins_as_json(text):
        return False
    _check_size(text, into)
    try:
        value = orjson.loads(text)
    except ValueError:
        return False
    _Walk(f"{path}/$", into, Source(text, leaf), NO_SCHEMA, value, depth, (), lenient=True).run()
    return True


def _read_data_uri(text: str, uri: media.DataUri, path: str, kind: PartKind, into: Collector, leaf: Leaf) -> None:
    source = Source(text, leaf)
    into.add(path, kind, text[: uri.start], (source, 0, uri.start, plain))
    if uri.text is None:
        into.cannot_read(path)
    else:
        into.add(f"{path}/base64", kind, uri.text, (source, uri.start, len(text), base64_text))


def _begins_as_json(text: str) -> bool:
    """Whether the first part of a large text is the first part of some JSON: a log that begins with `[` is not."""
    head = text[:_PROBE]
    try:
        orjson.loads(head)
    except orjson.JSONDecodeError as error:
        return error.pos >= len(head)  # it only ended too soon
    return True


def _check_size(text: str, into: Collector) -> None:
    """A large text is counted before orjson builds it: `[[],[],…` takes thirty times its size."""
    if len(text) < _LARGE:
        return
    most = 4 * into.limits.parts
    for count, _ in enumerate(_TOKEN.finditer(text)):
        if count > most:
            raise ContentError("too_many_parts")


def _tokens(text: str, start: int) -> Iterable[str]:
    if len(text) < _LARGE:
        found: list[str] = _TOKEN.findall(text, start)
        return found
    return (match.group() for match in _TOKEN.finditer(text, start))


class _Walk:
    """One pass over a JSON text that orjson has accepted."""

    def __init__(
        self,
        path: str,
        into: Collector,
        source: Source,
        schema: Schema,
        value: Any,
        depth: int,
        closed: Collection[str],
        lenient: bool = False,
    ) -> None:
        self.into = into
        self.source = source
        self.schema = schema
        self.closed = closed
        self.lenient = lenient
        self.depth = depth
        self.position = 0
        self.stack: list[_Frame] = []
        self.frame = _Frame(path, True, "", not schema.vocabulary, [value])
        self.frame.at_key = False

    def run(self) -> None:
        text = self.source.text
        self.position = len(text) - len(text.lstrip(_SPACE))
        handlers: Mapping[str, Callable[[str], None]] = {
            '"': self._string, "{": self._open, "[": self._open, "}": self._close, "]": self._close,
            "t": self._literal, "f": self._literal, "n": self._literal,
        }  # fmt: skip
        number = self._number
        for token in _tokens(text, self.position):
            handlers.get(token[0], number)(token)
            self.position += len(token)
        if self.position != len(text) or self.stack:
            raise ContentError("invalid_json")  # tokens must tile the text: what is between them was not read

    def _string(self, token: str) -> None:
        end = token.rfind('"')
        text = token[1:end] if "\\" not in token else scanstring(token, 1)[0]
        frame = self.frame
        if frame.at_key:
            self._key(frame, text, end)
            return
        leaf = (self.source, self.position + 1, self.position + end, json_string)
        path = self._path(frame)
        if frame.free or frame.key not in self.schema.structural or _WORD.fullmatch(text) is None:
            self._text(frame, path, text, leaf)
        else:
            if frame.key in MEDIA_KEYS and text:
                self._look(frame, path)
            self.into.add(path, PartKind.STRUCTURAL, text, leaf)

    def _text(self, frame: _Frame, path: str, text: str, leaf: Leaf) -> None:
        if path in self.closed:
            self.into.add(path, PartKind.TEXT, text, leaf)
            return
        if not frame.free and frame.key in MEDIA_KEYS and text and self._look(frame, path, text) is Sight.BLIND:
            return
        read_text(text, path, PartKind.TEXT, self.into, leaf, self.depth + len(self.stack))

    def _look(self, frame: _Frame, path: str, text: str = "") -> Sight:
        seen = media.sight(frame.key, frame.parent, frame.value)
        if seen is not Sight.READ and media.data_uri(text) is not None:
            return Sight.READ  # the URI itself tells what it holds
        if seen is not Sight.READ:
            self.into.cannot_read(path)
        return seen

    def _key(self, frame: _Frame, key: str, end: int) -> None:
        if key in frame.keys and not self.lenient:
            raise ContentError("duplicate_key", f"offset {self.position}")
        frame.keys.add(key)
        frame.key = key
        frame.at_key = False
        if key in self.schema.vocabulary:
            frame.name = key
        else:
            frame.name = f"#{frame.index}"
            leaf = (self.source, self.position + 1, self.position + end, json_string)
            self.into.add(f"{frame.prefix}{frame.name}@key", PartKind.KEY, key, leaf)
        frame.index += 1

    def _number(self, token: str) -> None:
        text = token.rstrip(" \t\n\r,")
        if self.frame.key in self.schema.vectors and _COORDINATE.fullmatch(text):
            self._path(self.frame)
            return
        start = self.position
        frame = self.frame
        leaf = (self.source, start, start + len(text), json_number)
        if not frame.is_object and not frame.free and frame.key in self.schema.tokenized:
            self._cannot_read_once(frame.prefix.removesuffix("/"))
        self.into.add(self._path(frame), PartKind.NUMBER, digits(text), leaf)

    def _cannot_read_once(self, path: str) -> None:
        if path not in self.into.unreadable[-1:]:
            self.into.cannot_read(path)

    def _literal(self, _token: str) -> None:
        self._path(self.frame)
        self.into.count()

    def _open(self, token: str) -> None:
        outer = self.frame
        path = self._path(outer)
        self.stack.append(outer)
        if self.depth + len(self.stack) > self.into.limits.depth:
            raise ContentError("too_deep", f"offset {self.position}")
        self.into.count()
        schema = self.schema
        key = outer.key
        free = outer.free or key in schema.free or (key not in schema.vocabulary and len(self.stack) > 1)
        self.frame = _Frame(f"{path}/", token[0] == "{", key, free, self._inner(outer))

    def _inner(self, outer: _Frame) -> Any:
        """The parsed container that opens now; needed only where siblings tell what a string is."""
        value = outer.value
        if outer.free or value is None:
            return None
        if len(self.stack) == 1:
            return value[0]
        return value[outer.key] if outer.is_object else value[outer.index - 1]

    def _close(self, _token: str) -> None:
        self.frame = self.stack.pop()

    def _path(self, frame: _Frame) -> str:
        """Path of the value that begins here; the frame moves on to its next."""
        if frame.is_object:
            frame.at_key = True
            return f"{frame.prefix}{frame.name}"
        frame.index += 1
        return f"{frame.prefix}{frame.index - 1}"
