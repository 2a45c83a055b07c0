"""What stands on and behind a payment card, and numbers of banks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from stdnum import bic as _bic

from detectors.packs.rules import Validator
from detectors.validators.finance import card, luhn


def _digits(value: str) -> str:
    return "".join([char for char in value if "0" <= char <= "9"])


def aba_routing(value: str) -> bool:
    """The weighted check digit 3-7-1, and a Federal Reserve prefix."""
    digits = _digits(value)
    first = int(digits[:2])
    known = first <= 12 or 21 <= first <= 32 or 61 <= first <= 72 or first == 80
    total = sum(int(digit) * weight for digit, weight in zip(digits, (3, 7, 1) * 3, strict=True))
    return known and total % 10 == 0 and len(set(digits)) > 1


def swift_bic(value: str) -> bool:
    """ISO 9362: the fifth and sixth letters are a country."""
    return bool(_bic.is_valid(value)) and value[4:6] in _COUNTRIES


_COUNTRIES: Final = frozenset(
    [
        "AD",
        "AE",
        "AF",
        "AG",
        "AI",
        "AL",
        "AM",
        "AO",
        "AR",
        "AT",
        "AU",
        "AW",
        "AZ",
        "BA",
        "BB",
        "BD",
        "BE",
        "BF",
        "BG",
        "BH",
        "BI",
        "BJ",
        "BM",
        "BN",
        "BO",
        "BR",
        "BS",
        "BT",
        "BW",
        "BY",
        "BZ",
        "CA",
        "CD",
        "CF",
        "CG",
        "CH",
        "CI",
        "CK",
        "CL",
        "CM",
        "CN",
        "CO",
        "CR",
        "CU",
        "CV",
        "CW",
        "CY",
        "CZ",
        "DE",
        "DJ",
        "DK",
        "DM",
        "DO",
        "DZ",
        "EC",
        "EE",
        "EG",
        "ER",
        "ES",
        "ET",
        "FI",
        "FJ",
        "FK",
        "FO",
        "FR",
        "GA",
        "GB",
        "GD",
        "GE",
        "GG",
        "GH",
        "GI",
        "GL",
        "GM",
        "GN",
        "GP",
        "GQ",
        "GR",
        "GT",
        "GU",
        "GW",
        "GY",
        "HK",
        "HN",
        "HR",
        "HT",
        "HU",
        "ID",
        "IE",
        "IL",
        "IM",
        "IN",
        "IQ",
        "IR",
        "IS",
        "IT",
        "JE",
        "JM",
        "JO",
        "JP",
        "KE",
        "KG",
        "KH",
        "KI",
        "KM",
        "KN",
        "KR",
        "KW",
        "KY",
        "KZ",
        "LA",
        "LB",
        "LC",
        "LI",
        "LK",
        "LR",
        "LS",
        "LT",
        "LU",
        "LV",
        "LY",
        "MA",
        "MC",
        "MD",
        "ME",
        "MG",
        "MK",
        "ML",
        "MM",
        "MN",
        "MO",
        "MQ",
        "MR",
        "MS",
        "MT",
        "MU",
        "MV",
        "MW",
        "MX",
        "MY",
        "MZ",
        "NA",
        "NC",
        "NE",
        "NG",
        "NI",
        "NL",
        "NO",
        "NP",
        "NZ",
        "OM",
        "PA",
        "PE",
        "PF",
        "PG",
        "PH",
        "PK",
        "PL",
        "PR",
        "PS",
        "PT",
        "PY",
        "QA",
        "RE",
        "RO",
        "RS",
        "RU",
        "RW",
        "SA",
        "SB",
        "SC",
        "SD",
        "SE",
        "SG",
        "SI",
        "SK",
        "SL",
        "SM",
        "SN",
        "SO",
        "SR",
        "SS",
        "ST",
        "SV",
        "SY",
        "SZ",
        "TC",
        "TD",
        "TG",
        "TH",
        "TJ",
        "TL",
        "TM",
        "TN",
        "TO",
        "TR",
        "TT",
        "TV",
        "TW",
        "TZ",
        "UA",
        "UG",
        "US",
        "UY",
        "UZ",
        "VA",
        "VC",
        "VE",
        "VG",
        "VN",
        "VU",
        "WS",
        "XK",
        "YE",
        "ZA",
        "ZM",
        "ZW",
    ]
)
_PAN: Final = re.compile(r"[0-9]{12,19}")


def track(value: str) -> bool:
    """ISO/IEC 7813: the primary account number of track 1 or 2 is a card."""
    found = _PAN.search(value)
    return found is not None and (card(found.group()) or luhn(found.group()))


def card_expiry(value: str) -> bool:
    """MM/YY or MM/YYYY, within the years that cards carry."""
    digits = _digits(value)
    month, year = int(digits[:2]), int(digits[2:])
    return 1 <= month <= 12 and 15 <= year % 100 <= 60


def cn_bank_account(value: str) -> bool:
    """12 to 22 digits that are neither one digit over and over nor a count."""
    digits = _digits(value)
    return 12 <= len(digits) <= 22 and len(set(digits)) >= 4 and digits[:9] != "123456789"


def account_number(value: str) -> bool:
    digits = _digits(value)
    return len(digits) >= 6 and len(set(digits)) >= 3 and digits not in "12345678901234567890"


CHECKS: Final[Mapping[str, Validator]] = MappingProxyType(
    {
        "aba_routing": aba_routing,
        "account_number": account_number,
        "card_expiry": card_expiry,
        "cn_bank_account": cn_bank_account,
        "swift_bic": swift_bic,
        "track": track,
    }
)
