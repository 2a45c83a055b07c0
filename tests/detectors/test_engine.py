from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from detectors.engine import DetectorEngine
from detectors.packs.detector import RuleDetector
from detectors.types import Detector, DetectorError, Finding, Part, PartKind


@dataclass
class Words:
    """Finds a word; counts what it was shown."""

    word: str = "secret"
    name: str = "words"
    revision: str = "1"
    seen: list[str] = field(default_factory=list)
    error: BaseException | None = None
    shift: int = 0

    async def detect(self, parts: Sequence[Part]) -> list[Finding]:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        self.seen += [part.text for part in parts]
        return [
            Finding(part.id, place + self.shift, place + self.shift + len(self.word), "PASSWORD", 0.9, "t/w@1")
            for part in parts
            if (place := part.text.find(self.word)) >= 0
        ]


def text(identifier: int, value: str, kind: PartKind = PartKind.TEXT) -> Part:
    return Part(identifier, f"body/#{identifier}", kind, value)


async def test_identical_texts_are_read_once_and_then_never_again() -> None:
    words = Words()
    engine = DetectorEngine([words])
    parts = [text(0, "a secret"), text(1, "a secret"), text(7, "nothing")]
    found = await engine.detect(parts)
    assert [(f.part, f.start, f.end) for f in found] == [(0, 2, 8), (1, 2, 8)]
    assert words.seen == ["a secret", "nothing"]
    assert await engine.detect([text(3, "a secret")]) == [Finding(3, 2, 8, "PASSWORD", 0.9, "t/w@1")]
    assert len(words.seen) == 2
    assert engine.cache.hits == 1


async def test_another_revision_reads_again() -> None:
    words = Words()
    engine = DetectorEngine([words])
    first = engine.revision
    await engine.detect([text(0, "a secret")])
    words.revision = "2"
    assert engine.revision != first
    await engine.detect([text(0, "a secret")])
    assert len(words.seen) == 2


async def test_the_cache_is_bounded_and_holds_no_text() -> None:
    engine = DetectorEngine([Words()], cache_entries=4)
    for number in range(20):
        await engine.detect([text(0, f"a secret {number}")])
    assert len(engine.cache) == 4
    assert "secret" not in repr(vars(engine.cache))


@pytest.mark.parametrize(
    "error", [ValueError("payload"), KeyError("payload"), DetectorError("overloaded"), RuntimeError()]
)
@pytest.mark.parametrize("others", [0, 1])
async def test_any_error_is_a_detector_error_without_payload(error: Exception, others: int) -> None:
    failing = Words(error=error)
    engine = DetectorEngine([failing, *[Words()] * others])
    with pytest.raises(DetectorError) as caught:
        await engine.detect([text(0, "a secret")])
    assert "payload" not in str(caught.value)
    assert caught.value.__suppress_context__ or isinstance(error, DetectorError)
    failing.error = None
    assert await engine.detect([text(0, "a secret")]), "nothing was cached"


@pytest.mark.parametrize("shift", [-3, 5])
async def test_a_finding_outside_its_text_is_an_error(shift: int) -> None:
    with pytest.raises(DetectorError):
        await DetectorEngine([Words(shift=shift)]).detect([text(0, "a secret")])


async def test_cancellation_is_not_swallowed() -> None:
    with pytest.raises(asyncio.CancelledError):
        await DetectorEngine([Words(error=asyncio.CancelledError())]).detect([text(0, "a secret")])


@dataclass
class Patient:
    """Waits until it is cancelled, and says so."""

    name: str = "patient"
    revision: str = "1"
    outcome: str = "not asked"

    async def detect(self, parts: Sequence[Part]) -> list[Finding]:
        self.outcome = "waits"
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.outcome = "cancelled"
            raise
        return []


@pytest.mark.parametrize("first", [True, False])
async def test_the_first_error_ends_those_who_wait(first: bool) -> None:
    patient, failing = Patient(), Words(error=DetectorError("overloaded"))
    with pytest.raises(DetectorError, match="overloaded"):
        await DetectorEngine([failing, patient] if first else [patient, failing]).detect([text(0, "a secret")])
    assert patient.outcome == "cancelled"


async def test_a_caller_who_leaves_ends_all_detectors() -> None:
    patients = [Patient(), Patient()]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await DetectorEngine(patients).detect([text(0, "a secret")])
    assert [patient.outcome for patient in patients] == ["cancelled"] * 2


def test_no_detectors_is_refused() -> None:
    with pytest.raises(ValueError, match="clean"):
        DetectorEngine([])


async def test_a_key_gives_its_value_a_meaning(detector: RuleDetector) -> None:
    engine = DetectorEngine([detector])
    parts = [
        text(0, "password", PartKind.KEY),
        text(1, "hunter2xyz"),
        text(2, "note", PartKind.KEY),
        text(3, "hunter2xyz"),
        text(4, "birthday", PartKind.KEY),
        text(5, "1990-03-07"),
        text(6, "expires", PartKind.KEY),
        text(7, "1990-03-07"),
    ]
    found = await engine.detect(parts)
    assert [(f.part, f.start, f.end, f.entity_type) for f in found] == [
        (1, 0, 10, "PASSWORD"),
        (5, 0, 10, "DATE_OF_BIRTH"),
    ]
    assert await engine.detect(parts) == found
    assert await engine.detect([text(9, "hunter2xyz")]) == []


async def test_two_detectors_are_resolved_together(detector: RuleDetector) -> None:
    engine = DetectorEngine([detector, Words("13800138000 now")])
    (finding,) = await engine.detect([text(0, "电话13800138000 now")])
    assert (finding.start, finding.end, finding.entity_type) == (2, 17, "PHONE_NUMBER")


def test_the_rule_detector_is_a_detector(detector: RuleDetector) -> None:
    assert isinstance(detector, Detector)


async def test_large_parts_leave_the_event_loop_free(detector: RuleDetector) -> None:
    big = "x y z " * 60_000 + "zhang@example.com"
    (finding,) = await detector.detect([text(0, big)])
    assert big[finding.start : finding.end] == "zhang@example.com"
