"""What the batcher did since start: plain numbers, as a dictionary for the wire and as Prometheus text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

WAITS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
TOKENS: Final = (16, 64, 256, 512, 1024, 2048, 4096, 8192, 16384, 65536)
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

COUNTERS: Final = {
    "batches": "Batches that the model was given",
    "sequences": "Sequences (windows of texts) in these",
    "tokens": "Tokens in these",
    "cells": "Tokens and padding in these",
    "dropped": "Sequences whose caller left before the model saw them",
    "refused": "Sequences refused because too much waits already",
    "expired": "Sequences whose deadline passed",
    "failed": "Batches that the model failed on",
    "retried": "Parts of a failed batch that were tried again",
    "poisoned": "Sequences that the model fails on even alone",
    "restarts": "Times that the NER process was started anew",
}


class Buckets:
    """A histogram: counts below fixed bounds, and the sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def snapshot(self) -> dict[str, Any]:
        return {"bounds": list(self.bounds), "counts": list(self.counts), "sum": round(self.total, 6)}


@dataclass(slots=True)
class BatchStats:
    """Counters since start; `tokens` and `cells` differ by padding."""

    batches: int = 0
    sequences: int = 0
    tokens: int = 0
    cells: int = 0
    dropped: int = 0
    refused: int = 0
    expired: int = 0
    failed: int = 0
    retried: int = 0
    poisoned: int = 0
    restarts: int = 0
    """Known to who starts the process; 0 here."""
    largest: int = 0
    """Most sequences in one batch."""
    wait_seconds: float = 0.0
    """Of all sequences together, from arrival to the start of their batch."""
    waits: Buckets = field(default_factory=lambda: Buckets(WAITS))
    sizes: Buckets = field(default_factory=lambda: Buckets(SIZES))
    batch_tokens: Buckets = field(default_factory=lambda: Buckets(TOKENS))
    forward_seconds: Buckets = field(default_factory=lambda: Buckets(SECONDS))

    def padding(self) -> float:
        """Share of cells that held no token."""
        return 1 - self.tokens / self.cells if self.cells else 0.0

    def batch(self, sizes: Sequence[int], waits: Iterable[float]) -> None:
        """A batch goes to the model: the lengths of its sequences, and how long each waited."""
        self.batches += 1
        self.sequences += len(sizes)
        self.largest = max(self.largest, len(sizes))
        self.tokens += sum(sizes)
        self.cells += len(sizes) * max(sizes)
        self.sizes.add(len(sizes))
        self.batch_tokens.add(sum(sizes))
        for seconds in waits:
            self.wait_seconds += seconds
            self.waits.add(seconds)

    def snapshot(self) -> dict[str, Any]:
        counters: dict[str, Any] = {name: getattr(self, name) for name in COUNTERS}
        return counters | {
            "largest": self.largest,
            "wait_seconds": round(self.wait_seconds, 4),
            "padding": round(self.padding(), 4),
            "histograms": {
                "queue_wait_seconds": self.waits.snapshot(),
                "batch_sequences": self.sizes.snapshot(),
                "batch_tokens": self.batch_tokens.snapshot(),
                "forward_seconds": self.forward_seconds.snapshot(),
            },
        }


_HISTOGRAMS: Final = {
    "queue_wait_seconds": "Time of a sequence in the queue",
    "batch_sequences": "Sequences in a batch",
    "batch_tokens": "Tokens in a batch, padding left out",
    "forward_seconds": "Time of a batch in the model",
}
_GAUGES: Final = {
    "queued_tokens": "Tokens that wait",
    "queued_sequences": "Sequences that wait",
    "resident_bytes": "Resident memory of the NER process",
    "up": "1: the NER process answers",
    "sick": "1: the model fails on everything",
}


def exposition(said: Mapping[str, Any], where: Mapping[str, str]) -> bytes:
    """Prometheus text of one process's `snapshot()` and gauges; `where` are the labels of its info line."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(_Collector(said, where))
    return generate_latest(registry)


class _Collector:
    def __init__(self, said: Mapping[str, Any], where: Mapping[str, str]) -> None:
        self._said, self._where = said, where

    def collect(self) -> Iterable[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

        said = self._said
        yield InfoMetricFamily("redline_ner_model", "What reads names, and where it runs", dict(self._where))
        for name, text in COUNTERS.items():
            yield CounterMetricFamily(f"redline_ner_{name}", text, value=float(said.get(name, 0)))
        for name, text in _GAUGES.items():
            if name in said:
                yield GaugeMetricFamily(f"redline_ner_{name}", text, value=float(said[name]))
        for name, text in _HISTOGRAMS.items():
            if name in said.get("histograms", {}):
                yield _histogram(f"redline_ner_{name}", text, said["histograms"][name])


def _histogram(name: str, text: str, said: Mapping[str, Any]) -> Any:
    from prometheus_client.core import HistogramMetricFamily

    buckets, total = [], 0
    for bound, count in zip([*map(float, said["bounds"]), float("inf")], said["counts"], strict=True):
        total += count
        buckets.append(("+Inf" if bound == float("inf") else repr(bound), total))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=float(said["sum"]))
