"""China, Hong Kong, Taiwan: check digits, dates and regions."""

from __future__ import annotations

import datetime
from operator import mul
from typing import Final

from stdnum.cn import uscc as _uscc

_PROVINCES: Final = frozenset(
    str(code)
    for low, high in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(low, high + 1)
)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ZEROS: Final = 48 * sum(_WEIGHTS)
_CHECK: Final = "10X98765432"
"""GB 11643-1999, ISO 7064 MOD 11-2."""


def _date(text: str) -> bool:
    """`YYYYMMDD`, from 1900 to today."""
    if not "1900" <= text[:4] <= "2999":
        return False
    try:
        day = datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return day <= datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)


def resident_id(value: str) -> bool:
    """18 characters: province, date of birth, check character (GB 11643)."""
    text = _compact(value).upper()
    if len(text) != 18 or text[:2] not in _PROVINCES or not (text[:17].isdecimal() and text.isascii()):
        return False
    total = sum(map(mul, _WEIGHTS, text.encode())) - _ZEROS
    return _CHECK[total % 11] == text[17] and _date(text[6:14])


def resident_id_15(value: str) -> bool:
    """The form of before 1999: province, two-digit year, no check digit."""
    text = _compact(value)
    return len(text) == 15 and text[:2] in _PROVINCES and _date("19" + text[6:12])


def uscc(value: str) -> bool:
    """GB 32100-2015, with its check character."""
    text = _compact(value).upper()
    if len(text) != 18 or not text.isascii():
        return False
    total = sum(map(mul, _USCC_WEIGHTS, text.encode().translate(_USCC_VALUES)))
    return total % 31 == 0 and bool(_uscc.is_valid(text))


_USCC_WEIGHTS: Final = (*(3**place % 31 for place in range(17)), 1)
_USCC_VALUES: Final = bytes.maketrans(b"0123456789ABCDEFGHJKLMNPQRTUWXY", bytes(range(31)))


def plate(value: str) -> bool:
    """At least two digits: `新ABCDE` is more likely a name."""
    return sum("0" <= char <= "9" for char in value) >= 2


_AREA_3: Final = frozenset(("010", "020", "021", "022", "023", "024", "025", "027", "028", "029"))


def area_code(value: str) -> bool:
    """A Chinese landline: an area code and seven or eight digits that are not all one digit."""
    digits = "".join(char for char in value if char.isdecimal())
    for prefix in ("0086", "86"):
        if digits.startswith(prefix):
            digits = "0" + digits[len(prefix) :].lstrip("0")
            break
    if not digits.startswith("0"):
        return False
    width = 3 if digits[:3] in _AREA_3 else 4
    local = digits[width:]
    return len(local) in (7, 8) and local[0] not in "01" and len(set(local)) > 1


_TW_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def tw_id(value: str) -> bool:
    """Taiwan national identification card: a letter for the region, check digit."""
    text = value.upper()
    code = _TW_LETTERS.index(text[0]) + 10
    digits = [code // 10, code % 10, *(int(char) for char in text[1:])]
    return sum(w * d for w, d in zip((1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), digits, strict=True)) % 10 == 0


def hk_id(value: str) -> bool:
    """Hong Kong identity card: one or two letters, six digits, check character."""
    text = "".join(char for char in value.upper() if char.isalnum())
    if len(text) == 8:
        text = " " + text
    if len(text) != 9:
        return False
    codes = [36 if char == " " else int(char, 36) for char in text]
    total = sum(weight * code for weight, code in zip(range(9, 0, -1), codes, strict=True))
    return total % 11 == 0


def _compact(value: str) -> str:
    return value if value.isalnum() else "".join([char for char in value if char.isalnum()])
