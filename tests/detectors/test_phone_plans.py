"""What a numbering plan says without the library's parser is what the library says."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from detectors.validators import phone_regions, phones, plans
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


def near_valid(region: str, dice: random.Random) -> str:
    """Digits of an example of the region, changed in a few places."""
    known = [phonenumbers.example_number_for_type(region, kind) for kind in KINDS]
    digits = list(dice.choice([str(number.national_number) for number in known if number is not None]))
    for _ in range(dice.randint(0, 2)):
        digits[dice.randrange(len(digits))] = dice.choice("0123456789")
    return "".join(digits[: len(digits) - dice.choice((0, 0, 0, 1))]) + dice.choice(("", "", "", "7"))


def test_what_a_plan_says_is_what_the_library_says() -> None:
    dice = random.Random(3)
    told = {True: 0, False: 0, None: 0}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        code = str(phonenumbers.country_code_for_region(region))
        for _ in range(10):
            digits = near_valid(region, dice)
            dialled = dice.choice(["", "", "0", "0", "1", "8", code]) + digits
            answer = plans.national(dialled, region)
            told[answer] += 1
            assert answer is None or answer == valid(dialled, region), (region, dialled)
            abroad = code + dice.choice(["", "", "0"]) + digits
            answer = plans.international(abroad)
            assert answer is None or answer == valid(f"+{abroad}", region), (region, abroad)
    assert min(told.values()) > 300


def test_marks_between_the_digits_change_nothing() -> None:
    dice = random.Random(4)
    checked = [region for region in REGIONS if f"phone_{region.lower()}" in phone_regions.CHECKS]
    assert len(checked) >= 10
    for region in checked:
        code = phonenumbers.country_code_for_region(region)
        for _ in range(25):
            marked = "".join(char + dice.choice(["", "", "", " ", "-", ".", ") "]) for char in near_valid(region, dice))
            number = dice.choice(["", "0", "(0", "("]) + marked
            assert phone_regions.CHECKS[f"phone_{region.lower()}"](number) == valid(number, region), (region, number)
            number = f"+{code} {marked}"
            assert phones.international(number) == valid(number, region), (region, number)
