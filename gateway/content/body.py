"""A body that was read, and the way back to bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.errors import ContentError
from gateway.protocols.wire.cuts import Cut, apply
from gateway.protocols.wire.parts import Source
from gateway.types import Coverage

ROOT = "body"
"""First segment of the paths in a body."""


@dataclass(frozen=True, slots=True)
class Body:
    source: Source | None = field(repr=False)
    """The text of the body; None where it cannot be read."""
    coverage: Coverage = Coverage.FULL
    charset: str = "utf-8"
    mark: bytes = b""
    """Byte order mark."""
    is_json: bool = False

    def encode(self, cuts: Sequence[Cut]) -> bytes:
        """The body with sorted, disjoint cuts made. Raises ContentError("invalid_text") where its charset cannot."""
        text = apply(self.source.text if self.source else "", cuts)
        try:
            return self.mark + text.encode(self.charset)
        except UnicodeEncodeError:
            raise ContentError("invalid_text") from None


def decode_utf8(body: bytes, code: str) -> str:
    """Strict UTF-8 without a byte order mark; anything else raises ContentError(code)."""
    if body.startswith(b"\xef\xbb\xbf"):
        raise ContentError(code, "byte order mark")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise ContentError(code, "not UTF-8") from None
