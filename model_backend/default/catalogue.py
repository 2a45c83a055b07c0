"""The shape of what the demo model knows. Texts are in `catalogue_zh` and `catalogue_en`; all were written for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter of a bank's or a shop's customer service."""

    name: str
    """What a note calls it."""
    topics: tuple[tuple[str, str], ...]
    """(noun, tail): "apology" and "for a late parcel". In Chinese the tail is mostly empty."""
    says: tuple[str, ...]
    """How customers put it themselves."""
    body: str
    amount: str
    """A sentence with `{}` for an amount."""
    date: str
    closing: str


@dataclass(frozen=True, slots=True)
class Language:
    """Everything said in one language."""

    code: str
    matters: tuple[Matter, ...]
    faq: tuple[tuple[tuple[str, ...], str], ...]
    """(questions, answer)"""
    refusals: tuple[str, ...]
    refusal: str
    identity: tuple[str, ...]
    identity_answer: str
    greetings: tuple[str, ...]
    greeting_answer: str
    thanks: tuple[str, ...]
    thanks_answer: str
    unknown: tuple[str, ...]
    """Questions off every known topic; `{}` takes one of `unknown_things`."""
    unknown_things: tuple[str, ...]
    unknown_answer: str
    kept: str
    """The sentence in which an unknown-topic answer repeats the placeholders."""
    fillers: tuple[str, ...]
    """Sentences that change nothing."""
    politeness: tuple[str, ...]
    endings: tuple[str, ...]
    raw_names: tuple[str, ...]
    """Names that a prompt may hold unprotected: the model addresses nobody then."""
