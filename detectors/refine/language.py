"""Which language a text is taken for: enough to choose a threshold by."""

from __future__ import annotations

import re
from typing import Final

LANGUAGES: Final = ("zh", "en")
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")
_LATIN: Final = re.compile("[A-Za-z]+")
_SHARE: Final = 4
"""One letter in four is Han: a Chinese sentence with English product names is Chinese."""


def language_of(text: str) -> str:
    """`zh` or `en`; linear."""
    if text.isascii():
        return "en"
    han = sum(map(len, _HAN.findall(text)))
    if not han:
        return "en"
    letters = han + sum(map(len, _LATIN.findall(text)))
    return "zh" if han * _SHARE >= letters else "en"
