"""Cards, bank accounts, wallets."""

from __future__ import annotations

import hashlib
from typing import Final

from stdnum import bitcoin as _bitcoin
from stdnum import iban as _iban

_SINGLE: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLE: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))


def _digits(value: str) -> str:
    return value if value.isdecimal() else "".join([char for char in value if "0" <= char <= "9"])


def luhn(value: str) -> bool:
    """ISO/IEC 7812-1 annex B; a number of one repeated digit does not count."""
    digits = _digits(value).encode()
    if not digits or digits.count(digits[0]) == len(digits):
        return False
    return sum(digits[-1::-2].translate(_SINGLE)) % 10 == -sum(digits[-2::-2].translate(_DOUBLE)) % 10


def card(value: str) -> bool:
    """Issuer range and length of an international scheme, then Luhn."""
    digits = _digits(value)
    return _scheme(digits) and luhn(digits)


def _scheme(digits: str) -> bool:
    size = len(digits)
    two, three, four = int(digits[:2]), int(digits[:3]), int(digits[:4])
    if digits[0] == "4":
        return size in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return size == 16
    if two in (34, 37):
        return size == 15
    if four == 6011 or two == 65 or 644 <= three <= 649:
        return size in (16, 19)
    if 3528 <= four <= 3589:
        return size in (16, 19)
    return (300 <= three <= 305 or two in (36, 38, 39)) and size == 14


def unionpay(value: str) -> bool:
    """A UnionPay number: 62 (or a bank's own older range), 16 to 19 digits, Luhn."""
    digits = _digits(value)
    known = digits.startswith(("62", "81", "9558", "95595", "603367", "621"))
    return known and 16 <= len(digits) <= 19 and luhn(digits)


def iban(value: str) -> bool:
    """ISO 13616: country's structure, then modulo 97."""
    return bool(_iban.is_valid(value))


_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _base58check(value: str) -> bytes | None:
    """The payload (version byte first), or None."""
    number = 0
    for char in value:
        place = _BASE58.find(char)
        if place < 0:
            return None
        number = number * 58 + place
    try:
        raw = number.to_bytes(25, "big")
    except OverflowError:
        return None
    check = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4]
    return raw[:-4] if check == raw[-4:] else None


def btc_address(value: str) -> bool:
    """Base58Check, or bech32 / bech32m."""
    lowered = value.lower()
    if lowered.startswith("bc1"):
        return (value in (lowered, value.upper())) and (_bitcoin.is_valid(lowered) or bech32_checksum(lowered))
    return _base58check(value) is not None


_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32M_CONST: Final = 0x2BC830A3


def bech32_checksum(value: str) -> bool:
    """BIP-173 and BIP-350 checksums."""
    prefix, _, data = value.rpartition("1")
    if any(char not in _BECH32 for char in data):
        return False
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    values += [_BECH32.index(char) for char in data]
    generator = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    check = 1
    for item in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ item
        for bit, poly in enumerate(generator):
            check ^= poly if top >> bit & 1 else 0
    return check in (1, _BECH32M_CONST)


def tron_address(value: str) -> bool:
    payload = _base58check(value)
    return payload is not None and payload[0] == 0x41


def eth_address(value: str) -> bool:
    """40 hexadecimal digits that are not a filler such as 0x000…0."""
    return len(set(value[2:].lower())) >= 6
