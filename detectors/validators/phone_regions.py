"""Telephone numbers in national form, by Google's libphonenumber. A pack puts a word for telephone before them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import phonenumbers

from detectors.packs.rules import Validator
from detectors.validators import plans

_TRUNK_0: Final = (
    *("CN", "DE", "FR", "GB", "IN", "JP", "KR", "AU", "IT", "TR", "TH", "ZA", "NG", "PH", "TW"),
    *("NL", "BE", "AT", "CH", "SE", "FI", "IE", "IL", "BR", "UA", "RO", "ID", "MY", "NZ"),
)
"""Countries whose national numbers are written with a leading 0; the most asked-for first."""
_BARE: Final = ("US", "IN", "BR", "ES", "PL", "PT", "CZ")
"""Those that write none. Where eight digits suffice, a pack of the country asks for its own form."""
_LENGTHS: Final = range(8, 14)
_PLAIN: Final = re.compile(r"[0-9 ().\-]+")
"""Of such a value the library takes the digits."""


def _valid(value: str, region: str) -> bool:
    if "+" in value:
        return _asked(value, region)
    digits = value if value.isdecimal() else "".join([char for char in value if "0" <= char <= "9"])
    answer = plans.national(digits, region) if _PLAIN.fullmatch(value) else None
    if answer is not None:
        return answer
    return plans.possible(digits, region) and _asked(value, region)


def _asked(value: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value, region))
    except phonenumbers.NumberParseException:
        return False


def national(value: str) -> bool:
    """Valid in some country that writes numbers so."""
    digits = "".join([char for char in value if "0" <= char <= "9"])
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
