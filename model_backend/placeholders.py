"""Swap values that a very small model cannot copy for placeholders that it knows, and swap them back.

Only for models whose manifest asks for it. A placeholder is one token of the model's vocabulary, `<PERSON_1>`;
values are the gateway's tokens, `PERSON_K7QMX2TRBWD9` with or without brackets, and amounts, dates and long numbers.

Rules for the next editor: reveal(hide(text)) is text, for every text; a mapping lives for one request only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

_BODY: Final = "[BCDFGHJ-NP-TV-Z2-9]{12}"  # a little wider than the grammar: what looks like a token is kept like one
_TOKEN: Final = rf"(?<![A-Za-z0-9_])(?P<kind>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)_{_BODY}(?![A-Za-z0-9_])"
_MONTH: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*"
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"

_NUMERAL: Final = r"\d[\d,]*(?:\.\d+)?"
_UNIT: Final = r"(?:万元|亿元|元|块钱|块|美元|欧元|英镑|港币|(?:yuan|dollars?|euros?|pounds?|RMB|CNY|USD|EUR|GBP)\b)"
_DATES: Final = (
    r"\d{4}年\d{1,2}月(?:\d{1,2}[日号])?",
    r"\d{1,2}月\d{1,2}[日号]",
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}",
    rf"\b{_MONTH}\.? {_DAY}(?:,? \d{{4}})?\b",
    rf"\b{_DAY} {_MONTH}\.?(?: \d{{4}})?\b",
    r"\d{1,2}/\d{1,2}/\d{2,4}",
)
_AMOUNTS: Final = (
    rf"(?:[$¥€£\uffe5]|(?:RMB|CNY|USD|EUR|GBP)\s?){_NUMERAL}(?:\s?(?:万元|元|万))?",
    rf"{_NUMERAL}\s?{_UNIT}",
    *(rf"(?<={word}){_NUMERAL}" for word in ("金额", "金额为", "应还", "amount ", "owes ")),
)
_PHONES: Final = (
    r"(?<!\d)(?:\+\d{1,3}[ -]?)?1[3-9]\d[\d*]{8}(?!\d)",
    r"\+\d{1,3}[ -]?\(?\d{2,4}\)?(?:[ -]?\d{2,4}){2,4}(?!\d)",
)
_BRACKETED: Final = _TOKEN.replace("?P<kind>", "?P<bracketed>")

# Tried in this order at each position; a group's name is the slot.
_PATTERNS: Final = (
    r"(?P<VALUE><[A-Z][A-Z_]*_[0-9]>)",  # somebody types what only we may write
    rf"\[{_BRACKETED}\]",
    _TOKEN,
    r"(?P<EMAIL_ADDRESS>[\w.+*-]{1,64}@[\w*-]{1,63}(?:\.[\w-]{2,63}){1,4})",
    f"(?P<DATE>{'|'.join(_DATES)})",
    f"(?P<AMOUNT>{'|'.join(_AMOUNTS)})",
    f"(?P<PHONE_NUMBER>{'|'.join(_PHONES)})",
    r"(?P<CREDIT_CARD>(?<!\d)[3-6]\d{3}(?:[ -]?[\d*]{4}){3}(?!\d))",
    r"(?P<NUMBER>[\d*]{4,})",
)
_VALUES: Final = re.compile("|".join(_PATTERNS))
_PLACEHOLDER: Final = re.compile(r"<[A-Z][A-Z_]*_[0-9]>")


class Swap:
    """The values of one request and their placeholders."""

    def __init__(self, placeholders: Collection[str]) -> None:
        """`placeholders`: those that the model knows, such as `<PERSON_1>`."""
        self._known = frozenset(placeholders)
        self._numbers = max((int(each[-2]) for each in placeholders), default=0)
        self._by_value: dict[str, str] = {}
        self._by_placeholder: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """Values out, placeholders in. A value for which no placeholder is left stays as it is."""
        return _VALUES.sub(self._hidden, text)

    def _hidden(self, match: re.Match[str]) -> str:
        kind = match["kind"] or match["bracketed"] or match.lastgroup or "VALUE"
        value = match.group()
        if value not in self._by_value:
            placeholder = self._placeholder(kind) or self._placeholder("VALUE")
            if placeholder is None:
                return value
            self._by_value[value], self._by_placeholder[placeholder] = placeholder, value
        return self._by_value[value]

    def _placeholder(self, kind: str) -> str | None:
        """A free one of this kind. Numbers count the values of the request, of whatever kind: that tells the model
        what comes next, and it was trained so."""
        taken = len(self._by_value)
        for step in range(self._numbers):
            placeholder = f"<{kind}_{(taken + step) % self._numbers + 1}>"
            if placeholder in self._known and placeholder not in self._by_placeholder:
                return placeholder
        return None

    def reveal(self, text: str) -> str:
        """Placeholders out, values in."""
        if not self._by_placeholder:
            return text
        return _PLACEHOLDER.sub(lambda match: self._by_placeholder.get(match.group(), match.group()), text)

    def pending(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a placeholder."""
        start = text.rfind("<")
        if start < 0 or not self._by_placeholder:
            return 0
        tail = text[start:]
        return len(tail) if any(each.startswith(tail) and each != tail for each in self._by_placeholder) else 0


class Reveal:
    """`Swap.reveal` for a text that arrives in pieces; holds back only a placeholder's beginning."""

    def __init__(self, swap: Swap | None) -> None:
        self._swap = swap
        self._held = ""

    def feed(self, piece: str) -> str:
        """What may be sent now."""
        if self._swap is None:
            return piece
        text = self._held + piece
        held = self._swap.pending(text)
        self._held = text[len(text) - held :]
        return self._swap.reveal(text[: len(text) - held])

    def finish(self) -> str:
        """What was held back and turned out to be plain text."""
        held, self._held = self._held, ""
        return held


def map_strings(value: object, change: Callable[[str], str]) -> object:
    """A copy of a JSON value with every string value changed; keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_strings(each, change) for each in value]
    if isinstance(value, dict):
        return {key: map_strings(each, change) for key, each in value.items()}
    return value
