"""The vocabulary every detector speaks. Imports nothing of ours.

Rule for the next editor: offsets are half-open and count code points of `Part.text`, always.
A view (half-width, decoded base64, nested JSON) maps back before a finding leaves its detector.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


class PartKind(enum.StrEnum):
    """What a text is for. Every kind is read by the rules. A NER model reads TEXT, KEY and QUERY, and of PATH and
    HEADER what may be a name (`detectors.ner.worth`)."""

    TEXT = "text"
    """Prose or data: message content, tool results, tool arguments, any leaf of unknown meaning."""
    KEY = "key"
    """A JSON or form key."""
    NUMBER = "number"
    """A JSON number, as written."""
    STRUCTURAL = "structural"
    """A word of the protocol itself: a role, a model name, an object id."""
    HEADER = "header"
    CREDENTIAL = "credential"
    """A header that authenticates the client to the upstream; secrets are expected there."""
    QUERY = "query"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class Part:
    """One inspectable text of a message."""

    id: int
    """Unique within its message."""
    path: str
    """A position such as `body/messages/3/content` or `body/#4/#0`; never a key that a user chose,
    because paths are recorded."""
    kind: PartKind
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """An entity located in a part. Deliberately does not hold the matched text."""

    part: int
    """`Part.id`."""
    start: int
    end: int
    """Half-open, in code points of `Part.text`."""
    entity_type: str
    score: float
    """0 to 1."""
    rule: str
    """Provenance, `pack/rule@version`; never reused for another meaning."""


class DetectorError(Exception):
    """A detector could not vouch for its parts; the gate answers BLOCK. `code` is a reason code, never payload."""

    def __init__(self, code: str = "detector_failed") -> None:
        super().__init__(code)
        self.code = code


@runtime_checkable
class Detector(Protocol):
    """Parts in, findings out, batch-shaped: all of them, or `DetectorError`."""

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str:
        """A hash of rules or weights: equal revisions give equal findings for equal texts."""
        ...

    async def detect(self, parts: Sequence[Part]) -> Sequence[Finding]:
        """Find all or raise `DetectorError`; a partial answer is not allowed. Overlaps are allowed."""
        ...
