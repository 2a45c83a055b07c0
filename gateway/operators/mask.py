"""Irreversible, readable: stars, and of some types a little that a person needs to recognise the value.

What is kept is bounded twice: by the type's mask, and by the value's length. A value too short for its mask is
masked whole, so that what is hidden always outweighs what is shown. Where the spelling is kept, it is that of a
long number (separators in place, each digit a star); everything else becomes three stars, whatever its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.operators.redact import label
from gateway.types import Finding, Scope

STAR: Final = "*"
STARS: Final = STAR * 3


@dataclass(frozen=True, slots=True)
class Mask:
    """What stays readable."""

    first: int = 0
    """Letters and digits kept at the beginning."""
    last: int = 0
    """Letters and digits kept at the end."""
    least: int = 0
    """Letters and digits that a value must have, or it is masked whole. In any case more must be hidden than shown
    (of two characters, one may be shown)."""
    spelling: bool = False
    """Keep the number of characters and the separators between them."""
    domain: bool = False
    """Keep what follows the last `@`."""

    def shows(self, count: int) -> bool:
        """Whether a value of `count` letters and digits may show what this mask keeps."""
        kept = self.first + self.last
        return count >= max(self.least, 2 if kept <= 1 else 2 * kept + 1)


HIDE: Final = Mask()
_NUMBER: Final = Mask(last=4, least=12, spelling=True)

DEFAULT_MASKS: Final[Mapping[str, Mask]] = {
    "CREDIT_CARD": _NUMBER,
    "CN_BANK_CARD": _NUMBER,
    "IBAN_CODE": Mask(last=4, least=15, spelling=True),
    "PHONE_NUMBER": Mask(last=4, least=10, spelling=True),
    "EMAIL_ADDRESS": Mask(first=1, least=3, domain=True),
    "PERSON": Mask(first=1, least=2),
}
"""Entity type → mask; a type that is not named here is hidden whole."""


class MaskOperator:
    name = "mask"
    reversible = False

    def __init__(self, masks: Mapping[str, Mask] = DEFAULT_MASKS) -> None:
        self._masks = dict(masks)

    async def apply(self, scope: Scope, findings: Sequence[Finding], values: Sequence[str]) -> Sequence[str]:
        return [self._masked(finding.entity_type, value) for finding, value in zip(findings, values, strict=True)]

    def _masked(self, entity_type: str, value: str) -> str:
        shown = masked(value, self._masks.get(entity_type, HIDE))
        # A value made of stars would come out as itself, and "***" must not confirm a guess.
        return label(entity_type) if value in shown else shown


def masked(value: str, mask: Mask) -> str:
    """`value` with everything hidden that `mask` does not keep."""
    text = value.strip()
    if mask.domain:
        local, at, domain = text.rpartition("@")
        return _hidden(local, mask) + at + domain if at and local and domain else STARS
    return _hidden(text, mask)


def _hidden(text: str, mask: Mask) -> str:
    places = [place for place, character in enumerate(text) if character.isalnum()]
    if not (mask.first + mask.last) or not mask.shows(len(places)):
        return STARS
    kept = {*places[: mask.first], *places[len(places) - mask.last :]}
    if mask.spelling:
        return "".join(
            character if place in kept or not _counts(character) else STAR for place, character in enumerate(text)
        )
    first = "".join(text[place] for place in places[: mask.first])
    last = "".join(text[place] for place in places[len(places) - mask.last :])
    return first + STARS + last


def _counts(character: str) -> bool:
    """Whether a character may carry information; only plain separators do not."""
    return character not in " -.()+/\u00a0\u3000－（）＋"
