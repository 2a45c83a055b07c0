"""What tells a secret from a placeholder, a variable or a word."""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Final

_PLACEHOLDER: Final = re.compile(
    r"(?i)^(?:x+|\*+|\.+|-+|_+|0+|1234567890?|changeme|change_me|placeholder|password|passwd|secret|token|null|none|nil|true|"
    r"false|undefined|string|str|text|required|optional|example|redacted|hidden|empty|default|unknown|todo|tbd|n/a|"
    r"your[_\-].{0,60}|my[_\-]?(?:password|secret|key)|some[_\-]?(?:password|secret|key)|"
    r"<.{0,80}>|\[.{0,80}\]|\{.{0,80}\}?|\$.{0,80}|%.{0,80}%|@.{0,80}|"
    r"(?:os|process|env|self|this|config|settings|request|req|args|params|options|ctx|data|user|form|kwargs)[.\[(].{0,80}|"
    r"[a-z_][a-z0-9_.]{0,40}\(.{0,80}|[a-z_]{2,30}(?:\.[a-z_]{2,40}){1,5}|.{0,40}(?:your|enter|insert|replace|xxxx|\*\*\*\*|\.\.\.\.).{0,40})$"
)


_TABLE: Final = 64
_TIMES: Final = (0.0, *(n * math.log2(n) for n in range(1, _TABLE)))
"""n · log2 n"""


_DIGIT: Final = re.compile(r"\d")
_LETTER: Final = re.compile(r"[^\W\d_]")


def entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    size = len(value)
    counts = map(value.count, set(value))
    used = sum([_TIMES[count] if count < _TABLE else count * math.log2(count) for count in counts])
    return round(math.log2(size) - used / size, 9)


def not_placeholder(value: str) -> bool:
    return _PLACEHOLDER.match(value) is None


def random_looking(value: str) -> bool:
    """Varied enough to be a generated key: at least three bits a character, not a placeholder."""
    return entropy(value) >= 3.0 and not_placeholder(value)


def mixed_alnum(value: str) -> bool:
    """Letters and digits together, and varied, as generated keys are and words are not."""
    return _DIGIT.search(value) is not None and _LETTER.search(value) is not None and random_looking(value)


def password(value: str) -> bool:
    """A literal: not a placeholder, a variable, a call, a type or a path."""
    text = value.strip("'\"`")
    return len(text) >= 4 and not_placeholder(text) and len(set(text)) >= 3 and not text.endswith(("(", "{", "["))


def jwt(value: str) -> bool:
    """Its header is base64url of a JSON object with `alg`."""
    head = value.split(".", 1)[0]
    try:
        text = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except (binascii.Error, ValueError):
        return False
    return text.lstrip().startswith(b"{") and b'"alg"' in text


def url_password(value: str) -> bool:
    """`scheme://user:password@host`: the password is a literal."""
    account = value.partition("://")[2].partition("@")[0]
    return not_placeholder(account.partition(":")[2])


def basic_auth(value: str) -> bool:
    """Base64 of `user:password`."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4)).decode()
    except (binascii.Error, ValueError):
        return False
    return ":" in text.strip(":") and text.isprintable()


def mixed_case(value: str) -> bool:
    """Capitals, small letters and digits: neither a digest nor a word."""
    return any(c.islower() for c in value) and any(c.isupper() for c in value) and mixed_alnum(value)


def password_word(value: str) -> bool:
    """In a sentence, a password is told from a word by a digit or a sign among its letters."""
    inner = value.rstrip(".,;:!?")
    return password(inner) and any(not char.isalpha() for char in inner)


def varied_text(value: str) -> bool:
    """At least six different characters."""
    return len(set(value)) >= 6
