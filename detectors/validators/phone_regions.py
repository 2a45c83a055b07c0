"""Telephone numbers in national form, by Google's libphonenumber. A pack puts a word for telephone before them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import phonenumbers

from detectors.rules import Validator
from detectors.validators.plans import possible

_TRUNK_0: Final = (
    *("CN", "DE", "FR", "GB", "IN", "JP", "KR", "AU", "IT", "TR", "TH", "ZA", "NG", "PH", "TW"),
    *("NL", "BE", "AT", "CH", "SE", "FI", "IE", "IL", "BR", "UA", "RO", "ID", "MY", "NZ"),
)
"""Countries whose national numbers are written with a leading 0; the most asked-for first."""
_BARE: Final = ("US", "IN", "BR", "ES", "PL", "PT", "CZ")
"""Those that write none. Where eight digits suffice, a pack of the country asks for its own form."""
_LENGTHS: Final = range(8, 14)


def _valid(value: str, region: str) -> bool:
    if "+" not in value and not possible("".join([char for char in value if "0" <= char <= "9"]), region):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value, region))
    except phonenumbers.NumberParseException:
        return False


def national(value: str) -> bool:
    """Valid in some country that writes numbers so. About 20 µs a country, so only for what a pack has vetted."""
    digits = "".join(char for char in value if "0" <= char <= "9")
    if len(digits) not in _LENGTHS or len(set(digits)) < 3:
        return False
    return any(_valid(digits, region) for region in (_TRUNK_0 if digits[0] == "0" else _BARE))


def _in(region: str) -> Validator:
    return lambda value: _valid(value, region)


CHECKS: Final[Mapping[str, Validator]] = MappingProxyType(
    {"phone_national": national}
    | {
        f"phone_{code.lower()}": _in(code)
        for code in ("AU", "BR", "FR", "HK", "IN", "JP", "KR", "SG", "TH", "TR", "TW", "ZA")
    }
)
