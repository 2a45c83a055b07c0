"""Many callers at once, and for long: the real worker process over its socket, asked as a gateway asks it."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.ner_model import text_of
from detectors.ner.serving.client import NerDetector
from detectors.ner.serving.process import WorkerProcess
from detectors.types import Part, PartKind

CLIENTS = (1, 8, 64)
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Load:
    clients: int
    texts: int
    seconds: float
    latencies: list[float]
    cpu: float
    """Seconds of the worker process."""
    tokens: int
    batch: float
    """Sequences in a batch, on average."""
    padding: float

    def quantile(self, share: float) -> float:
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def texts_like(characters: int, count: int) -> list[str]:
    """Different texts of about this length, half of them Chinese, each with one name at its end."""
    sizes = [max(20, characters + (i * 37) % 120 - 60) for i in range(count)]
    return [f"{i} {text_of(size, 'zh' if i % 2 else 'en')}" for i, size in enumerate(sizes)]


async def load(worker: WorkerProcess, detector: NerDetector, clients: int, texts: Sequence[str]) -> Load:
    process = psutil.Process(worker.pid)
    before, cpu, began = await detector.stats(), sum(process.cpu_times()[:2]), time.perf_counter()
    todo, latencies = iter(texts), []

    async def client() -> None:
        for text in todo:
            start = time.perf_counter()
            await detector.detect([Part(0, "p", PartKind.TEXT, text)])
            latencies.append(time.perf_counter() - start)

    await asyncio.gather(*(client() for _ in range(clients)))
    seconds = time.perf_counter() - began
    after = await detector.stats()
    batches, sequences, tokens, cells = (after[n] - before[n] for n in ("batches", "sequences", "tokens", "cells"))
    used = sum(process.cpu_times()[:2]) - cpu
    return Load(clients, len(texts), seconds, latencies, used, tokens, sequences / batches, 1 - tokens / cells)


def varied() -> Iterator[str]:
    """Short texts in two languages, no two alike, now and then a longer one."""
    rng, texts = random.Random(3), texts_like(120, 500) + texts_like(900, 20)
    for number in itertools.count():
        yield f"{number:x} {rng.getrandbits(40):x} {rng.choice(texts)[rng.randrange(20) :]}"


async def memory(worker: WorkerProcess, detector: NerDetector, requests: int) -> list[tuple[int, int]]:
    """(requests so far, resident bytes): at the start, after a tenth, and so on to the end."""
    process, texts = psutil.Process(worker.pid), varied()
    rows = [(0, process.memory_info().rss)]
    for _ in range(10):
        todo = iter([next(texts) for _ in range(requests // 10)])

        async def client(todo: Iterator[str] = todo) -> None:
            for text in todo:
                await detector.detect([Part(0, "p", PartKind.TEXT, text)])

        await asyncio.gather(*(client() for _ in range(8)))
        rows.append((rows[-1][0] + requests // 10, process.memory_info().rss))
    return rows


def started(model: str | Path, flags: Sequence[str] = ()) -> tuple[WorkerProcess, NerDetector]:
    worker = WorkerProcess(model, flags)
    hello = worker.start()
    return worker, NerDetector(hello, worker.socket, None, 600)
