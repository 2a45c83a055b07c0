"""What takes seconds to make and depends on nothing but its input, kept on disk under a hash of that input.

Holds parsed packs and compiled databases, never text that was read. Losing it costs time, nothing else; so every
failure is a miss. What others could write is not trusted: the folder must be ours, and closed to others.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

VARIABLE: Final = "REDLINE_CACHE_DIR"
"""A folder, or `off`."""
PATIENCE_SECONDS: Final = 45.0
_LOCK: Final = ".turn"
_LARGEST: Final = 256
"""Files kept; the oldest go first."""


@functools.lru_cache(maxsize=1)
def folder() -> Path | None:
    """Where the cache is; None: there is none."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen == "off":
        return None
    try:
        base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "redline"
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = base.stat()
    except (OSError, RuntimeError):
        return None
    ours = info.st_uid == os.getuid() if hasattr(os, "getuid") else True
    return base if ours and not stat.S_IMODE(info.st_mode) & 0o077 else None


@functools.lru_cache(maxsize=1)
def code_digest() -> bytes:
    """Changes when any line of this package does: results of other code are not ours."""
    digest = hashlib.sha256(sys.version.encode())
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.digest()


def key_of(kind: str, *inputs: bytes, ours: bool = True) -> str:
    """ours: made by this package, so that other code of it makes another thing; else by a library of known version."""
    digest = hashlib.sha256(kind.encode() + b"\0" + (code_digest() if ours else b""))
    for one in inputs:
        digest.update(len(one).to_bytes(8) + one)
    return f"{kind}-{digest.hexdigest()[:40]}"


def get(key: str) -> bytes | None:
    base = folder()
    if base is None:
        return None
    try:
        data = (base / key).read_bytes()
    except OSError:
        return None
    with contextlib.suppress(OSError):
        os.utime(base / key)  # what is in use is not what goes first
    body, digest = data[:-32], data[-32:]
    return body if hashlib.sha256(body).digest() == digest else None  # a write that was cut short


def put(key: str, body: bytes) -> None:
    base = folder()
    if base is None:
        return
    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(dir=base, prefix=".new-")
        with os.fdopen(handle, "wb") as file:
            file.write(body + hashlib.sha256(body).digest())
        Path(name).replace(base / key)
        _prune(base)


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """One process at a time makes what takes seconds, and the others then find it. Not re-entrant.

    Saves time and decides nothing: whoever has waited for long enough goes on all the same.
    """
    base = folder()
    try:
        lock = os.open(base / _LOCK, os.O_RDWR | os.O_CREAT, 0o600) if base is not None else -1
    except OSError:
        lock = -1
    if lock < 0:
        yield
        return
    try:
        _wait_for(lock)
        yield
    finally:
        os.close(lock)


def _wait_for(lock: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.05)
        else:
            return


class Book:
    """What pure functions of short texts gave, all in one file: read at the first question, written by `save`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pages: dict[str, Any] | None = None
        self._new = 0

    def get(self, *question: object) -> Any:
        """None: not known yet."""
        return self._open().get(_title(question))

    def put(self, answer: Any, *question: object) -> None:
        """`answer` is plain JSON, and not None."""
        self._open()[_title(question)] = answer
        self._new += 1

    def save(self) -> None:
        if self._new:
            self._new = 0
            put(key_of(self._name), orjson.dumps(self._open()))

    def _open(self) -> dict[str, Any]:
        if self._pages is None:
            known = get(key_of(self._name))
            self._pages = orjson.loads(known) if known is not None else {}
        return self._pages


def _title(question: tuple[object, ...]) -> str:
    return hashlib.blake2b(repr(question).encode(), digest_size=15).hexdigest()


def _prune(base: Path) -> None:
    kept = (file for file in base.iterdir() if file.is_file() and file.name != _LOCK)
    files = sorted(kept, key=lambda file: file.stat().st_mtime)
    for file in files[: max(0, len(files) - _LARGEST)]:
        file.unlink(missing_ok=True)
