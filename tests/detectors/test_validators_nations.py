"""Check digits of national numbers: published forms, computed here; one changed digit fails."""

from __future__ import annotations

import random

import pytest

from detectors.packs.rules import RuleSet
from detectors.validators import VALIDATORS, stdnums
from detectors.validators.phone_regions import national

CASES = [
    ("two_digits", "L01X00T47", "LXCFGHJKT"),
    ("de_kvnr", "A123456780", "A123456781"),
    ("de_lanr", "123456601", "123456701"),
    ("us_npi", "1234567893", "1234567894"),
    ("us_dea", "AB1234563", "AB1234564"),
    ("sg_nric", "S1234567D", "S1234567E"),
    ("ph_tin", "123456782", "123456781"),
    ("vin", "1HGCM82633A004352", "1HGCM82633A004353"),
    ("pl_id_card", "ABS123456", "ABS223456"),
    ("uk_driving_licence", "SMITH701041AB9KL", "SMITH713041AB9KL"),
    ("uk_plate", "AB51CDE", "AB50CDE"),
    ("kr_rrn", "900101-1234567", "901301-1234567"),
    ("varied_plate", "B-AB 123", "B-A 2024"),
    ("paired_digits", "ABC12", "A1B2C3"),
    ("account_name", "lihua2088", "13800138000"),
]


@pytest.mark.parametrize(("name", "good", "bad"), CASES)
def test_a_value_and_its_neighbour(name: str, good: str, bad: str) -> None:
    assert VALIDATORS[name](good), "holds"
    assert not VALIDATORS[name](bad), "does not hold"


_EXACT = sorted(set(stdnums.CHECKS) - {"fr_nif", "de_stnr", "us_ein", "cz_rc", "dk_cpr", "in_pan"})
"""Checks with a check digit in every form; the others check dates, prefixes or an older form only."""


def test_a_changed_digit_is_seen(rules: RuleSet) -> None:
    """For each rule with check digits: of its own examples, each with one digit changed, at most a third pass."""
    chance = random.Random(7)
    for rule in rules.rules:
        if not rule.validator_names or rule.validator_names[0] not in _EXACT:
            continue
        validator = rule.validators[0]
        tried = passed = 0
        for value in [example.value for example in rule.matches if example.value]:
            places = [place for place, char in enumerate(value) if char.isdecimal()]
            for place in chance.sample(places, k=min(5, len(places))):
                other = str((int(value[place]) + chance.randint(1, 9)) % 10)
                tried += 1
                passed += validator(value[:place] + other + value[place + 1 :])
        assert passed <= tried / 3, rule.name


@pytest.mark.parametrize("name", sorted(stdnums.CHECKS))
@pytest.mark.parametrize("value", ["", "0", "000000000", "11111111111", "abc", "1" * 40, "12-34", "é٣٤٥"])
def test_garbage_is_no_number_and_no_error(name: str, value: str) -> None:
    assert VALIDATORS[name](value) is False


@pytest.mark.parametrize("value", ["030 23125125", "020 7946 0018", "98765 43210", "(011) 2345-6789", "06 12 34 56 78"])
def test_national_telephone_numbers(value: str) -> None:
    assert national(value)


@pytest.mark.parametrize("value", ["", "123", "00000000", "0000000000", "2024 10 11", "99999999999"])
def test_no_telephone_numbers(value: str) -> None:
    assert not national(value)
