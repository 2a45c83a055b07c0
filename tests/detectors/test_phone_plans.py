"""The fast no of a numbering plan never contradicts the library's yes."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from detectors.validators import phone_regions
from detectors.validators.plans import possible

REGIONS = sorted({*phone_regions._TRUNK_0, *phone_regions._BARE, "HK", "SG"})
KINDS = range(11)


def valid(digits: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_not_possible_is_not_valid(seed: int) -> None:
    dice = random.Random(seed)
    refused = accepted = 0
    for region in REGIONS:
        code = str(phonenumbers.country_code_for_region(region))
        known = [phonenumbers.example_number_for_type(region, kind) for kind in KINDS]
        examples = [str(number.national_number) for number in known if number is not None]
        for _ in range(60):
            digits = list(dice.choice(examples))
            for _ in range(dice.randint(0, 3)):
                digits[dice.randrange(len(digits))] = dice.choice("0123456789")
            number = dice.choice(["", "", "0", "00", "1", "8", code, "0" + code, code + "0"]) + "".join(digits)
            if possible(number, region):
                accepted += 1
            else:
                refused += 1
                assert not valid(number, region), (region, number)
    assert refused > 500
    assert accepted > 500
