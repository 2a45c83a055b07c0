"""Synthetic values that the tests plant, made here so that no rule example or self-test canary holds the same one.

Each is well formed (check digits included) and none belongs to anybody: numbers come from a fixed seed,
mail domains are reserved.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from stdnum import luhn
from stdnum.cn import ric

SEED = 20261121


@dataclass(frozen=True, slots=True)
class Planted:
    """A value that must never reach an upstream, a log or a store in the clear."""

    entity_type: str
    value: str = field(repr=False)

    @property
    def digits(self) -> bool:
        """True where spaces and hyphens between the characters do not change the value."""
        return self.value.rstrip("X").isdigit()


def _resident_id(rng: random.Random) -> str:
    birth = f"{rng.randint(1950, 2003)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = f"{rng.choice(('110105', '310115', '440305', '510107'))}{birth}{rng.randint(1, 998):03}"
    return body + ric.calc_check_digit(body + "0")


def _card(rng: random.Random, prefix: str) -> str:
    body = prefix + "".join(str(rng.randint(0, 9)) for _ in range(15 - len(prefix)))
    return body + luhn.calc_check_digit(body)


def _mobile(rng: random.Random) -> str:
    return f"{rng.choice(('136', '137', '158', '186'))}{rng.randint(10_000_000, 99_999_999)}"


def _email(rng: random.Random) -> str:
    name = "".join(rng.choice("bcdfghjkmnpqrstvwz") for _ in range(9))
    return f"{name}{rng.randint(100, 999)}@example.com"


_MAKERS = {
    "CN_RESIDENT_ID": _resident_id,
    "PHONE_NUMBER": _mobile,
    "EMAIL_ADDRESS": _email,
    "CREDIT_CARD": lambda rng: _card(rng, "4539"),
}


def make(entity_type: str, name: str) -> Planted:
    """The same (type, name) always gives the same value; another name gives another."""
    return Planted(entity_type, _MAKERS[entity_type](random.Random(f"{SEED}/{entity_type}/{name}")))


RESIDENT_ID = make("CN_RESIDENT_ID", "a")
MOBILE = make("PHONE_NUMBER", "a")
EMAIL = make("EMAIL_ADDRESS", "a")
CARD = make("CREDIT_CARD", "a")
OTHER_EMAIL = make("EMAIL_ADDRESS", "b")
OTHER_MOBILE = make("PHONE_NUMBER", "b")

PLANTED = (RESIDENT_ID, MOBILE, EMAIL, CARD, OTHER_EMAIL, OTHER_MOBILE)
"""What the canary looks for after all other tests."""

ZH_NAME = "欧阳娜娜"
EN_NAME = "Jonathan Whitfield"
