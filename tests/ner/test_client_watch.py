"""The local worker of all gateway processes: when it is killed or hangs, callers are refused, and another one comes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from detectors.ner import build
from detectors.ner.serving.client import NerDetector
from detectors.types import DetectorError, Part, PartKind
from gateway.config import load
from gateway.supervisor import ner
from gateway.supervisor.ner import SharedNer

pytestmark = pytest.mark.live
PARTS = [Part(0, "p", PartKind.TEXT, "我叫甄嬛")]


@pytest.fixture
async def worker(table_folder: Path) -> AsyncIterator[SharedNer]:
    config = load(None, {"ner_model": str(table_folder), "names": False}, env={})
    shared = await asyncio.to_thread(SharedNer.start, config)
    yield shared
    await asyncio.to_thread(shared.stop)


async def comes_back(detector: NerDetector) -> None:
    """Until then every call is refused; none is ever answered with nothing."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(DetectorError):
                assert len(await detector.detect(PARTS)) == 1
                return
            await asyncio.sleep(0.02)


async def test_a_worker_that_is_killed_or_hangs_is_replaced_where_it_was(
    worker: SharedNer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ner, "WATCH_SECONDS", 0.05)
    monkeypatch.setattr(ner, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(ner, "PATIENCE", 1)
    said: list[str] = []
    watch = asyncio.create_task(worker.watch(said.append))
    detector = await asyncio.to_thread(build, socket=worker.socket, timeout=1)
    assert isinstance(detector, NerDetector)
    assert len(await detector.detect(PARTS)) == 1
    for number, (sign, problem) in enumerate(
        ((signal.SIGKILL, "has ended"), (signal.SIGSTOP, "does not answer")), start=1
    ):
        before = worker._process.pid if worker._process else None
        assert before is not None
        os.kill(before, sign)
        while worker.restarts < number:
            await asyncio.sleep(0.01)
        await comes_back(detector)
        assert problem in said[-1]
        assert worker._process is not None
        assert worker._process.pid != before
    text = (await asyncio.to_thread(worker.exposition)).decode()
    assert "redline_ner_restarts_total 2.0" in text
    assert "redline_ner_up 1.0" in text
    assert f'revision="{detector.revision}"' in text
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    await detector.aclose()


async def test_who_leaves_takes_the_work_along(worker: SharedNer) -> None:
    detector = await asyncio.to_thread(build, socket=worker.socket, timeout=20)
    assert isinstance(detector, NerDetector)
    gone = asyncio.create_task(detector.detect([Part(0, "p", PartKind.TEXT, "zed met the patient. " * 40_000)]))
    async with asyncio.timeout(30):
        while not (await detector.stats())["queued_sequences"]:
            await asyncio.sleep(0.01)
        gone.cancel()
        while (await detector.stats())["queued_sequences"]:
            await asyncio.sleep(0.01)
    assert (await detector.stats())["dropped"] > 0
    assert len(await detector.detect(PARTS)) == 1
    await detector.aclose()


async def test_other_weights_do_not_answer_under_the_old_revision(
    worker: SharedNer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ner, "WATCH_SECONDS", 0.05)
    said: list[str] = []
    worker.hello["revision"] = "0" * 64  # as if other files had been loaded at the start
    assert worker._process is not None
    os.kill(worker._process.pid or 0, signal.SIGKILL)
    await worker.watch(said.append)
    assert "restart the gateway" in said[-1]
    assert b"redline_ner_up 0.0" in worker.exposition()
