"""Named boundaries: what may not stand directly beside a value.

`\\b` is of no use here: to it a Han character is a letter, so `号码是4111…谢谢` has no boundary at all.
These are sets of ASCII characters, so Han, kana, Hangul and punctuation always bound a value.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from detectors.matching.charsets import Charset

_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
_ALNUM: Final = _DIGITS + _LOWER + _LOWER.upper()


@dataclass(frozen=True, slots=True)
class Boundary:
    description: str
    before: str
    """Characters that may not stand directly before a value."""
    after: str
    before_pair: str = ""
    """A further look-behind, exact."""
    after_pair: str = ""

    @property
    def left(self) -> str:
        return (f"(?<![{_escape(self.before)}])" if self.before else "") + self.before_pair

    @property
    def right(self) -> str:
        return (f"(?![{_escape(self.after)}])" if self.after else "") + self.after_pair

    @property
    def guard(self) -> Charset:
        return _charset(self.before)

    @property
    def guard_after(self) -> Charset:
        return _charset(self.after)


@functools.cache
def _charset(chars: str) -> Charset:
    mask = 0
    for char in chars:
        mask |= 1 << ord(char)
    return Charset(mask)


def _escape(chars: str) -> str:
    return "".join("\\" + char if char in r"\]^-" else char for char in chars)


BOUNDARIES: Final[Mapping[str, Boundary]] = MappingProxyType(
    {
        "none": Boundary("anything may stand beside the value", "", ""),
        "digits": Boundary("no digit beside the value", _DIGITS, _DIGITS),
        "number": Boundary(
            "no letter or digit beside the value, and it is no piece of a decimal fraction",
            _ALNUM,
            _ALNUM,
            r"(?<![0-9]\.)",
            r"(?!\.[0-9])",
        ),
        "alnum": Boundary("no ASCII letter or digit beside the value", _ALNUM, _ALNUM),
        "word": Boundary("no ASCII letter, digit or underscore beside the value", _ALNUM + "_", _ALNUM + "_"),
        "token": Boundary("no character of a key beside the value", _ALNUM + "_-", _ALNUM + "_-"),
        "base64": Boundary("no base64 character beside the value", _ALNUM + "+/_-", _ALNUM + "+/_-="),
        "left": Boundary("no letter or digit before the value; anything after it", _ALNUM + "_", ""),
        "after_name": Boundary("no base64 character after the value; anything before it", "", _ALNUM + "+/=_-"),
        "after_key": Boundary("no letter before the value; anything after it", _LOWER + _LOWER.upper(), ""),
        "phone": Boundary("as `number`, and no + before it", _ALNUM + "+", _ALNUM, r"(?<![0-9]\.)", r"(?!\.[0-9])"),
        "group": Boundary(
            "as `phone`, and it is no piece of a row of groups, as in 01 02 03 04 05 06",
            _ALNUM + "+",
            _ALNUM,
            r"(?<![0-9][ .\-])",
            r"(?![ .\-][0-9])",
        ),
        "email": Boundary("no character of an address beside the value", _ALNUM + "_+-", _ALNUM + "@_-"),
        "dotted": Boundary(
            "no letter, digit, or dotted piece beside the value, as in a longer version number",
            _ALNUM + "_",
            _ALNUM + "_",
            r"(?<![0-9A-Za-z]\.)(?<![0-9A-Za-z]-)",
            r"(?!\.[0-9])",
        ),
        "hex": Boundary("no hexadecimal piece beside the value", _ALNUM + ":-_", _ALNUM + ":-_"),
    }
)
