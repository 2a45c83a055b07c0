"""What the clients of NER models count, and what the local worker says of its queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from detectors.ner.worth import REASONS

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from detectors.ner.serving.front import NerFront

OUTCOMES: Final = ("ok", "detector_failed", "deadline_exceeded", "overloaded", "partial")
EVENTS: Final = ("hedged", "hedge_won", "retried", "circuit_opened", "revision_changed")


class NerMetrics:
    """Of one worker process: totals of its NER detectors, carried over every few seconds."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge

        own = registry or CollectorRegistry()
        self._texts = Counter(
            "redline_ner_texts",
            "Texts that the model read, or why it need not: they cannot hold a name",
            ["result"],
            registry=own,
        )
        self._calls = Counter(
            "redline_ner_calls",
            "Calls of the model; partial: it failed, and the message was judged without it",
            ["outcome"],
            registry=own,
        )
        self._events = Counter(
            "redline_ner_server_events", "What the client of shared NER servers did about them", ["event"], registry=own
        )
        self._failures = Counter(
            "redline_ner_server_failures", "Questions that a shared NER server failed on", ["server"], registry=own
        )
        self._open = Gauge(
            "redline_ner_circuits_open",
            "Shared NER servers that are left alone at the moment",
            multiprocess_mode="livesum",
            registry=own,
        )
        self._totals: dict[tuple[str, str], int] = {}

    def totals(self, detectors: Iterable[object]) -> None:
        """What was added since the last call counts."""
        from detectors.ner.serving.front import NerFront

        for number, detector in enumerate(one for one in detectors if isinstance(one, NerFront)):
            self._one(str(number), detector)

    def _one(self, number: str, detector: NerFront) -> None:
        counts = detector.counts
        self._count(self._texts, number, {"read": counts.read, **_of(counts.skipped, REASONS)})
        self._count(self._calls, number, _of(counts.outcomes, OUTCOMES))
        self._count(self._events, number, _of(counts.remote, EVENTS))
        endpoints: Sequence[Any] = getattr(detector, "endpoints", ())
        self._count(self._failures, number, {str(one.address): one.failures for one in endpoints})
        if endpoints:
            self._open.set(sum(one.breaker.open for one in endpoints))

    def _count(self, family: Any, number: str, totals: Mapping[str, int]) -> None:
        for label, total in totals.items():
            key = f"{family}/{number}", label
            if added := total - self._totals.get(key, 0):
                family.labels(label).inc(max(0, added))
            self._totals[key] = total


def _of(totals: Mapping[str, int], known: Iterable[str]) -> dict[str, int]:
    return {name: totals.get(name, 0) for name in known}


def worker_exposition(socket: str, where: Mapping[str, str], restarts: int = 0) -> bytes:
    """The local worker's queue and batches, asked over its socket; blocking, and short where it does not answer."""
    from detectors.ner.batching.stats import exposition
    from detectors.ner.serving import wire

    try:
        said = {**wire.ask(socket, {"op": "stats"}, seconds=1.0), "up": 1}
    except wire.WireError:
        said = {"up": 0}
    return exposition({**said, "restarts": restarts}, where)
