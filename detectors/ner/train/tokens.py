"""Shapes that are never a person: the gateway's own placeholders, and numbers of all kinds."""

from __future__ import annotations

import random
import string


def listed(text: str, gap: str | None = None) -> list[str]:
    """A word list written as prose."""
    return text.split(gap)


LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
KINDS = listed(
    "PERSON LOCATION ADDRESS ORGANIZATION EMAIL_ADDRESS PHONE_NUMBER CN_RESIDENT_ID CREDIT_CARD DATE_OF_BIRTH"
)


def placeholder(rng: random.Random) -> str:
    """The gateway's token grammar: LABEL_ and 12 characters without a vowel."""
    body = "".join(rng.choice(LETTERS + "23456789" if i % 2 else LETTERS) for i in range(12))
    token = f"{rng.choice(KINDS[:4] if rng.random() < 0.7 else KINDS)}_{body}"
    token = token.lower() if rng.random() < 0.1 else token
    return rng.choice((token, token, token, f"[{token}]", f"<{token}>", f"【{token}】"))


def numbered(rng: random.Random) -> str:
    """Phone numbers, amounts, identifiers, versions, hashes."""
    digits = "".join(rng.choice(string.digits) for _ in range(18))
    forms = (
        f"1{rng.choice('3578')}{digits[:9]}",
        f"+1 {digits[:3]}-{digits[3:6]}-{digits[6:10]}",
        digits[: rng.randint(3, 8)],
        digits[:17] + rng.choice("0123456789X"),
        f"{rng.randint(1, 999)}.{digits[:2]}",
        f"{rng.randint(0, 20)}.{rng.randint(0, 20)}.{rng.randint(0, 20)}",
        f"{rng.choice(string.ascii_uppercase)}{rng.choice(string.ascii_uppercase)}-{digits[:6]}",
        "".join(rng.choice("0123456789abcdef") for _ in range(rng.choice((8, 12, 32)))),
        f"{digits[:3]}.{digits[3:5]}.{digits[5:7]}.{digits[7:9]}",
    )
    return rng.choice(forms)
