"""Telephone numbers, by Google's libphonenumber. It takes some 50 µs, so the cheaper ways come first."""

from __future__ import annotations

import functools
import re
from typing import Final

import phonenumbers

from detectors.validators import plans

_PLAIN: Final = re.compile(r"\+[0-9 ()./\-]+")
"""Of such a value the library takes the digits."""
_DRAMA: Final = re.compile(r"7700900[0-9]{3}")
"""Ofcom's mobile range for fiction: what people write in examples, so it is found too."""


def _valid(value: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return False
    if number.country_code == 44 and _DRAMA.fullmatch(str(number.national_number)):
        return True
    return phonenumbers.is_valid_number(number)


def international(value: str) -> bool:
    """A number that begins with `+` or `00` and its country code."""
    if value.startswith("00"):
        value = "+" + value[2:]
    if value.startswith("+1"):
        return us(value[1:])
    digits = "".join([char for char in value if "0" <= char <= "9"])
    answer = plans.international(digits) if _PLAIN.fullmatch(value) else None
    return _valid(value, None) if answer is None else answer


def us(value: str) -> bool:
    """A number of the North American plan, in national form. Which are valid hangs on the area code alone."""
    digits = "".join([char for char in value if "0" <= char <= "9"])
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    return len(digits) == 10 and digits[3] in "23456789" and _area(digits[:3])


@functools.lru_cache(maxsize=1000)
def _area(code: str) -> bool:
    return _valid(f"{code}2345678", "US")


def gb(value: str) -> bool:
    return _valid(value, "GB")
