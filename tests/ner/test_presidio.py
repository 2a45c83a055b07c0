"""With the installed Presidio: our detectors in its engine, its recognizers in ours, its operators on our findings."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from detectors.names import NameDetector
from detectors.packs.detector import RuleDetector, load_packs
from detectors.presidio import PresidioDetector, predefined, recognizer, to_anonymizer
from detectors.types import Detector, DetectorError, Finding, Part, PartKind

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, EmailRecognizer
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer.entities import OperatorConfig

    from detectors.presidio_nlp import WordlessNlpEngine

TEXT = "Dear John Smith, 请联系李娜女士, 4111111111111111"
ENTITIES = ("PERSON", "LOCATION", "ORGANIZATION", "ADDRESS")


def part(text: str) -> Part:
    return Part(3, "p", PartKind.TEXT, text)


@pytest.fixture(scope="module")
def names() -> NameDetector:
    return NameDetector()


@pytest.fixture
def engine(names: NameDetector) -> AnalyzerEngine:
    registry = RecognizerRegistry(supported_languages=["en", "zh"])
    for language in ("en", "zh"):
        registry.add_recognizer(recognizer(names, ENTITIES, language=language))
    registry.add_recognizer(CreditCardRecognizer())
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=WordlessNlpEngine(["en", "zh"]),
        supported_languages=["en", "zh"],
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_our_detector_in_their_engine(engine: AnalyzerEngine, language: str) -> None:
    results = engine.analyze(TEXT, language=language, entities=["PERSON"])
    assert sorted(TEXT[r.start : r.end] for r in results) == ["John Smith", "李娜"]
    assert all(r.recognition_metadata["recognizer_name"] == "Redline[names]" for r in results)


def test_beside_their_own_and_with_explanations(engine: AnalyzerEngine) -> None:
    results = engine.analyze(TEXT, language="en", return_decision_process=True)
    assert {r.entity_type for r in results} == {"PERSON", "CREDIT_CARD"}
    explained = {r.analysis_explanation.pattern_name for r in results if r.entity_type == "PERSON"}
    assert explained == {"names/en-person@1", "names/zh-person@1"}


def test_entities_are_filtered(engine: AnalyzerEngine) -> None:
    assert {r.entity_type for r in engine.analyze(TEXT, language="en", entities=["CREDIT_CARD"])} == {"CREDIT_CARD"}
    assert set(ENTITIES) <= set(engine.get_supported_entities("en"))


def test_context_enhancement_leaves_our_results_alone(engine: AnalyzerEngine) -> None:
    results = engine.analyze(TEXT, language="en", context=["Dear"], entities=["PERSON"])
    assert len(results) == 2


def test_a_whole_rule_pack_in_their_engine() -> None:
    rules = RuleDetector(load_packs())
    types = ["CN_RESIDENT_ID", "CREDIT_CARD", "EMAIL_ADDRESS"]
    registry = RecognizerRegistry(recognizers=[recognizer(rules, types)], supported_languages=["en"])
    engine = AnalyzerEngine(registry=registry, nlp_engine=WordlessNlpEngine())
    results = engine.analyze("身份证11010519491231002X，zhang@example.com", language="en")
    assert [(r.entity_type, r.start, r.end) for r in sorted(results)] == [
        ("CN_RESIDENT_ID", 3, 21),
        ("EMAIL_ADDRESS", 22, 39),
    ]


class AsyncOnly:
    """A detector without a synchronous door."""

    name = "later"
    revision = "1"

    async def detect(self, parts: Any) -> list[Finding]:
        return [Finding(p.id, 0, 1, "PERSON", 0.5, "later/x@1") for p in parts]


async def test_an_async_detector_works_inside_a_running_loop() -> None:
    made = recognizer(AsyncOnly(), ["PERSON"])
    assert [(r.start, r.end) for r in made.analyze("A", ["PERSON"], None)] == [(0, 1)]
    assert made.analyze("A", ["LOCATION"], None) == []


class FailingDetector(AsyncOnly):
    async def detect(self, parts: Any) -> list[Finding]:
        raise DetectorError("overloaded")


def test_our_error_is_not_swallowed_by_their_engine() -> None:
    registry = RecognizerRegistry(recognizers=[recognizer(FailingDetector(), ["PERSON"])], supported_languages=["en"])
    engine = AnalyzerEngine(registry=registry, nlp_engine=WordlessNlpEngine())
    with pytest.raises(DetectorError):
        engine.analyze("A", language="en")


class Foreign(EntityRecognizer):
    """A recognizer that does what a test tells it."""

    def __init__(self, results: Any) -> None:
        super().__init__(supported_entities=["PERSON"], name="Foreign")
        self.results = results

    def load(self) -> None: ...

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> Any:
        return self.results(text)


def result(entity: str = "PERSON", start: int = 0, end: int = 1, score: float = 0.5) -> RecognizerResult:
    return RecognizerResult(entity, start, end, score)


@pytest.fixture
def made() -> Iterator[list[PresidioDetector]]:
    found: list[PresidioDetector] = []
    yield found
    for detector in found:
        detector.close()


async def test_their_recognizers_as_our_detector(made: list[PresidioDetector]) -> None:
    detector = PresidioDetector([CreditCardRecognizer(), EmailRecognizer()])
    made.append(detector)
    assert isinstance(detector, Detector)
    found = await detector.detect([part("card 4111111111111111, zhang@example.com"), part(""), part("nothing")])
    assert {(f.part, f.entity_type) for f in found} == {(3, "CREDIT_CARD"), (3, "EMAIL_ADDRESS")}
    assert {f.rule.split("@")[0] for f in found} == {"presidio/CreditCardRecognizer", "presidio/EmailRecognizer"}
    assert detector.entity_types == {"CREDIT_CARD", "EMAIL_ADDRESS"}
    assert "CreditCardRecognizer" in detector.describe()


@pytest.mark.parametrize(
    "results",
    [
        lambda _: [result(end=99)],
        lambda _: [result(start=-1)],
        lambda _: [result(start=1, end=1)],
        lambda _: [result(score=1.5)],
        lambda _: [result(entity="OTHER")],
        lambda _: 1 / 0,
        lambda _: 5,
    ],
)
async def test_bad_answers_fail_closed(results: Any, made: list[PresidioDetector]) -> None:
    made.append(PresidioDetector([Foreign(results)]))
    with pytest.raises(DetectorError) as caught:
        await made[0].detect([part("secret text")])
    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None


async def test_a_recognizer_that_hangs_is_a_deadline(made: list[PresidioDetector]) -> None:
    gate = threading.Event()
    made.append(PresidioDetector([Foreign(lambda _: gate.wait(20) and [])], timeout=0.05))
    with pytest.raises(DetectorError) as caught:
        await made[0].detect([part("A")])
    gate.set()
    assert caught.value.code == "deadline_exceeded"


async def test_too_long_a_text_is_refused_not_cut(made: list[PresidioDetector]) -> None:
    made.append(PresidioDetector([Foreign(lambda _: [])], max_length=10))
    assert list(await made[0].detect([part("A" * 10)])) == []
    with pytest.raises(DetectorError) as caught:
        await made[0].detect([part("A" * 11)])
    assert caught.value.code == "overloaded"


def test_the_revision_tells_settings_apart() -> None:
    one, two = PresidioDetector([CreditCardRecognizer()]), PresidioDetector([EmailRecognizer()])
    again = PresidioDetector([CreditCardRecognizer()])
    assert one.revision == again.revision != two.revision
    for detector in (one, two, again):
        detector.close()


def test_their_operators_on_our_findings(names: NameDetector) -> None:
    anonymizer = AnonymizerEngine()
    done = anonymizer.anonymize(
        TEXT,
        to_anonymizer(names.find(TEXT)),
        {"PERSON": OperatorConfig("replace", {"new_value": "<P>"})},
    )
    assert done.text == "Dear <P>, 请联系<P>女士, 4111111111111111"


def test_overlaps_are_cut_so_that_nothing_is_left_over() -> None:
    findings = [
        Finding(0, 0, 10, "ADDRESS", 0.9, "a/a@1"),
        Finding(0, 5, 15, "PERSON", 0.5, "a/b@1"),
        Finding(0, 2, 4, "LOCATION", 0.4, "a/c@1"),
        Finding(0, 20, 22, "PERSON", 0.4, "a/b@1"),
    ]
    spans = [(r.start, r.end, r.entity_type) for r in to_anonymizer(findings)]
    assert spans == [(0, 10, "ADDRESS"), (10, 15, "PERSON"), (20, 22, "PERSON")]


async def test_presidios_own_recognizers_by_name() -> None:
    detector = predefined(["CreditCardRecognizer", "EmailRecognizer"])
    text = "card 4111111111111111, mail zhang@example.com"
    found = await detector.detect([Part(0, "body", PartKind.TEXT, text)])
    assert {text[f.start : f.end]: f.entity_type for f in found if f.entity_type != "URL"} == {
        "4111111111111111": "CREDIT_CARD",
        "zhang@example.com": "EMAIL_ADDRESS",
    }
    detector.close()


def test_a_recognizer_that_presidio_does_not_have_is_named_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean CreditCardRecognizer"):
        predefined(["CreditCardRecogniser"])
