"""Validators of keys, payments, devices and health: what holds, and what must not."""

from __future__ import annotations

import pytest

from detectors.validators import VALIDATORS

CASES = [
    ("generated", "9f8e7d6c5b4a39281706", True),
    ("generated", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", False),
    ("generated", "aaaaaaaabcde12345678", False),
    ("generated", "abcdefghijklmnop1234", False),
    ("generated", "YOUR_API_KEY_HERE_01", False),
    ("with_digit", "a-user-name-of-words", False),
    ("known_secret", "Hunter2x!", True),
    ("known_secret", "/run/secrets/pg", False),
    ("known_secret", "changeme", False),
    ("base62_crc32", "npm_demo0DEMO0demo0DEMO0demo0DEMO0000000", False),
    ("swift_bic", "DEUTDEFF500", True),
    ("swift_bic", "PROGRAMS", False),
    ("aba_routing", "021000021", True),
    ("aba_routing", "021000022", False),
    ("track", ";4111111111111111=29121010000?", True),
    ("track", ";4111111111111112=29121010000?", False),
    ("card_expiry", "12/29", True),
    ("card_expiry", "12/99", False),
    ("imei", "356938035643809", True),
    ("imei", "356938035643808", False),
    ("imsi", "960001234567893", False),
    ("coordinates", "39.908722, 116.397499", True),
    ("coordinates", "39.9042, 116.4074", False),
    ("coordinates", "239.908722, 316.397499", False),
    ("record_number", "ZY20260317", True),
    ("record_number", "0000", False),
    ("seed_phrase", "one two three", False),
    ("wallet_key", "KwPUZWAiHWceTRuTP61cPG3YvnAPmsqS66raPFeW49C84fQ2WXT3", True),
    ("wallet_key", "KwPUZWAiHWceTRuTP61cPG3YvnAPmsqS66raPFeW49C84fQ2WXT4", False),
    ("stellar_address", "GACQMBYIAUDAOCAFAYDQQBIGA4EAKBQHBACQMBYIAUDAOCAFAYDQRY6V", True),
    ("stellar_seed", "GACQMBYIAUDAOCAFAYDQQBIGA4EAKBQHBACQMBYIAUDAOCAFAYDQRY6V", False),
    ("ripple_address", "rTZbk8HMjmt6hACJ7kuGYjCiGC5LkYXNR", True),
    ("ton_address", "EQAFBgcIBQYHCAUGBwgFBgcIBQYHCAUGBwgFBgcIBQYHCP_n", True),
    ("ton_address", "EQAFBgcIBQYHCAUGBwgFBgcIBQYHCAUGBwgFBgcIBQYHCP_m", False),
]


@pytest.mark.parametrize(("name", "value", "expected"), CASES)
def test_validators(name: str, value: str, expected: bool) -> None:
    assert VALIDATORS[name](value) is expected
