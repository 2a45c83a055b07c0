"""Check digits that python-stdnum does not know: weighted sums, by country. Each names where it is published."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import Final

from stdnum import luhn as _luhn
from stdnum import verhoeff as _verhoeff
from stdnum.hu import anum as _hungarian
from stdnum.jp import cn as _corporate

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def digits_of(value: str) -> list[int]:
    return [ord(char) - 48 for char in value if "0" <= char <= "9"]


def compact(value: str) -> str:
    return "".join(char for char in value.upper() if char.isascii() and char.isalnum())


def weighted(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


def _crossed(digits: Sequence[int], weights: Sequence[int]) -> int:
    """The sum of the products' own digits."""
    return sum(sum(divmod(digit * weight, 10)) for digit, weight in zip(digits, weights, strict=False))


def _place(letter: str) -> list[int]:
    """A letter as its two-digit place in the alphabet, A = 01."""
    return list(divmod(_LETTERS.index(letter) + 1, 10))


def de_kvnr(value: str) -> bool:
    """Health insurance number: letter and nine digits (SGB V § 290)."""
    text = compact(value)
    digits = _place(text[0]) + digits_of(text[1:])
    return _crossed(digits[:-1], (1, 2) * 5) % 10 == digits[-1]


def de_rvnr(value: str) -> bool:
    """Pension insurance number (VKVV § 4)."""
    text = compact(value)
    day, month = int(text[2:4]), int(text[4:6])
    digits = digits_of(text[:8]) + _place(text[8]) + digits_of(text[9:])
    dated = (1 <= day <= 31 or 51 <= day <= 81) and 1 <= month <= 12
    return dated and _crossed(digits[:-1], (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)) % 10 == digits[-1]


def de_lanr(value: str) -> bool:
    """Physician number: the seventh digit checks the first six (KBV)."""
    digits = digits_of(value)
    return len(set(digits)) > 2 and -weighted(digits[:6], (4, 9) * 3) % 10 == digits[6]


def varied_plate(value: str) -> bool:
    """A number plate, and not three words such as `A-B 1`: four characters at least, no round number of the year."""
    text = compact(value)
    return len(text) >= 4 and not 1900 <= int("".join(map(str, digits_of(value))) or "0") <= 2099


def hu_tax(value: str) -> bool:
    """The first eight digits, the last of which is the check digit; region and kind may follow."""
    return bool(_hungarian.is_valid("".join(map(str, digits_of(value)[:8]))))


def es_nuss(value: str) -> bool:
    """Spanish social security: the last two digits are the others modulo 97."""
    text = compact(value)
    number = int(text[2:10])
    base = int(text[:2]) * 10_000_000 + number if number < 10_000_000 else int(text[:10])
    return base % 97 == int(text[10:])


def pl_id_card(value: str) -> bool:
    """Three letters and six digits, the first of which is the check digit."""
    text = compact(value)
    codes = [int(char, 36) for char in text]
    return weighted(codes, (7, 3, 1, 0, 7, 3, 1, 7, 3)) % 10 == codes[3]


def pl_passport(value: str) -> bool:
    """Two letters and seven digits, the first of which is the check digit."""
    text = compact(value)
    codes = [int(char, 36) for char in text]
    return weighted(codes, (7, 3, 0, 1, 7, 3, 1, 7, 3)) % 10 == codes[2]


def pt_niss(value: str) -> bool:
    """Portuguese social security number."""
    digits = digits_of(value)
    return 9 - weighted(digits[:10], (29, 23, 19, 17, 13, 11, 7, 5, 3, 2)) % 10 == digits[10]


def au_medicare(value: str) -> bool:
    digits = digits_of(value)
    return len(set(digits)) > 2 and weighted(digits[:8], (1, 3, 7, 9) * 2) % 10 == digits[8]


def us_npi(value: str) -> bool:
    """Luhn over the number with 80840 before it (CMS)."""
    digits = [8, 0, 8, 4, 0, *digits_of(value)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits[5:14])) > 2 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def us_dea(value: str) -> bool:
    """DEA registration: two characters and seven digits."""
    digits = digits_of(compact(value)[2:])
    return (weighted(digits[:6], (1, 2) * 3)) % 10 == digits[6] and len(set(digits)) > 2


_KR_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def _kr_date(digits: Sequence[int]) -> bool:
    century = {9: 1800, 0: 1800, 1: 1900, 2: 1900, 5: 1900, 6: 1900}.get(digits[6], 2000)
    return is_date(century + digits[0] * 10 + digits[1], digits[2] * 10 + digits[3], digits[4] * 10 + digits[5])


def kr_rrn(value: str) -> bool:
    """A resident's number with a real birthday. Since October 2020 its last six digits are random, without check."""
    return _kr_date(digits_of(value))


def kr_rrn_checked(value: str) -> bool:
    """As before October 2020, with check digit; also that of foreigners."""
    digits = digits_of(value)
    base = 11 if digits[6] in (0, 1, 2, 3, 4, 9) else 13
    return _kr_date(digits) and (base - weighted(digits[:12], _KR_WEIGHTS) % 11) % 10 == digits[12]


def kr_brn(value: str) -> bool:
    """Business registration number: the tenth digit checks the others (National Tax Service)."""
    digits = digits_of(value)
    total = weighted(digits[:9], (1, 3, 7, 1, 3, 7, 1, 3, 5)) + digits[8] * 5 // 10
    return len(set(digits)) > 2 and -total % 10 == digits[9]


def jp_driver_licence(value: str) -> bool:
    """Twelve digits, the eleventh of which is the check digit."""
    digits = digits_of(value)
    rest = weighted(digits[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return len(set(digits)) > 2 and (0 if rest <= 1 else 11 - rest) == digits[10]


def jp_corporate_t(value: str) -> bool:
    """Corporate number, also as the registration number of qualified invoices, with T before it."""
    return bool(_corporate.is_valid(compact(value).removeprefix("T")))


def sg_nric(value: str) -> bool:
    """Singapore NRIC and FIN, with the letter that checks them."""
    text = compact(value)
    total = weighted(digits_of(text), (2, 7, 6, 5, 4, 3, 2))
    total += {"T": 4, "G": 4, "M": 3}.get(text[0], 0)
    table = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
    place = total % 11
    return table[text[0]][10 - place if text[0] == "M" else place] == text[-1]


def ng_nin(value: str) -> bool:
    return bool(_verhoeff.is_valid(value)) and len(set(value)) > 2


def ph_tin(value: str) -> bool:
    """The ninth digit checks the first eight."""
    digits = digits_of(value)
    return len(set(digits)) > 2 and weighted(digits[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11 == digits[8]


def ca_business_number(value: str) -> bool:
    """Nine digits with Luhn's check digit; a program account such as RT0001 may follow."""
    return bool(_luhn.is_valid("".join(map(str, digits_of(value)[:9]))))


def br_cnh(value: str) -> bool:
    """Brazilian driver licence: two check digits (DENATRAN)."""
    digits = digits_of(value)
    first = weighted(digits[:9], range(9, 0, -1)) % 11
    carry, first = (2, 0) if first > 9 else (0, first)
    second = weighted(digits[:9], range(1, 10)) % 11
    second = 0 if second > 9 else (second - carry) % 11
    return len(set(digits)) > 2 and [first, 0 if second > 9 else second] == digits[9:]


def br_pis(value: str) -> bool:
    """PIS / PASEP / NIT."""
    digits = digits_of(value)
    rest = 11 - weighted(digits[:10], (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return len(set(digits)) > 2 and (0 if rest > 9 else rest) == digits[10]


_VIN_VALUES: Final = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
)


def vin(value: str) -> bool:
    """ISO 3779 with the check digit in the ninth place (mandatory in China by GB 16735, and in North America)."""
    text = value.upper()
    codes = [int(char) if char.isdecimal() else _VIN_VALUES.get(char, 0) for char in text]
    rest = weighted(codes, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return text[8] == ("X" if rest == 10 else str(rest)) and sum(char.isalpha() for char in text) >= 2


def cn_org_code(value: str) -> bool:
    """Organization code, GB 11714."""
    text = compact(value)
    rest = 11 - weighted([int(char, 36) for char in text[:8]], (3, 7, 9, 10, 5, 8, 4, 2)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest)) == text[8]


def tw_resident(value: str) -> bool:
    """Resident certificate of Taiwan: a letter, then a letter A-D or a digit 8 or 9, check digit."""
    text = compact(value)
    order = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
    first = order.index(text[0]) + 10
    second = order.index(text[1]) % 10 if text[1].isalpha() else int(text[1])
    digits = [first // 10, first % 10, second, *digits_of(text[2:])]
    return weighted(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def uk_driving_licence(value: str) -> bool:
    """Surname padded with 9, then month (women + 50) and day of birth."""
    text = compact(value)
    month, day = int(text[6:8]) % 50, int(text[8:10])
    return bool(re.fullmatch(r"[A-Z]+9*", text[:5])) and 1 <= month <= 12 and 1 <= day <= 31


_UK_AGES: Final = frozenset((*range(2, 30), *range(51, 80)))


def uk_plate(value: str) -> bool:
    """The age mark of the current form: 02-29 in spring, 51-79 in autumn; 01 and 50 were not used."""
    text = compact(value)
    return not text[2:4].isdecimal() or len(text) != 7 or not text[:2].isalpha() or int(text[2:4]) in _UK_AGES


def paired_digits(value: str) -> bool:
    """Two digits side by side, as numbers of accounts have and neither words nor our own tokens do; no filler."""
    digits = digits_of(value)
    return len(set(digits)) > 1 and re.search(r"[0-9]{2}", value) is not None


def two_digits(value: str) -> bool:
    """Letters and at least two digits: a document's number, and no word."""
    return len(digits_of(value)) >= 2 and len(set(value)) >= 4


def account_name(value: str) -> bool:
    """A name of an online account: letters and digits, no telephone number of eleven digits, no token of ours."""
    return paired_digits(value) and not re.fullmatch(r"1[0-9]{10}", value)


def is_date(year: int, month: int, day: int) -> bool:
    """A real day that is not in the future."""
    try:
        found = datetime.date(year, month, day)
    except ValueError:
        return False
    return found <= datetime.datetime.now(datetime.UTC).date()
