"""Generated keys: varied, no placeholder, no documented sample; and the formats that carry their own checksum."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from detectors.packs.rules import Validator
from detectors.validators.secrets import entropy, not_placeholder

_SAMPLE: Final = re.compile(
    r"(?i)example|sample|placeholder|dummy|redacted|changeme|change[_\-]me|insert|replace|notreal|not[_\-]a[_\-]|fake[_\-]"
    r"|your[_\-]|<|>|\$\{|\{\{|x{5}|\*{3}|\.{3}"
)
"""What documentation writes where a key goes, its own sample keys (AWS's end in EXAMPLE) included."""
_RUN: Final = re.compile(r"(.)\1{7}")
_ROW: Final = "abcdefghijklmnopqrstuvwxyz", "0123456789012345678901234567890", "abcdef0123456789abcdef0123456789"
_ROW_LENGTH: Final = 9
_VARIETY: Final = 7
_BITS: Final = 2.75
"""Shannon bits a character. A random run of 16 hexadecimal digits stays below this once in about two thousand times."""


def generated(value: str) -> bool:
    """Varied as generated keys are: no placeholder, no sample from documentation, no row of the keyboard."""
    if len(set(value)) < _VARIETY or entropy(value) < _BITS or _SAMPLE.search(value) or _RUN.search(value):
        return False
    return not _has_row(value.lower()) and not_placeholder(value)


def _has_row(value: str) -> bool:
    """`abcdefghi` or `012345678`, forwards: nobody generates those."""
    pieces = (value[place : place + _ROW_LENGTH] for place in range(len(value) - _ROW_LENGTH + 1))
    return any(piece in row for piece in pieces for row in _ROW)


def with_digit(value: str) -> bool:
    """Letters and digits together: words and plain numbers do not count."""
    return generated(value) and any(c.isdecimal() for c in value) and any(c.isalpha() for c in value)


def known_secret(value: str) -> bool:
    """A literal that somebody chose: neither a placeholder nor a variable, a call, a type or a path to a file."""
    text = value.strip("'\"`")
    if len(text) < 4 or len(set(text)) < 3 or _SAMPLE.search(text) or not not_placeholder(text):
        return False
    return not text.startswith(("/", "./", "~/", "$", "%", "@", "{", "<", "(")) and not text.endswith(("(", "{", "["))


def mixed_letters(value: str) -> bool:
    """Capitals among small letters, as in a generated key without digits; a camel-case name has fewer."""
    body = value.rpartition("_")[2]
    return generated(value) and 0.25 < sum(char.isupper() for char in body) / len(body) < 0.75


_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def base62_crc32(value: str) -> bool:
    """`prefix_` + body + six base-62 digits: the CRC-32 of the body, as GitHub's and npm's tokens carry it.

    Source: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    body = value.rpartition("_")[2]
    number = zlib.crc32(body[:-6].encode())
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return len(body) > 6 and digits.rjust(6, "0") == body[-6:]


_BASE58: Final = {c: i for i, c in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}


def base58check(value: str) -> bytes | None:
    """The payload of any length, its checksum removed; None where that does not hold."""
    number = 0
    for char in value:
        place = _BASE58.get(char)
        if place is None:
            return None
        number = number * 58 + place
    zeros = len(value) - len(value.lstrip("1"))
    raw = b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
    check = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4]
    return raw[:-4] if len(raw) > 4 and check == raw[-4:] else None


def wallet_key(value: str) -> bool:
    """A Bitcoin private key in wallet import format (version 0x80), or a BIP-32 extended private key."""
    payload = base58check(value)
    if payload is None:
        return False
    return payload[0] == 0x80 or payload[:4].hex() in ("0488ade4", "04358394", "049d7878", "04b2430c")


def jwe(value: str) -> bool:
    """The header of an encrypted JSON web token is a JSON object with `enc`."""
    return b'"enc"' in _header(value)


def _header(value: str) -> bytes:
    head = value.split(".", 1)[0]
    try:
        return base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except (binascii.Error, ValueError):
        return b""


def stellar_seed(value: str) -> bool:
    """`S…` in Stellar's strkey: base32 with a CRC-16/XMODEM."""
    return strkey(value, 18 << 3)


def strkey(value: str, version: int) -> bool:
    """Source: https://github.com/stellar/stellar-protocol/blob/master/ecosystem/sep-0023.md"""
    try:
        raw = base64.b32decode(value)
    except (binascii.Error, ValueError):
        return False
    return raw[0] == version and crc16(raw[:-2]).to_bytes(2, "little") == raw[-2:]


def crc16(data: bytes) -> int:
    """CRC-16/XMODEM."""
    return binascii.crc_hqx(data, 0)


_PROSE: Final = frozenset({"the", "and", "for", "are", "was", "not", "but", "has", "your", "from", "which"})
"""Words of any sentence, and of no word list of BIP 39."""


def seed_phrase(value: str) -> bool:
    """At least 12 words, nearly all different and no sentence, as a wallet's recovery words are.

    What follows them may be words too (`… yellow for me`), so their number says nothing."""
    words = value.split()
    return 12 <= len(words) <= 24 and len(set(words)) >= len(words) - 3 and not _PROSE & set(words[:12])


CHECKS: Final[Mapping[str, Validator]] = MappingProxyType(
    {
        "base62_crc32": base62_crc32,
        "generated": generated,
        "jwe": jwe,
        "known_secret": known_secret,
        "mixed_letters": mixed_letters,
        "seed_phrase": seed_phrase,
        "stellar_seed": stellar_seed,
        "wallet_key": wallet_key,
        "with_digit": with_digit,
    }
)
