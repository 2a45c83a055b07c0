"""Which codec reads a body: by its declared type, never by what it happens to look like alone."""

from __future__ import annotations

import enum
import re
from typing import Final, NamedTuple

from gateway.errors import ContentError
from gateway.types import Headers

_PARAMETER: Final = re.compile(r""";\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"([^"\\]*)"|([^\s;"]+))""")
_TYPE: Final = re.compile(r"\s*([\w!#$&^.+-]+/[\w!#$&^.+-]+)\s*(?:;|$)")
_LINES: Final = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/jsonlines",
    }
)


class Form(enum.Enum):
    JSON = "json"
    LINES = "lines"
    FORM = "form"
    EVENTS = "events"
    TEXT = "text"
    UNDECLARED = "undeclared"
    OPAQUE = "opaque"


class MediaType(NamedTuple):
    form: Form
    charset: str
    """In lower case; empty where none is declared."""


def media_type(headers: Headers) -> MediaType:
    """Raises ContentError("invalid_headers") where the type is declared twice."""
    declared = [value for name, value in headers if name == b"content-type"]
    if len(declared) > 1:
        raise ContentError("invalid_headers", "content-type")
    if not declared or not declared[0].strip():
        return MediaType(Form.UNDECLARED, "")
    text = declared[0].decode("latin-1")
    match = _TYPE.match(text)
    if match is None:
        return MediaType(Form.OPAQUE, "")
    charsets = {(m[2] or m[3] or "").lower() for m in _PARAMETER.finditer(text) if m[1].lower() == "charset"}
    if len(charsets) > 1:
        raise ContentError("invalid_headers", "content-type")
    return MediaType(_form(match[1].lower()), charsets.pop() if charsets else "")


def _form(name: str) -> Form:
    if name in {"application/json", "text/json"} or name.endswith("+json"):
        return Form.JSON
    if name in _LINES:
        return Form.LINES
    if name == "application/x-www-form-urlencoded":
        return Form.FORM
    if name == "text/event-stream":
        return Form.EVENTS
    return Form.TEXT if name.startswith("text/") else Form.OPAQUE
