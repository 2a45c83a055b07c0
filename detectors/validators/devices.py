"""Numbers of phones, SIM cards and vehicles; places; wallets."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from detectors.packs.rules import Validator
from detectors.validators.finance import bech32_checksum, luhn
from detectors.validators.keys import base58check, crc16, strkey


def _digits(value: str) -> str:
    return "".join([char for char in value if "0" <= char <= "9"])


def imei(value: str) -> bool:
    """15 digits with Luhn and a reporting body that exists (3GPP TS 23.003), or 16 (IMEISV, no check digit)."""
    digits = _digits(value)
    known = digits[:2] in _REPORTING and len(set(digits)) >= 4
    return known and (len(digits) == 16 or (len(digits) == 15 and luhn(digits)))


_REPORTING: Final = frozenset(
    ["01", "35", "86", "91", "98", "99", "44", "45", "49", "50", "51", "52", "53", "54", "10", "30", "33", "00"]
)


def imsi(value: str) -> bool:
    """14 or 15 digits that begin with a mobile country code (ITU-T E.212: 2xx to 7xx)."""
    return value[0] in "234567" and len(set(value)) >= 4


def iccid(value: str) -> bool:
    """ITU-T E.118: 89, 19 or 20 digits, the last one by Luhn; China's end without a check digit."""
    digits = _digits(value)
    return len(set(digits)) >= 4 and (digits.startswith("8986") or luhn(digits))


_FINE: Final = 5


def coordinates(value: str) -> bool:
    """A latitude and a longitude; one of them with five decimals, for four are still a city block."""
    numbers = value.replace(",", " ").replace("，", " ").replace(";", " ").replace("/", " ").split()
    if len(numbers) != 2:
        return False
    if max(len(number.rpartition(".")[2]) for number in numbers) < _FINE:
        return False
    first, second = (float(number) for number in numbers)
    return abs(first) <= 180 and abs(second) <= 180 and min(abs(first), abs(second)) <= 90 and first != second


_VERSIONS: Final = {"L": (0x30,), "M": (0x32,), "D": (0x1E,), "X": (0x4C,), "t": (0x1C,), "A": (0x17,)}


def coin_address(value: str) -> bool:
    """Litecoin, Dogecoin, Dash, Zcash: Base58Check with the version byte of the coin."""
    payload = base58check(value)
    return payload is not None and payload[0] in _VERSIONS.get(value[0], ())


def bech32_address(value: str) -> bool:
    """Any human-readable part: its BIP-173 or BIP-350 checksum holds."""
    return bech32_checksum(value.lower())


_RIPPLE: Final = str.maketrans(
    "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz",
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
)


def ripple_address(value: str) -> bool:
    """Base58Check in Ripple's own order of digits, version byte 0."""
    payload = base58check(value.translate(_RIPPLE))
    return payload is not None and len(payload) == 21 and payload[0] == 0


def stellar_address(value: str) -> bool:
    return strkey(value, 6 << 3)


def ton_address(value: str) -> bool:
    """36 bytes in base64url: flags, workchain, hash, CRC-16/XMODEM."""
    try:
        raw = base64.urlsafe_b64decode(value)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == 36 and crc16(raw[:-2]).to_bytes(2, "big") == raw[-2:]


def solana_address(value: str) -> bool:
    """32 bytes in Base58; there is no checksum, so a pack asks for the coin's name beside it."""
    return 32 <= len(value) <= 44 and len(set(value)) >= 12 and any(c.isdecimal() for c in value)


def monero_address(value: str) -> bool:
    return len(set(value)) >= 20


def algorand_address(value: str) -> bool:
    """Base32 of a public key and the last four bytes of its SHA-512/256."""
    try:
        raw = base64.b32decode(value + "=" * (-len(value) % 8))
    except (binascii.Error, ValueError):
        return False
    return len(raw) == 36 and hashlib.new("sha512_256", raw[:32]).digest()[-4:] == raw[32:]


CHECKS: Final[Mapping[str, Validator]] = MappingProxyType(
    {
        "algorand_address": algorand_address,
        "bech32_address": bech32_address,
        "coin_address": coin_address,
        "coordinates": coordinates,
        "iccid": iccid,
        "imei": imei,
        "imsi": imsi,
        "monero_address": monero_address,
        "ripple_address": ripple_address,
        "solana_address": solana_address,
        "stellar_address": stellar_address,
        "ton_address": ton_address,
    }
)
