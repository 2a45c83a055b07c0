"""A template's blanks, filled from a seed. Braces that are no blank stay as they are, as source code needs it."""

from __future__ import annotations

import base64
import random
import re
import uuid
from typing import Final

_BLANK: Final = re.compile(r"\{(?:(\d+)-(\d+)(?:/(\d))?|(\d+)|x(\d+)|b(\d+)|(uuid))\}")


def fill(rng: random.Random, template: str) -> str:
    """`{3-90}` a number; `{3-90/2}` one with two decimals; `{7}` seven digits, the first no zero; `{x40}` hexadecimal
    and `{b44}` base64 characters; `{uuid}`."""

    def blank(found: re.Match[str]) -> str:
        low, high, places, digits, hexadecimal, characters, _ = found.groups()
        if low is not None:
            return _number(rng, int(low), int(high), int(places or 0), width=len(low) if low[0] == "0" else 0)
        if digits:
            return str(rng.randrange(10 ** (int(digits) - 1), 10 ** int(digits)))
        if hexadecimal:
            return rng.randbytes(int(hexadecimal)).hex()[: int(hexadecimal)]
        if characters:
            return base64.b64encode(rng.randbytes(int(characters))).decode()[: int(characters)]
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    return _BLANK.sub(blank, template)


def _number(rng: random.Random, low: int, high: int, places: int, *, width: int) -> str:
    return f"{rng.uniform(low, high):.{places}f}" if places else f"{rng.randint(low, high):0{width}d}"


def pick(rng: random.Random, templates: tuple[str, ...]) -> str:
    return fill(rng, rng.choice(templates))
