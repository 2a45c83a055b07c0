"""What a country's numbering plan allows at all, by the metadata of libphonenumber: a fast no before its exact yes.

`phonenumbers` takes some 20 µs to say that a number is none, and a rule may ask for a dozen countries. Nearly all of
these are told by the plan's own expressions.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any, Final

import phonenumbers

_KINDS: Final = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager"),
    *("uan", "voicemail"),
)


_TIMES: Final = 3
"""The library may take a trunk prefix off more than once."""


@dataclass(frozen=True, slots=True)
class _Plan:
    general: re.Pattern[str]
    kinds: re.Pattern[str]
    code: str
    trunk: re.Pattern[str] | None
    abroad: re.Pattern[str]
    rewrites: bool
    """The plan rewrites what it parses: only the library can tell."""


@functools.cache
def _plan(region: str) -> _Plan:
    known: Any = phonenumbers.PhoneMetadata.metadata_for_region(region)
    kinds = [getattr(known, kind) for kind in _KINDS]
    patterns = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    trunk = known.national_prefix_for_parsing
    return _Plan(
        re.compile(known.general_desc.national_number_pattern),
        re.compile("|".join(f"(?:{pattern})" for pattern in patterns)),
        str(known.country_code),
        re.compile(trunk) if trunk else None,
        re.compile(known.international_prefix),
        bool(known.national_prefix_transform_rule),
    )


def possible(digits: str, region: str) -> bool:
    """False: no valid number of the region, in whatever way the digits are read. True: ask the library."""
    plan = _plan(region)
    if plan.rewrites or plan.abroad.match(digits):
        return True
    forms = {form for start in (digits, digits.removeprefix(plan.code)) for form in _forms(start, plan)}
    return any(
        other.general.fullmatch(form) and other.kinds.fullmatch(form)
        for other in map(_plan, phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(plan.code)])
        for form in forms
    )


def _forms(digits: str, plan: _Plan) -> list[str]:
    forms = [digits]
    for _ in range(_TIMES):
        trunk = plan.trunk.match(forms[-1]) if plan.trunk is not None else None
        if trunk is None or not trunk.end():
            break
        forms.append(forms[-1][trunk.end() :])
    return forms
