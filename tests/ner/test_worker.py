"""The real worker process over its real socket: answers, faults, restart."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from detectors.names import NameDetector
from detectors.ner import NerError, build
from detectors.ner.models import manifest
from detectors.ner.models.load import open_runtime
from detectors.ner.reading.reader import Reader
from detectors.ner.runtime import ProfileError
from detectors.ner.serving.client import NerDetector, can_hold_name
from detectors.ner.serving.process import WorkerProcess
from detectors.ner.serving.service import NerService
from detectors.ner.serving.worker import SICK, serve
from detectors.types import Detector, DetectorError, Part, PartKind
from tests.ner.served import WordRuntime
from tests.ner.tiny_model import build_table

pytestmark = pytest.mark.live


def parts(*texts: str, kind: PartKind = PartKind.TEXT) -> list[Part]:
    return [Part(i, f"p/{i}", kind, text) for i, text in enumerate(texts)]


@pytest.fixture(scope="module")
def process(table_folder: Path) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(table_folder, ("--device", "cpu", "--window", "32", "--overlap", "8", "--max-wait-ms", "20"))
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
async def detector(process: WorkerProcess) -> AsyncIterator[NerDetector]:
    """A client that does not own the worker."""
    found = build(socket=process.socket, timeout=20)
    assert isinstance(found, NerDetector)
    yield found
    await found.aclose()


async def test_findings_come_back_for_their_parts(detector: NerDetector) -> None:
    found = await detector.detect(parts("zed called", "nobody here", "我叫甄嬛，😀 zed"))
    assert [(f.part, f.start, f.end, f.entity_type) for f in found] == [
        (0, 0, 3, "PERSON"),
        (2, 2, 4, "PERSON"),
        (2, 7, 10, "PERSON"),
    ]
    assert all(f.rule == f"ner/tiny@{detector.revision[:12]}" for f in found)
    assert isinstance(detector, Detector)
    assert len(detector.revision) == 64
    assert "on cpu" in detector.describe()
    assert detector.entity_types == {"PERSON", "LOCATION"}


async def test_concurrent_requests_form_batches(detector: NerDetector) -> None:
    before = await detector.stats()
    answers = await asyncio.gather(*(detector.detect(parts(f"zed {i} the", "甄嬛")) for i in range(30)))
    assert all(len(found) == 2 for found in answers)
    after = await detector.stats()
    assert after["sequences"] - before["sequences"] == 60
    assert after["batches"] - before["batches"] < 60, "how many share one depends on who comes when; some always do"
    assert after["largest"] >= 2


async def test_lone_surrogates_and_a_long_text_keep_their_offsets(detector: NerDetector) -> None:
    text = "\ud83d the 病人 " * 3000 + "zed"
    (finding,) = await detector.detect(parts(text))
    assert text[finding.start : finding.end] == "zed"


async def test_only_texts_that_can_hold_a_name_are_sent(detector: NerDetector) -> None:
    before = await detector.stats()
    assert await detector.detect(parts("12345", "{}", "", "bm90IHZhbGlkIGlzIG5vdCBhIG5hbWU=")) == []
    assert await detector.detect(parts("zed", kind=PartKind.NUMBER) + parts("zed", kind=PartKind.STRUCTURAL)) == []
    assert (await detector.stats())["sequences"] == before["sequences"]


@pytest.mark.parametrize(
    ("text", "can"),
    [
        ("张", True),
        ("Al", True),
        ("O'Brien", True),
        ("Ünal", True),
        ("JohnSmithAndMaryJonesWereHereTogetherToday", True),
        ("2024-01-01 12:00", False),
        ("!?", False),
        ("deadbeef" * 5 + "0", False),
        ("a1", False),
    ],
)
def test_can_hold_name(text: str, can: bool) -> None:
    assert can_hold_name(text) is can


async def test_a_caller_who_leaves_does_not_disturb_the_others(detector: NerDetector) -> None:
    gone = [asyncio.create_task(detector.detect(parts("zed " * 400))) for _ in range(5)]
    stays = asyncio.create_task(detector.detect(parts("甄嬛")))
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    assert len(await stays) == 1


async def test_a_hung_worker_is_a_deadline_not_a_silence(process: WorkerProcess) -> None:
    detector = build(socket=process.socket, timeout=0.5)
    assert isinstance(detector, NerDetector)
    assert len(await detector.detect(parts("zed"))) == 1
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        with pytest.raises(DetectorError) as caught:
            await detector.detect(parts("zed"))
        assert caught.value.code == "deadline_exceeded"
        assert time.monotonic() - begin < 5
    finally:
        os.kill(process.pid, signal.SIGCONT)
    await detector.aclose()


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (
            "corrupt weights",
            r"did not start: .*model\.onnx: the model cannot be loaded .*check that its files are whole",
        ),
        ("poison", r"did not start: .*the model fails on a plain sentence \(ArithmeticError\)"),
    ],
)
def test_an_unusable_model_is_one_sentence(tmp_path: Path, table_folder: Path, harm: str, says: str) -> None:
    folder = shutil.copytree(table_folder, tmp_path / "tiny")
    if harm == "poison":
        build_table(folder, bad=float("nan"))
    else:
        (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:-200])
    with pytest.raises(NerError, match=says) as caught:
        build(folder, "cpu")
    assert "Traceback" not in str(caught.value)


def test_no_place_for_its_socket_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    for folder, says in ((deep, "too long a path for a socket; set TMPDIR"), (tmp_path / "none", "set TMPDIR to one")):
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        with pytest.raises(NerError, match=says):
            build("embedded", "cpu")
    assert list(deep.iterdir()) == []


def test_a_label_that_the_embedded_model_does_not_have_is_named() -> None:
    with pytest.raises(ProfileError, match=r"'PERSN' is none of its labels; it knows PERSON, LOCATION"):
        open_runtime("embedded", {"labels": {"PERSN": "PERSON"}})


def test_a_model_of_the_right_hash_starts_and_carries_it(table_folder: Path) -> None:
    revision = manifest.check(table_folder).revision
    detector = build(table_folder, "cpu", sha256=revision, options={"window": 40, "labels": {"LOC": ""}})
    assert isinstance(detector, NerDetector)
    assert detector.revision == revision
    assert detector.entity_types == {"PERSON"}
    assert "window 38" in detector.describe()
    detector.close()


async def test_a_model_that_fails_on_everything_ends_its_worker(tmp_path: Path) -> None:
    """Who started it starts it anew: a device that broke or ran out of memory rarely mends itself."""
    runtime = WordRuntime()
    runtime.broken = True
    service = NerService(Reader(runtime))
    serving = asyncio.create_task(serve(service, tmp_path / "ner.sock", keep_running=True))
    for _ in range(8):
        with pytest.raises(DetectorError):
            await service.spans(["zed"], 5, 0)
    assert await asyncio.wait_for(serving, 10) == SICK
    assert not (tmp_path / "ner.sock").exists()


def test_nobody_on_the_socket_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NerError, match="no NER worker answers"):
        build(socket=tmp_path / "none", start_timeout=1)


def test_without_a_model_the_word_lists_serve_and_say_so() -> None:
    detector = build(None)
    assert isinstance(detector, NameDetector)
    assert "no neural network" in detector.describe()


def test_neither_torch_nor_presidio_is_imported_by_the_client() -> None:
    code = (
        "import sys, detectors.ner, detectors.ner.serving.client, detectors.ner.serving.process, detectors.names;"
        "import gateway.supervisor.ner, gateway.ner; from gateway.config import load;"
        "detectors.ner.build(None); gateway.ner.ner_detectors(load(None, {'ner_model': 'names'}, {}));"
        "gateway.ner.choice_of(load(None, {}, {}));"
        "heavy = ('torch', 'transformers', 'onnxruntime', 'tokenizers', 'numpy', 'presidio_analyzer', 'spacy');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_killed_worker_fails_its_callers_comes_back_and_ends_with_its_parent(process: WorkerProcess) -> None:
    """Last in this file: the worker of the others is killed here."""
    detector = NerDetector(process.hello, None, process, 20)
    assert len(await detector.detect(parts("zed"))) == 1
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    waiting = asyncio.create_task(detector.detect(parts("zed")))
    await asyncio.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    begin = time.monotonic()
    with pytest.raises(DetectorError) as caught:
        await waiting
    assert caught.value.code == "detector_failed"
    assert time.monotonic() - begin < 5
    async with asyncio.timeout(100):
        while True:
            try:
                found = await detector.detect(parts("zed"))
                break
            except DetectorError:
                await asyncio.sleep(0.05)
    assert len(found) == 1
    child, socket = process._process, process.socket
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()
    assert await asyncio.to_thread(child.wait, 20) == 0
    assert not socket.exists()
    await detector.aclose()
