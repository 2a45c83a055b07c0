"""Names written small, as people type them in chats: only where words around them announce a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from detectors.names.lexicon import english_words

_SAID = r"(?:\"?\s?[:=]\s?[\"']?"
ANNOUNCED = re.compile(
    r"(?<![\w])(?i:"
    rf"name{_SAID}|\s+is\s+|'s\s+)"
    rf"|(?:patient|customer|client|contact|employee|recipient|caller|applicant|tenant|attn|signed){_SAID}|\s+)"
    r"|(?:i am|i'm|this is|dear|miss|(?:mr|mrs|ms|dr|prof)\.?|call me|named|hi|hello|hey|ask|tell|from|email|"
    r"spoke (?:with|to)|speak (?:with|to)|met with|meet with)\s+"
    r"|(?:regards|sincerely|cheers|thanks|best wishes|yours truly),?\s+"
    r")([a-z]{2,15})(?:\s([a-z]{2,15}))?(?![\w])"
)
BEHIND = re.compile(r"(?<![\w])([a-z]{2,15})(?:\s([a-z]{2,15}))?(?= speaking(?![\w]))")
ALONE = re.compile(r"\s{0,8}([a-z]{2,15}) ([a-z]{2,15})\s{0,8}")
RARE = frozenset("-01234")
"""Shares of lower case up to which a word may be a name that somebody wrote small."""
HARDLY = frozenset("-01")
DOUBTFUL = 0.35
"""Of a value that is two words and nothing else: a name only if its label says so."""

type Span = tuple[int, int, float]


def lower_names(text: str) -> Iterator[Span]:
    """(start, end, score). Linear: each pattern begins at a word and is bounded."""
    yield from _read(ANNOUNCED, text)
    if " speaking" in text:
        yield from _read(BEHIND, text)
    whole = ALONE.fullmatch(text) if len(text) < 48 else None
    if whole is not None and _full(*whole.groups()):
        yield whole.start(1), whole.end(2), DOUBTFUL


def _read(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        first, second = match.group(1), match.group(2)
        if second and _full(first, second):
            yield match.start(1), match.end(2), 0.75
        elif _given(first):
            yield match.start(1), match.end(1), 0.6


def _full(first: str, second: str) -> bool:
    """A first name and a surname."""
    table = english_words()
    given, family = table.get(first, "00-0"), table.get(second, "00-0")
    return given[0] >= "4" and given[2] in RARE and family[1] >= "3" and family[2] in RARE


def _given(word: str) -> bool:
    code = english_words().get(word, "00-0")
    return code[0] >= "5" and code[2] in HARDLY
