"""What a country's numbering plan allows, by the metadata of libphonenumber, without its parser.

`phonenumbers` takes some 50 µs for a number, and a rule may ask for a dozen countries. Nearly all numbers can be read
in one way only: then validity is a match of the plan's own expressions, which takes a few. What can be read in more
ways (a country code in front, a plan that rewrites or that several countries share) is left to the library.
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
_LONGEST: Final = 17
"""Digits that the library reads."""
_LONGEST_CODE: Final = 3

type _Kind = tuple[re.Pattern[str], frozenset[int]]
"""What its numbers look like, and how long they are; no lengths: any."""


@dataclass(frozen=True, slots=True)
class _Plan:
    general: re.Pattern[str]
    lengths: frozenset[int]
    any_kind: re.Pattern[str]
    """Any kind of number, whatever its length."""
    kinds: tuple[_Kind, ...]
    code: str
    alone: bool
    """No other country has its code."""
    trunk: re.Pattern[str] | None
    abroad: re.Pattern[str]
    rewrites: bool
    """The plan may rewrite what has a trunk prefix: only the library can tell."""

    def rewritten(self, digits: str) -> bool:
        if not self.rewrites or self.trunk is None:
            return False
        prefix = self.trunk.match(digits)
        return prefix is not None and prefix[prefix.re.groups] is not None

    def holds(self, number: str) -> bool:
        """number: without country code and trunk prefix."""
        size = len(number)
        if size not in self.lengths or self.general.fullmatch(number) is None or not self.any_kind.fullmatch(number):
            return False
        return any((not sizes or size in sizes) and pattern.fullmatch(number) for pattern, sizes in self.kinds)


@functools.cache
def _plan(region: str) -> _Plan:
    known: Any = phonenumbers.PhoneMetadata.metadata_for_region(region)
    kinds = [kind for name in _KINDS if (kind := getattr(known, name)) and kind.national_number_pattern]
    trunk = known.national_prefix_for_parsing
    return _Plan(
        re.compile(known.general_desc.national_number_pattern),
        frozenset(known.general_desc.possible_length),
        re.compile("|".join(f"(?:{kind.national_number_pattern})" for kind in kinds)),
        tuple((re.compile(kind.national_number_pattern), frozenset(kind.possible_length)) for kind in kinds),
        str(known.country_code),
        len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[known.country_code]) == 1,
        re.compile(trunk) if trunk else None,
        re.compile(known.international_prefix),
        bool(known.national_prefix_transform_rule),
    )


def possible(digits: str, region: str) -> bool:
    """False: no valid number of the region, in whatever way the digits are read. True: ask further."""
    plan = _plan(region)
    starts = (digits, digits[len(plan.code) :]) if digits.startswith(plan.code) else (digits,)
    if plan.abroad.match(digits) or any(map(plan.rewritten, starts)):
        return True
    forms = {form for start in starts for form in _forms(start, plan)}
    return any(
        len(form) in other.lengths and other.general.fullmatch(form) and other.any_kind.fullmatch(form)
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


def national(digits: str, region: str) -> bool | None:
    """Is it a valid number, as it is dialled within the region? None: only the library can tell."""
    plan = _plan(region)
    if not plan.alone or digits.startswith(plan.code) or plan.abroad.match(digits):
        return None
    return _read(digits, plan)


def international(digits: str) -> bool | None:
    """digits: with the country code, without `+`. None: only the library can tell."""
    for size in range(1, _LONGEST_CODE + 1):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:size]))
        if regions is not None:
            plan = _plan(regions[0]) if len(regions) == 1 and regions[0] != "001" else None
            return None if plan is None else _read(digits[size:], plan)
    return None


def _read(digits: str, plan: _Plan) -> bool | None:
    """As the library does: the trunk prefix goes, unless the number is one of the plan's with it only."""
    if not _TIMES <= len(digits) <= _LONGEST or plan.rewritten(digits):
        return None
    prefix = plan.trunk.match(digits) if plan.trunk is not None else None
    if prefix is None or not prefix.end():
        return plan.holds(digits)
    rest = digits[prefix.end() :]
    kept = plan.general.fullmatch(digits) is not None and plan.general.fullmatch(rest) is None
    if not kept and (len(rest) in plan.lengths or len(rest) > max(plan.lengths)):
        return plan.holds(rest)
    return plan.holds(digits)
