"""Numbers of health care that only their context tells."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from detectors.packs.rules import Validator


def record_number(value: str) -> bool:
    """A number of a record, a plan or a device: at least four digits, and no filler."""
    digits = [char for char in value if "0" <= char <= "9"]
    return len(digits) >= 4 and len(set(value.lower())) >= 3 and "".join(digits) not in "0123456789" * 2


CHECKS: Final[Mapping[str, Validator]] = MappingProxyType({"record_number": record_number})
