"""What a name lies in, where that is no prose: a URL, a file name, an identifier of code, a hash."""

from __future__ import annotations

import re
from typing import Final

_REACH: Final = 80
_RUN_LEFT: Final = re.compile(r"[^\s\"'`<>()\[\]{},;，。；：、（）《》「」]*$")
_RUN_RIGHT: Final = re.compile(r"[^\s\"'`<>()\[\]{},;，。；：、（）《》「」]*")
_FILE: Final = re.compile(
    r"[\w\-./\\:~]+\.(?:py|js|ts|tsx|jsx|java|kt|go|rs|rb|php|c|h|cc|cpp|hpp|cs|swift|sql|sh|bat|ps1|html?|css|scss|"
    r"json|ya?ml|toml|ini|cfg|conf|xml|csv|tsv|md|rst|txt|log|lock|png|jpe?g|gif|svg|pdf|docx?|xlsx?|pptx?|zip|tar|gz|"
    r"jar|exe|dll|so|whl|ipynb|env)[.:]?",
    re.ASCII | re.IGNORECASE,
)
_GLUE: Final = frozenset("_$\\#")
_HEX: Final = re.compile(r"(?=[^\s]*[0-9])(?=[^\s]*[A-Za-z])[0-9A-Za-z+/=_\-]{24,}")


def shape_of(text: str, start: int, end: int) -> tuple[str, int, int] | None:
    """Kind and span of the run that `text[start:end]` lies in; None: prose. Cost bounded by a window."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if not (_may_glue(before) or _may_glue(after)):
        return None
    left = _RUN_LEFT.search(text[max(0, start - _REACH) : start])
    right = _RUN_RIGHT.match(text, end, min(len(text), end + _REACH))
    low = start - len(left[0]) if left else start
    high = right.end() if right else end
    kind = _kind(text[low:high], text[low:start], text[end:high])
    return (kind, low, high) if kind else None


def _may_glue(char: str) -> bool:
    return bool(char) and char.isascii() and (char.isalnum() or char in "_$\\#/.:-=+~@%&?")


def _kind(run: str, before: str, after: str) -> str:
    if "://" in run or run.startswith("www."):
        return "url"
    if _HEX.fullmatch(run):
        return "hash"
    if _FILE.fullmatch(run):
        return "file"
    glued = before[-1:] in _GLUE or after[:1] in _GLUE or "::" in run or "->" in run
    dotted = (before[-1:] == "." and before[-2:-1].isalnum()) or (after[:1] == "." and after[1:2].isalnum())
    sided = (before[-1:].isascii() and before[-1:].isalnum()) or (after[:1].isascii() and after[:1].isalnum())
    return "identifier" if glued or dotted or sided else ""
