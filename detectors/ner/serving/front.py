"""The part of every NER client that looks at texts: what is worth reading, what came back, what failed.

Rules for the next editor
1. An answer is all spans of all texts, checked one by one, or `DetectorError`.
2. Findings carry the revision that made them; where it is not the one that was known when the call began, they are
   not cached.
3. What the model reads is the legible form of a text (`reading.legible`); findings are places of the text itself.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from detectors import calls
from detectors.ner.reading.legible import legible
from detectors.ner.runtime import readable, rule_id
from detectors.ner.worth import read_of_kind, why_not
from detectors.types import DetectorError, Finding, Part
from detectors.views.view import View

CODES: Final = frozenset({"detector_failed", "deadline_exceeded", "overloaded"})
INLINE: Final = 64 * 1024
"""Characters that may be made legible on the event loop's own thread."""


@dataclass(frozen=True, slots=True)
class Model:
    """What a worker or server says of itself."""

    name: str
    revision: str
    describe: str
    entities: frozenset[str]
    device: str = "cpu"

    @classmethod
    def of(cls, hello: Mapping[str, Any]) -> Model:
        """Raises DetectorError where it is not what a NER server says."""
        name, revision, entities = hello.get("name"), hello.get("revision"), hello.get("entities")
        if not isinstance(name, str) or not isinstance(revision, str) or not revision:
            raise DetectorError
        if not isinstance(entities, list) or not all(isinstance(one, str) for one in entities):
            raise DetectorError
        describe, device = str(hello.get("describe", name)), str(hello.get("device", "cpu"))
        return cls(name, revision, describe, frozenset(entities), device)

    @property
    def rule(self) -> str:
        return rule_id(self.name, self.revision)


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of [start, end, entity type, score] for each text, and the model that found them."""

    spans: Any = field(repr=False)
    model: Model


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part that is worth reading, as the model reads it."""

    part: Part
    text: str = field(repr=False)
    view: View | None = field(repr=False)

    def finding(self, start: int, end: int, entity: str, score: float, rule: str) -> Finding:
        if self.view is not None:
            start, end = self.view.span(start, end)
        return Finding(self.part.id, start, end, entity, score, rule)


@dataclass(slots=True)
class Counts:
    """What a client did, for metrics; plain numbers that an observer reads."""

    read: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Texts that could not hold a name, by reason."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Calls: `ok`, or a reason code; and `partial` for those that failed and went on without names."""
    remote: Counter[str] = field(default_factory=Counter)
    """`hedged`, `hedge_won`, `retried`, `circuit_opened`, `revision_changed`."""


class NerFront(ABC):
    """A `Detector`. Fail closed: no answer in time is `DetectorError`, unless the caller accepts partial findings."""

    name = "ner"

    def __init__(self, model: Model, timeout: float) -> None:
        self._model = model
        self._timeout = timeout
        self.counts = Counts()
        self.answers = True
        """What the last call said: the model can be reached and reads."""

    @abstractmethod
    async def _ask(self, texts: Sequence[str], until: float, *, bulk: bool) -> Answer:
        """`until` in `time.monotonic()` seconds. Raises DetectorError."""

    @property
    def revision(self) -> str:
        return self._model.revision

    @property
    def model_name(self) -> str:
        return self._model.name

    @property
    def entity_types(self) -> frozenset[str]:
        return self._model.entities

    def describe(self) -> str:
        return f"ner: {self._model.describe}"

    async def detect(self, parts: Sequence[Part]) -> Sequence[Finding]:
        if not calls.with_models():
            return []
        asked = self._model.revision
        if sum(len(part.text) for part in parts) > INLINE:
            wanted = await asyncio.to_thread(worth_reading, parts, self.counts.skipped)
        else:
            wanted = worth_reading(parts, self.counts.skipped)
        if not wanted:
            return []
        self.counts.read += len(wanted)
        try:
            found, revision = await self._found(wanted)
        except DetectorError as error:
            self.answers = False
            self.counts.outcomes[error.code] += 1
            if not calls.unread(self.name):
                raise
            self.counts.outcomes["partial"] += 1
            return []
        self.answers = True
        self.counts.outcomes["ok"] += 1
        if revision != asked:
            calls.not_cacheable()
        return found

    async def _found(self, wanted: Sequence[Wanted]) -> tuple[list[Finding], str]:
        texts = [one.text for one in wanted]
        until = time.monotonic() + self._timeout
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._ask(texts, until, bulk=calls.bulk())
        except TimeoutError:
            raise DetectorError("deadline_exceeded") from None
        check(texts, answer)
        return _findings(wanted, answer), answer.model.revision


def worth_reading(parts: Sequence[Part], skipped: Counter[str]) -> list[Wanted]:
    """The parts that go to the model; `skipped` counts the others by reason."""
    wanted = []
    for part in parts:
        view = legible(part.text)
        text = part.text if view is None else view.text
        reason = why_not(text) if read_of_kind(part.kind, text) else "kind"
        if reason is None:
            wanted.append(Wanted(part, readable(text), view))
        else:
            skipped[reason] += 1
    return wanted


def check(texts: Sequence[str], answer: Answer) -> None:
    """Raises DetectorError where the answer is not one for these texts."""
    spans, entities = answer.spans, answer.model.entities
    if not isinstance(spans, list) or len(spans) != len(texts):
        raise DetectorError
    try:
        for text, row in zip(texts, spans, strict=True):
            for start, end, entity, score in row:
                placed = type(start) is int and type(end) is int and 0 <= start < end <= len(text)
                if not placed or entity not in entities or not 0 <= float(score) <= 1:
                    raise DetectorError
    except (TypeError, ValueError):
        raise DetectorError from None


def _findings(wanted: Sequence[Wanted], answer: Answer) -> list[Finding]:
    rule = answer.model.rule
    return [
        one.finding(start, end, entity, float(score), rule)
        for one, row in zip(wanted, answer.spans, strict=True)
        for start, end, entity, score in row
    ]
