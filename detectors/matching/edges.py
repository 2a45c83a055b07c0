"""Which boundary holds for one pattern of a rule.

A boundary keeps a value from being a piece of something longer, and names ASCII characters only. Where a match can
begin with nothing but another character, as with the label 邮编, no ASCII character before it belongs to it: forms
without blanks write `电话13800138000邮编100029`.
"""

from __future__ import annotations

from dataclasses import replace

from detectors.matching.boundaries import Boundary
from detectors.matching.patterns import VETTED, Pattern, first_characters


def edge(pattern: Pattern, boundary: Boundary) -> Boundary:
    """`boundary`, or the same without its left side."""
    if not boundary.before or pattern.source.isascii() or not _led_by_others(pattern):
        return boundary
    return replace(boundary, before="", before_pair="")


def _led_by_others(pattern: Pattern) -> bool:
    known = VETTED.get("led", pattern.source, pattern.ignore_case)
    if known is None:
        known = not first_characters(pattern).ascii
        VETTED.put(known, "led", pattern.source, pattern.ignore_case)
    return bool(known)
