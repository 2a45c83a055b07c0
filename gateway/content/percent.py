"""Percent-encoding, strictly: a broken escape is an error, since receivers differ on what it says."""

from __future__ import annotations

import re
from typing import Final

from gateway.errors import ContentError

_RUN: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_BROKEN: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def decode(raw: str, plus: bool, code: str) -> str:
    """Decoded as UTF-8. Raises ContentError(code)."""
    if plus:
        raw = raw.replace("+", " ")
    if "%" not in raw:
        return raw
    if _BROKEN.search(raw):
        raise ContentError(code, "percent-encoding")
    try:
        return _RUN.sub(lambda match: bytes.fromhex(match[0].replace("%", "")).decode(), raw)
    except UnicodeDecodeError:
        raise ContentError(code, "percent-encoding") from None
