"""Two shared NER servers, of which one stalls again and again: latencies with and without asking a second one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import ner_load
from benchmarks.sheet import Sheet
from detectors.ner.serving.circuit import Allowance
from detectors.ner.serving.remote import RemoteNer, connect
from detectors.types import Part, PartKind

STALL, EVERY = 0.3, 1.5
"""Seconds that a server stands still, and from one time to the next."""


class Never(Allowance):
    def take(self) -> bool:
        return False


def measure(sheet: Sheet, model: str, *, quick: bool) -> None:
    sheet.progress("two shared servers, one of which stalls")
    texts = ner_load.texts_like(317, 300 if quick else 2000)
    sheet.say("\n## Two shared servers, one stands still for 0.3 s of every 1.5 s, 4 callers\n")
    sheet.say(
        "| | p50 ms | p95 ms | p99 ms | longest ms | asked twice | second was first |\n|---|---|---|---|---|---|---|"
    )
    with (
        tempfile.TemporaryDirectory(prefix="redline-bench-") as scratch,
        _server(model, scratch, "a") as (_, one),
        _server(model, scratch, "b") as (stalled, two),
    ):
        for name, hedged in (("one question, one server", False), ("a second one where the first is slow", True)):
            client = connect([one, two], timeout=60)
            if not hedged:
                client._allowance = Never()
            times = asyncio.run(_asked(client, stalled, texts))
            remote = client.counts.remote
            cells = [f"{1e3 * times[min(len(times) - 1, int(q * len(times)))]:,.1f}" for q in (0.5, 0.95, 0.99, 1)]
            sheet.say(
                f"| {name} | {' | '.join(cells)} | {remote['hedged'] / len(texts):.1%} | {remote['hedge_won']:,} |"
            )


@contextlib.contextmanager
def _server(model: str, scratch: str, name: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its address."""
    folder = Path(scratch, name)
    folder.mkdir(mode=0o700)
    command = [sys.executable, "-m", "model_backend.ner_server", "--model", model, "--device", "cpu"]
    with subprocess.Popen([*command, "--uds", str(folder / "s")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if not process.stdout.readline().startswith("ready "):
            raise SystemExit("the NER server did not start")
        try:
            yield process, f"unix://{folder / 's'}"
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()


async def _asked(client: RemoteNer, stalled: subprocess.Popen[str], texts: list[str]) -> list[float]:
    """Seconds of every question, in order of size."""
    todo, times = iter(texts), []

    async def caller() -> None:
        for text in todo:
            began = time.perf_counter()
            await client.detect([Part(0, "p", PartKind.TEXT, text)])
            times.append(time.perf_counter() - began)

    task = asyncio.ensure_future(_stalling(stalled.pid))
    await asyncio.gather(*(caller() for _ in range(4)))
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    os.kill(stalled.pid, signal.SIGCONT)
    await client.aclose()
    return sorted(times)


async def _stalling(pid: int) -> None:
    while True:
        await asyncio.sleep(EVERY - STALL)
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(STALL)
        os.kill(pid, signal.SIGCONT)
