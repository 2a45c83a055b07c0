"""Hashed entries of allow lists: a list that may be read without learning what is on it.

A salted SHA-256 keeps a casual reader out. It does not keep out who can guess: names and numbers are few.
"""

from __future__ import annotations

import hashlib
import unicodedata


def normal(value: str) -> str:
    """Width, case and blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def hashed(value: str, salt: str) -> str:
    """64 lower-case hexadecimal digits."""
    return hashlib.sha256(f"{salt}\0{normal(value)}".encode("utf-8", "surrogatepass")).hexdigest()
