"""`python -m benchmarks.gateway [--quick]`: measures everything and writes docs/benchmarks.md.

All systems run in one go on one machine, so that their ratios mean something even where the machine is slow.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.systems import LOAD_CORE, REPO, Running, System, origin, running, systems

CONCURRENCIES = (1, 16, 64)
KINDS = ("clean", "values")
STREAMS = (1, 16)


@dataclass(frozen=True)
class Load:
    system: str
    kind: str
    concurrency: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """Of all processes of the system, for one request."""
    failures: int


@dataclass(frozen=True)
class Stream:
    system: str
    streams: int
    first_ms: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Memory:
    system: str
    started_mib: float
    after_mib: float


def pinned(*words: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-m", *words], cwd=REPO, stdout=subprocess.PIPE, text=True)
    if LOAD_CORE is not None:
        os.sched_setaffinity(process.pid, {LOAD_CORE})
    return process


def last_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit("the load generator failed")
    return dict(json.loads(out.splitlines()[-1]))


def load(system: System, under_test: Running, kind: str, concurrency: int, seconds: float) -> Load:
    process = pinned("benchmarks.load", str(under_test.port), str(concurrency), str(seconds), kind)
    assert process.stdout is not None
    process.stdout.readline()  # "counting": the warm-up is over
    before = under_test.cpu_seconds()
    told = last_line(process)
    spent = under_test.cpu_seconds() - before
    requests = max(1, told["requests"])
    return Load(
        system=system.name,
        kind=kind,
        concurrency=concurrency,
        per_second=told["requests"] / told["seconds"],
        p50_ms=told["p50_ms"],
        p99_ms=told["p99_ms"],
        cpu_ms=spent / requests * 1000,
        failures=sum(told["failures"].values()),
    )


def stream(system: System, under_test: Running, streams: int, count: int) -> Stream:
    told = last_line(pinned("benchmarks.streams", str(under_test.port), str(streams), str(count), "5"))
    return Stream(system.name, streams, told["first_ms"], told["p50_ms"], told["p99_ms"])


def measure(system: System, upstream: int, seconds: float, events: int) -> dict[str, list[Any]]:
    print(f"{system.label} …", flush=True)
    with running(system, upstream) as under_test:
        started = under_test.memory_mib()
        loads = [load(system, under_test, kind, c, seconds) for kind in KINDS for c in CONCURRENCIES]
        streams = [stream(system, under_test, many, events) for many in STREAMS]
        after = under_test.memory_mib()
    for one in loads:
        print(
            f"  {one.kind:6} c{one.concurrency:<3} {one.per_second:8.0f}/s  p50 {one.p50_ms:7.2f} ms  "
            f"p99 {one.p99_ms:7.2f} ms  {one.cpu_ms:.3f} CPU-ms  {one.failures} failed",
            flush=True,
        )
    for each in streams:
        print(f"  {each.streams} streams: first {each.first_ms:.2f} ms, event p50 {each.p50_ms:.3f} ms", flush=True)
    return {"loads": loads, "streams": streams, "memory": [Memory(system.name, started, after)]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 s a measurement instead of 10 s")
    parser.add_argument("--only", default="", help="names of systems, separated by commas")
    parser.add_argument("--ner-model", default="", metavar="DIR", help="also measure with this NER model")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the raw figures there")
    parser.add_argument("--no-write", action="store_true", help="leave docs/benchmarks.md as it is")
    given = parser.parse_args()
    seconds, events = (3.0, 200) if given.quick else (10.0, 1000)
    wanted = [s for s in systems(given.ner_model) if not given.only or s.name in given.only.split(",")]
    figures: dict[str, list[Any]] = {"loads": [], "streams": [], "memory": []}
    with origin() as upstream:
        for system in wanted:
            for key, values in measure(system, upstream, seconds, events).items():
                figures[key] += values
    if given.json:
        given.json.write_text(json.dumps({key: [asdict(one) for one in some] for key, some in figures.items()}))
    if not given.no_write:
        report.write(wanted, figures, seconds)


if __name__ == "__main__":
    main()
