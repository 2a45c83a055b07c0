"""`NameDetector`: names, places, organisations and addresses without a neural network."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence

from detectors.names.address import chinese_addresses, english_addresses
from detectors.names.chinese import ChineseTagger
from detectors.names.english import EnglishTagger, Word
from detectors.names.lexicon import DATA, english_words, word_list
from detectors.names.linear import chinese_model, english_model
from detectors.names.lowercase import lower_names
from detectors.names.organization import chinese_locations, chinese_organisations, english_organisations
from detectors.ner.reading.legible import legible
from detectors.types import Detector, DetectorError, Finding, Part, PartKind

VERSION = 1
HAN = re.compile("[\u4e00-\u9fff]")
CAPITAL = re.compile("[A-ZÀ-ÖØ-Þ]")
DIGIT = re.compile("[0-9]")
READ = frozenset({PartKind.TEXT, PartKind.KEY})
NEVER_ALONE = word_list("en-never-alone")
BEST, LEAST = 0.95, 0.4
INLINE = 16_384
"""Characters that are read on the event loop; more go to a thread, so that others are served meanwhile."""
CLASSES = ("PERSON", "LOCATION", "ORGANIZATION")

type Span = tuple[int, int, float]
type Row = list[tuple[Word, tuple[float, float, float]]]


def _english(text: str, tagger: EnglishTagger, floor: float) -> Iterator[tuple[str, str, Span]]:
    for row in tagger.classify(text):
        labels = [_label(p) for _, p in row]
        i = 0
        while i < len(row):
            j = i + 1
            if label := labels[i]:
                while j < len(row) and labels[j] == label:
                    j += 1
                kind = CLASSES.index(label)
                yield from _span(label, row[i:j], max(p[kind] for _, p in row[i:j]))
            i = j
        if floor < LEAST:
            yield from _doubtful(row, labels, floor)


def _span(label: str, some: Row, score: float, rule: str = "") -> Iterator[tuple[str, str, Span]]:
    start, end = some[0][0].start, _end(some[-1][0])
    alone = len(some) == 1 and some[0][0].lower in NEVER_ALONE
    if end - start > 1 and not alone:  # a lone letter is nobody
        yield label, rule or f"en-{label.lower()}", (start, end, score)


def _doubtful(row: Row, labels: list[str], floor: float) -> Iterator[tuple[str, str, Span]]:
    """Runs of words that may be a person, each with the surer ones beside it: for those who weigh the context."""
    may = [label == "PERSON" or (not label and p[0] >= floor) for label, (_, p) in zip(labels, row, strict=True)]
    i = 0
    while i < len(row):
        j = i + 1
        if may[i]:
            while j < len(row) and may[j]:
                j += 1
            doubted = [row[k][1][0] for k in range(i, j) if not labels[k]]
            if doubted:
                yield from _span("PERSON", row[i:j], min(doubted), "en-person-doubtful")
        i = j


def _label(p: tuple[float, float, float]) -> str:
    """PERSON from 0.4 on, whatever else is likelier by a little; others when they are the likeliest."""
    if p[0] >= LEAST and p[0] >= max(p[1], p[2]) - 0.15:
        return "PERSON"
    if p[1] >= max(p[2], 0.5):
        return "LOCATION"
    return "ORGANIZATION" if p[2] >= 0.5 else ""


def _end(word: Word) -> int:
    return word.end - 2 if word.lower.endswith(("'s", "’s")) else word.end


class NameDetector:
    """PERSON, LOCATION, ORGANIZATION and ADDRESS in Chinese and English; the default where no model is set.

    Linear in the text; needs no third-party package. Lists and weights are read at construction.
    `floor` below 0.4: doubtful persons as well, down to that score, for those who weigh what stands around them.
    """

    name = "names"

    def __init__(self, *, locations: bool = True, organizations: bool = True, floor: float = LEAST) -> None:
        try:
            self._english = EnglishTagger(english_model())
            self._chinese = ChineseTagger(chinese_model())
            english_words()
        except OSError as error:
            raise FileNotFoundError(f"{error.filename}: a word list is missing; reinstall the package") from None
        self._wanted = {"PERSON", "ADDRESS"}
        self._wanted |= {"LOCATION"} if locations else set()
        self._wanted |= {"ORGANIZATION"} if organizations else set()
        self._floor = floor
        self.revision = _revision([*sorted(self._wanted), f"{floor:g}"])

    @property
    def entity_types(self) -> frozenset[str]:
        return frozenset(self._wanted)

    def describe(self) -> str:
        return "names: word lists and a linear model (no neural network), Chinese and English"

    def find(self, text: str, part: int = 0) -> list[Finding]:
        """Findings of one text, sorted; they may overlap."""
        found = [
            Finding(part, start, end, entity, round(min(BEST, score), 3), f"names/{rule}@{VERSION}")
            for entity, rule, (start, end, score) in self._spans(text)
            if entity in self._wanted and score >= self._floor and end > start
        ]
        return sorted(found)

    def _spans(self, text: str) -> Iterator[tuple[str, str, Span]]:
        latin = CAPITAL.search(text) is not None
        digits = DIGIT.search(text) is not None
        if latin:
            yield from _english(text, self._english, self._floor)
            yield from _named("ORGANIZATION", "en-organization-suffix", english_organisations, text)
        if text[:1].isascii() or text.isascii() or latin:
            yield from (("PERSON", "en-person-lower", span) for span in lower_names(text))
        if digits:
            yield from _named("ADDRESS", "en-address", english_addresses, text)
        if HAN.search(text):
            at = 0
            for line in text.split("\n"):
                if HAN.search(line):
                    for entity, rule, (start, end, score) in self._han(line):
                        yield entity, rule, (start + at, end + at, score)
                at += len(line) + 1

    def _han(self, line: str) -> Iterator[tuple[str, str, Span]]:
        yield from _named("PERSON", "zh-person", self._chinese.find, line)
        if "LOCATION" in self._wanted:
            yield from _named("LOCATION", "zh-location", chinese_locations, line)
        if "ORGANIZATION" in self._wanted:
            yield from _named("ORGANIZATION", "zh-organization", chinese_organisations, line)
        yield from _named("ADDRESS", "zh-address", chinese_addresses, line)

    async def detect(self, parts: Sequence[Part]) -> Sequence[Finding]:
        wanted = [part for part in parts if part.kind in READ and part.text]
        try:
            if sum(len(part.text) for part in wanted) > INLINE:
                return await asyncio.to_thread(self._find_all, wanted)
            return self._find_all(wanted)
        except (RecursionError, MemoryError):
            raise DetectorError from None

    def _find_all(self, parts: Sequence[Part]) -> list[Finding]:
        return [finding for part in parts for finding in self._read(part)]

    def _read(self, part: Part) -> Iterator[Finding]:
        """As a model would: what the spelling hides is spelled out, and findings are places of the text itself."""
        view = legible(part.text)
        for found in self.find(part.text if view is None else view.text, part.id):
            start, end = (found.start, found.end) if view is None else view.span(found.start, found.end)
            yield Finding(found.part, start, end, found.entity_type, found.score, found.rule)


def _named(entity: str, rule: str, find: Callable[[str], Iterator[Span]], text: str) -> Iterator[tuple[str, str, Span]]:
    return ((entity, rule, span) for span in find(text))


def _revision(wanted: list[str]) -> str:
    digest = hashlib.sha256(f"{VERSION} {' '.join(wanted)}".encode())
    for path in sorted(DATA.glob("*.txt")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


_: type[Detector] = NameDetector
