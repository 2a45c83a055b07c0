"""`redline up` as a process, started and stopped the way a person would."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from .ports import eventually, free_port, listening
from .wire import Plane

READY_SECONDS = 90.0
STOP_SECONDS = 25.0
REPO = Path(__file__).resolve().parents[2]


def _is_ours(variable: str) -> bool:
    """No setting of whoever runs the tests reaches a gateway; the folder of compiled rules is the tests' own."""
    return not variable.startswith("REDLINE_") or variable == "REDLINE_CACHE_DIR"


class Gateway:
    """One `redline up`. Everything that it writes goes to folders of its own, for the canary to search.

    `model`: a NER model takes seconds to load, so most gateways here find names by word lists, as where none is
    installed; `auto` is what people start.
    """

    def __init__(
        self,
        upstream: str | None,
        policy: str = "default",
        *,
        redis_url: str | None = None,
        workers: int = 1,
        sample: bool = False,
        model: str = "names",
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="rl-"))  # short: a unix socket's path holds 107 bytes
        self.state_dir, self.temp_dir = self.root / "state", self.root / "tmp"
        self.temp_dir.mkdir()
        self.upstream = upstream
        self.port, self.dashboard_port, self.proxy_port = free_port(), free_port(), free_port()
        self.command = [sys.executable, "-m", "gateway.cli", "up", *self._options(policy, redis_url, workers)]
        self.command += [*options, *([] if sample else ["--no-sample"])]
        inherited = {name: value for name, value in os.environ.items() if _is_ours(name)}
        self.environment = {**inherited, "TMPDIR": str(self.temp_dir), "XDG_RUNTIME_DIR": str(self.temp_dir)}
        self.environment["REDLINE_NER_MODEL"] = model
        self.environment.update(environment or {})
        self.process: subprocess.Popen[bytes] | None = None
        self._family: dict[int, psutil.Process] = {}
        self._output: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._readers: list[threading.Thread] = []

    def _options(self, policy: str, redis_url: str | None, workers: int) -> list[str]:
        options = ["--listen", f"127.0.0.1:{self.port}", "--dashboard-listen", f"127.0.0.1:{self.dashboard_port}"]
        options += ["--proxy-listen", f"127.0.0.1:{self.proxy_port}", "--state-dir", str(self.state_dir)]
        options += ["--policy", policy, "--workers", str(workers)]
        options += ["--upstream", self.upstream] if self.upstream else []
        return options + (["--redis-url", redis_url] if redis_url else [])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def dashboard_url(self) -> str:
        return f"http://127.0.0.1:{self.dashboard_port}"

    @property
    def asgi(self) -> Plane:
        return Plane("asgi", ("127.0.0.1", self.port), host=f"127.0.0.1:{self.port}")

    @property
    def mitm(self) -> Plane:
        """The explicit forward proxy: absolute-form targets."""
        assert self.upstream is not None
        host = self.upstream.removeprefix("http://")
        return Plane("mitm", ("127.0.0.1", self.proxy_port), prefix=self.upstream, host=host)

    def plane(self, name: str) -> Plane:
        return self.mitm if name == "mitm" else self.asgi

    def launch(self) -> Gateway:
        """Start without waiting; again, with the same folders, where it has ended."""
        self._close_pipes()
        self._output = {"stdout": bytearray(), "stderr": bytearray()}
        self._readers = []
        self.process = subprocess.Popen(
            self.command,
            cwd=REPO,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # as in a terminal: Ctrl-C goes to the whole group, and to nobody else
        )
        for name in self._output:
            reader = threading.Thread(target=self._collect, args=(name,), daemon=True)
            reader.start()
            self._readers.append(reader)
        return self

    def start(self) -> Gateway:
        """Return when the ready line has been printed; AssertionError at the deadline or at an early end."""
        self.launch()
        ready = f"ready {self.url}"
        eventually(lambda: ready in self.stdout.splitlines() or self.ended, READY_SECONDS)
        if ready not in self.stdout.splitlines():
            self.discard()
            raise AssertionError(f"redline up did not become ready\n{self.stdout}\n{self.stderr}")
        self.family()
        return self

    def start_listening(self) -> Gateway:
        """Return when both ports accept, ready or not: a gateway with a broken stage never calls itself ready."""
        self.launch()
        assert eventually(lambda: self.ended or (listening(self.port) and listening(self.proxy_port)), READY_SECONDS), (
            "redline up does not listen"
        )
        assert not self.ended, f"redline up ended\n{self.stderr}"
        self.family()
        return self

    @property
    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    @property
    def stdout(self) -> str:
        return self._output["stdout"].decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        return self._output["stderr"].decode("utf-8", "replace")

    def family(self) -> list[psutil.Process]:
        """All descendants, the ones of earlier calls included."""
        assert self.process is not None
        try:
            alive = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            alive = []
        self._family.update({process.pid: process for process in alive})
        return list(self._family.values())

    def workers(self) -> list[psutil.Process]:
        """The descendants that carry traffic."""
        found = []
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "gateway.worker" in process.cmdline():
                    found.append(process)
        return found

    def worker_connected_to(self, port: int) -> psutil.Process | None:
        """The descendant that holds a connection with this local or remote port."""
        for process in [psutil.Process(self.process.pid) if self.process else psutil.Process(), *self.family()]:
            try:
                sockets = process.net_connections(kind="tcp")
            except psutil.Error:
                continue
            if any(port in (s.laddr.port, s.raddr.port) for s in sockets if s.status == "ESTABLISHED" and s.raddr):
                return process
        return None

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def interrupt(self) -> None:
        """Ctrl-C in a terminal: SIGINT to every process of the group."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """The exit status; what was written is then complete."""
        assert self.process is not None
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        return code

    def stop(self) -> int:
        self.family()
        if not self.ended:
            self.signal(signal.SIGTERM)
        return self.wait()

    def leftovers(self, seconds: float = 5) -> list[str]:
        """Descendants that are still alive after the end."""
        _, alive = psutil.wait_procs(list(self._family.values()), timeout=seconds)
        return [f"{process.pid} {process.status()}" for process in alive]

    def running(self) -> Iterator[Gateway]:
        """For a fixture: started, ended in good order, nothing left of it."""
        try:
            yield self.start()
            assert self.stop() == 0
            assert self.leftovers() == []
        finally:
            self.discard()

    def discard(self) -> None:
        """End it by force, whatever its state, and remove its folders."""
        if self.process is not None:
            self.family()
            for process in self._family.values():
                if process.is_running():
                    process.kill()
            if not self.ended:
                self.process.kill()
            self.wait()
            self._close_pipes()
        shutil.rmtree(self.root, ignore_errors=True)

    def _close_pipes(self) -> None:
        if self.process is not None:
            for pipe in (self.process.stdout, self.process.stderr):
                assert pipe is not None
                pipe.close()

    def _collect(self, name: str) -> None:
        assert self.process is not None
        pipe = getattr(self.process, name)
        while data := pipe.read1(1 << 16):
            self._output[name] += data
