"""Presidio both ways: our detectors as a Presidio recognizer, Presidio's recognizers as one of our detectors.

    analyzer = AnalyzerEngine(registry=..., nlp_engine=...)
    analyzer.registry.add_recognizer(recognizer(RuleDetector(rules), entities))          # ours in theirs
    detector = PresidioDetector([CreditCardRecognizer(), UsSsnRecognizer()])             # theirs in ours
    AnonymizerEngine().anonymize(text, to_anonymizer(findings), operators)               # their operators, our findings

Presidio is imported inside the functions: importing this module costs nothing. Its own engine fails open (a regex
timeout, a model error and an oversize chunk are log lines there), so none of it is used: each recognizer is called
here, and what it raises, or answers out of bounds, is `DetectorError`.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from detectors.types import Detector, DetectorError, Finding, Part, PartKind

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer, RecognizerResult
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

READ = frozenset({PartKind.TEXT, PartKind.KEY, PartKind.NUMBER, PartKind.HEADER, PartKind.QUERY, PartKind.PATH})


@runtime_checkable
class SyncDetector(Protocol):
    """A detector that can answer without an event loop, such as RuleDetector and NameDetector."""

    name: str

    def find(self, text: str) -> Sequence[Finding]: ...


def recognizer(
    detector: Detector | SyncDetector,
    entities: Iterable[str],
    *,
    language: str = "en",
    min_score: float = 0.0,
    timeout: float = 10.0,
) -> EntityRecognizer:
    """A Presidio EntityRecognizer that emits all of `entities` in one pass over the text.

    Presidio binds a recognizer to one language; our detectors read Chinese and English alike, so register one
    instance for each language that is asked for (they share the detector). An error of the detector is raised,
    not swallowed. Results carry `analysis_explanation` and the rule id as pattern name.
    """
    from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult

    supported = sorted(set(entities))
    if not supported:
        raise ValueError("a recognizer needs at least one entity type")

    label = f"Redline[{detector.name}]"

    class RulePackRecognizer(EntityRecognizer):  # type: ignore[misc, unused-ignore]
        """One of our detectors, whole, as a recognizer."""

        def load(self) -> None:
            """Loaded by whoever built the detector."""

        def analyze(
            self, text: str, entities: list[str] | None, nlp_artifacts: NlpArtifacts | None = None
        ) -> list[RecognizerResult]:
            del nlp_artifacts  # ours need none
            wanted = set(entities or supported) & set(supported)
            if not wanted:
                return []
            return [
                self._result(finding)
                for finding in _find(detector, text, timeout)
                if finding.entity_type in wanted and finding.score >= min_score
            ]

        def _result(self, finding: Finding) -> RecognizerResult:
            # The engine drops results whose metadata names another recognizer, and the context enhancer needs
            # an explanation on each: both are set here.
            return RecognizerResult(
                entity_type=finding.entity_type,
                start=finding.start,
                end=finding.end,
                score=finding.score,
                analysis_explanation=AnalysisExplanation(
                    recognizer=label,
                    original_score=finding.score,
                    pattern_name=finding.rule,
                    textual_explanation=f"found by rule {finding.rule}",
                ),
                recognition_metadata={
                    RecognizerResult.RECOGNIZER_NAME_KEY: label,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                },
            )

    return RulePackRecognizer(supported_entities=supported, name=label, supported_language=language)


def _find(detector: Detector | SyncDetector, text: str, timeout: float) -> Sequence[Finding]:
    """Synchronously, whatever the caller's thread is doing."""
    find = getattr(detector, "find", None)
    if find is not None:
        return list(find(text))
    if not isinstance(detector, Detector):
        raise DetectorError
    part = Part(0, "text", PartKind.TEXT, text)

    async def ask() -> Sequence[Finding]:
        async with asyncio.timeout(timeout):
            return await detector.detect([part])

    # A loop of its own in a thread of its own: the caller may be inside a running one.
    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(asyncio.run, ask()).result()
        except TimeoutError:
            raise DetectorError("deadline_exceeded") from None


class PresidioDetector:
    """Presidio recognizers as one Detector. Each call runs on a thread, within `timeout`, on at most `max_length`.

    A text that is longer, an exception, a deadline, a result outside the text or of a type that its recognizer does
    not declare: `DetectorError`. Recognizers that need NLP artifacts get those of `nlp_engine`.
    """

    name = "presidio"

    def __init__(
        self,
        recognizers: Sequence[EntityRecognizer],
        *,
        nlp_engine: NlpEngine | None = None,
        timeout: float = 5.0,
        max_length: int = 200_000,
        min_score: float = 0.0,
        threads: int = 2,
    ) -> None:
        if not recognizers:
            raise ValueError("give at least one recognizer")
        self._recognizers = tuple(recognizers)
        self._nlp = nlp_engine
        self._timeout = timeout
        self._max_length = max_length
        self._min_score = min_score
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="presidio")
        self.revision = _revision(self._recognizers)
        for item in self._recognizers:
            item.load()

    @property
    def entity_types(self) -> frozenset[str]:
        return frozenset(entity for item in self._recognizers for entity in item.supported_entities)

    def describe(self) -> str:
        return f"presidio: {', '.join(_label(item) for item in self._recognizers)}"

    async def detect(self, parts: Sequence[Part]) -> Sequence[Finding]:
        wanted = [part for part in parts if part.kind in READ and part.text]
        if any(len(part.text) > self._max_length for part in wanted):
            raise DetectorError("overloaded")
        if not wanted:
            return []
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                # A recognizer cannot be interrupted; on a deadline its thread runs out by itself, unheard.
                return await loop.run_in_executor(self._pool, self._analyze, wanted)
        except TimeoutError:
            raise DetectorError("deadline_exceeded") from None
        except DetectorError:
            raise
        except Exception:  # noqa: BLE001  whatever a foreign recognizer raises may quote the text
            raise DetectorError from None

    def _analyze(self, parts: Sequence[Part]) -> list[Finding]:
        found: list[Finding] = []
        for part in parts:
            artifacts: dict[str, Any] = {}
            for item in self._recognizers:
                language = item.supported_language
                if self._nlp is not None and language not in artifacts:
                    artifacts[language] = self._nlp.process_text(part.text, language)
                results = item.analyze(part.text, list(item.supported_entities), _given(artifacts.get(language)))
                found.extend(self._finding(part, item, result) for result in results or ())
        return [finding for finding in found if finding.score >= self._min_score]

    def _finding(self, part: Part, item: EntityRecognizer, result: RecognizerResult) -> Finding:
        start, end, score = result.start, result.end, float(result.score)
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(part.text)):
            raise DetectorError
        if not 0 <= score <= 1 or result.entity_type not in item.supported_entities:
            raise DetectorError
        return Finding(part.id, start, end, result.entity_type, score, f"presidio/{_label(item)}@{item.version}")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _label(item: EntityRecognizer) -> str:
    """Its name; Presidio leaves the attribute without a type."""
    return str(getattr(item, "name", type(item).__name__))


def _given(artifacts: Any) -> Any:
    """Recognizers declare artifacts as given, though most take None."""
    return artifacts


def _revision(recognizers: Sequence[EntityRecognizer]) -> str:
    """A hash over package version, class and settings of each recognizer."""
    from importlib.metadata import version

    digest = hashlib.sha256(version("presidio-analyzer").encode())
    for item in recognizers:
        digest.update(f"{type(item).__module__}.{type(item).__qualname__} {_label(item)} {item.version}".encode())
        digest.update(f"{item.supported_language} {sorted(item.supported_entities)}".encode())
        for pattern in getattr(item, "patterns", None) or ():
            digest.update(f"{pattern.name} {pattern.regex} {pattern.score}".encode())
        try:
            digest.update(inspect.getsource(type(item)).encode())
        except (OSError, TypeError):
            continue
    return digest.hexdigest()[:16]


def to_anonymizer(findings: Iterable[Finding]) -> list[Any]:
    """Findings of ONE text as presidio_anonymizer's RecognizerResult, disjoint.

    Where findings overlap, the one with the better score (then the longer) keeps its span and the other is dropped
    or cut to what is left of it: Presidio's own conflict strategies cannot be undone on a partial overlap.
    """
    from presidio_anonymizer.entities import RecognizerResult

    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (-f.score, f.start - f.end, f.start, f.entity_type)):
        pieces = [(finding.start, finding.end)]
        for other in kept:
            pieces = [piece for start, end in pieces for piece in _without(start, end, other.start, other.end)]
        kept.extend(
            Finding(finding.part, start, end, finding.entity_type, finding.score, finding.rule) for start, end in pieces
        )
    return [
        RecognizerResult(entity_type=f.entity_type, start=f.start, end=f.end, score=f.score)
        for f in sorted(kept, key=lambda f: f.start)
    ]


def _without(start: int, end: int, low: int, high: int) -> list[tuple[int, int]]:
    """`start:end` less `low:high`."""
    if high <= start or end <= low:
        return [(start, end)]
    return [(a, b) for a, b in ((start, low), (high, end)) if a < b]


def predefined(names: Sequence[str], *, timeout: float = 5.0) -> PresidioDetector:
    """Presidio's own recognizers by class name (`all`: every English one that needs no model), as one Detector.

    Raises ValueError with the nearest name for one that Presidio does not have.
    """
    from difflib import get_close_matches

    from presidio_analyzer import RecognizerRegistry

    from detectors.presidio_nlp import WordlessNlpEngine

    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    known = {type(one).__name__: one for one in registry.recognizers if type(one).__module__.find("nlp_engine") < 0}
    chosen = list(known) if list(names) == ["all"] else list(names)
    for name in chosen:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise ValueError(f"Presidio has no recognizer {name}.{f' Did you mean {near[0]}?' if near else ''}")
    return PresidioDetector([known[name] for name in chosen], nlp_engine=WordlessNlpEngine(), timeout=timeout)
