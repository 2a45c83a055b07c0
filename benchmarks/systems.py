"""The systems under test, each as processes of its own, pinned to one core; the load and the origin have another."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

REPO = Path(__file__).resolve().parents[1]
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
SYSTEM_CORE, LOAD_CORE = (CORES[0], CORES[1]) if len(CORES) > 1 else (None, None)
START_SECONDS = 120.0


@dataclass(frozen=True)
class System:
    """One line of the tables."""

    name: str
    label: str
    command: tuple[str, ...] = ()
    """With {port}, {upstream}, {other} and {state} to be filled in; empty: the origin itself."""
    environment: Mapping[str, str] = field(default_factory=dict)


def redline(name: str, label: str, plane: str, **settings: str) -> System:
    command = (
        *("-m", "gateway.cli", "up", "--listen", "127.0.0.1:{port}", "--dashboard-listen", "127.0.0.1:{other}"),
        *("--upstream", "http://127.0.0.1:{upstream}", "--state-dir", "{state}", "--policy", "default"),
        *("--workers", "1", "--no-sample", "--plane", plane),
    )
    environment = {f"REDLINE_{key.upper()}": value for key, value in settings.items()}
    return System(name, label, command, {"REDLINE_LOG_LEVEL": "warning", **environment})


def systems(ner_model: str = "") -> list[System]:
    listed = [
        System("direct", "(a) direct, no gateway"),
        System("mitm", "(b) mitmproxy, minimal addons", ("-m", "benchmarks.bare_mitm", "{port}", "{upstream}")),
        redline("asgi-rules", "(c) Redline asgi, rules only", "asgi", ner_model="off"),
        redline("mitm-rules", "(c) Redline mitm, rules only", "mitm", ner_model="off"),
        redline("asgi-names", "(d) Redline asgi, rules and embedded NER model", "asgi"),
        redline("mitm-names", "(d) Redline mitm, rules and embedded NER model", "mitm"),
    ]
    if ner_model:
        listed.append(redline("asgi-ner", "(d) Redline asgi, rules and NER model", "asgi", ner_model=ner_model))
    return listed


@dataclass
class Running:
    port: int
    process: subprocess.Popen[bytes] | None

    def family(self) -> list[psutil.Process]:
        if self.process is None:
            return []
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def cpu_seconds(self) -> float:
        times = (process.cpu_times() for process in self.family())
        return sum(one.user + one.system for one in times)

    def memory_mib(self) -> float:
        """Proportional share, so that pages which processes have in common count once."""
        return sum(process.memory_full_info().pss for process in self.family()) / (1 << 20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(command: list[str], core: int | None, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("REDLINE_")}
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=REPO,
        env={**inherited, **environment, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    return process


def wait_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"a process of the benchmark ended with status {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port} after {START_SECONDS:g} s")


@contextlib.contextmanager
def origin() -> Iterator[int]:
    port = free_port()
    process = start(["-m", "benchmarks.origin", str(port)], LOAD_CORE, {})
    try:
        wait_listening(port, process)
        yield port
    finally:
        _end(process)


@contextlib.contextmanager
def running(system: System, upstream: int) -> Iterator[Running]:
    if not system.command:
        yield Running(upstream, None)
        return
    state = Path(tempfile.mkdtemp(prefix="rb-"))
    words = {"port": free_port(), "upstream": upstream, "other": free_port(), "state": state / "s"}
    process = start([word.format(**words) for word in system.command], SYSTEM_CORE, system.environment)
    try:
        wait_listening(int(str(words["port"])), process)
        yield Running(int(str(words["port"])), process)
    finally:
        _end(process)
        shutil.rmtree(state, ignore_errors=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
