"""Government numbers of the US and UK; dates of birth."""

from __future__ import annotations

import datetime
import re
from typing import Final

from stdnum.gb import nhs as _nhs
from stdnum.us import itin as _itin

_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, start=1)}
_OLDEST: Final = 120
"""Years."""


def _digits(value: str) -> str:
    return "".join([char for char in value if "0" <= char <= "9"])


def ssn(value: str) -> bool:
    """Never issued: areas 000, 666 and 9xx, group 00, serial 0000, one repeated digit."""
    digits = _digits(value)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000" and len(set(digits)) > 1


def itin(value: str) -> bool:
    return bool(_itin.is_valid(_digits(value)))


def nhs(value: str) -> bool:
    digits = _digits(value)
    return len(set(digits)) > 1 and bool(_nhs.is_valid(digits))


_NINO_NEVER: Final = frozenset(("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"))


def nino(value: str) -> bool:
    return value[:2].upper() not in _NINO_NEVER


def varied_digits(value: str) -> bool:
    """Not a filler such as 00000000: at least three different digits. 12345678 counts: beside a word that says what
    it is, an invented number is as good as a real one, and nobody can tell them apart."""
    return len(set(_digits(value))) >= 3


_WORDS: Final = re.compile(r"[0-9]+|[A-Za-z]{3}")


def birth_date(value: str) -> bool:
    """A real day within the last 120 years, in any of the usual orders."""
    words = _WORDS.findall(value)
    if len(words) == 1 and len(words[0]) == 8:
        words = [words[0][:4], words[0][4:6], words[0][6:]]
    numbers = [int(word) if word[0].isdecimal() else _MONTHS.get(word.lower(), 0) for word in words[:3]]
    if len(words) < 3:
        return False
    if len(words[0]) == 4 and words[0].isdecimal():
        orders = [(numbers[0], numbers[1], numbers[2])]
    else:
        year = numbers[2] + (0 if len(words[2]) == 4 else 1900 if numbers[2] > 30 else 2000)
        named_first = not words[0][0].isdecimal()
        orders = [(year, numbers[0], numbers[1])]
        if not named_first:
            orders.append((year, numbers[1], numbers[0]))
    return any(_plausible(*order) for order in orders)


def _plausible(year: int, month: int, day: int) -> bool:
    today = datetime.datetime.now(datetime.UTC).date()
    try:
        born = datetime.date(year, month, day)
    except ValueError:
        return False
    return today.year - _OLDEST <= year and born <= today
