"""A private, real Valkey or Redis server as a child process: the default store on one machine.

- Reached only through a Unix socket in a fresh directory of mode 0700; no TCP port.
- The configuration goes in on standard input and holds only SHA-256 hashes of random passwords:
  no secret in arguments, environment or on disk.
- Nothing of the data reaches the disk: no RDB, no AOF, no core file, no crash report, no slow log.
- It ends with its owner, however that ends (see `guard.py`).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from gateway.errors import ConfigError
from gateway.stores import guard
from gateway.stores.acl import LAUNCHER, RULES, Role
from gateway.stores.servers import ServerBinary, find_server

PREFIX: Final = "redline-valkey-"
SOCKET_PATH_BYTES: Final = 103
"""sun_path holds 108 bytes on Linux and 104 on macOS, its closing zero included."""
START_SECONDS: Final = 15.0
ORPHAN_SECONDS: Final = 60.0

_MEMORY: Final[dict[str, str]] = {"vault": "256mb", "log": "512mb"}
_POLICY: Final[dict[str, str]] = {"vault": "noeviction", "log": "volatile-ttl"}
"""A full vault refuses (the gate then blocks); a full log drops what would expire next."""


class EmbeddedValkey:
    """One server for one role. `start` blocks for about 0.1 s; call it before the event loop runs."""

    def __init__(
        self,
        role: Role,
        *,
        maxmemory: str | None = None,
        binary: str | Path | None = None,
        runtime_dir: Path | None = None,
    ) -> None:
        self.role: Role = role
        self._maxmemory = maxmemory or _MEMORY[role]
        self._wanted = binary
        self._base = runtime_dir
        self._passwords = {user: secrets.token_urlsafe(32) for user in RULES[role]}
        self._guard: subprocess.Popen[bytes] | None = None
        self._control = -1
        self._lock = -1
        self.binary: ServerBinary | None = None
        self.directory: Path | None = None
        self.pid = 0
        """Of the server itself."""

    def start(self) -> None:
        """Return once the server answers; raise `ConfigError` with the mend if it cannot be had."""
        if self._guard is not None:
            return
        self.binary = find_server(self._wanted)
        base = runtime_base(self._base)
        sweep(base)
        self.directory, self._lock = _fresh_directory(base)
        try:
            self._launch(self.binary, self.directory)
            self.pid = self._await_ready(self.directory)
        except BaseException:
            self.stop()
            raise

    def revive(self) -> None:
        """Start anew, and empty, a server that has died: same address, same passwords, so its clients find it again.

        Blocks and raises as `start` does; nothing happens where it is alive or was never started.
        """
        if self.alive or self.binary is None or self.directory is None:
            return
        self._let_go()
        self._launch(self.binary, self.directory)
        self.pid = self._await_ready(self.directory)

    def _launch(self, binary: ServerBinary, directory: Path) -> None:
        reader, self._control = os.pipe()
        command = [sys.executable, "-I", "-S", guard.__file__, str(reader), str(directory), str(binary.path)]
        with (directory / "log").open("wb") as log:
            self._guard = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=directory,
                env={},
                pass_fds=(reader, self._lock),  # the lock is held for as long as any of them lives
                start_new_session=True,  # Ctrl-C is for the owner, which stops its stores last
            )
        os.close(reader)
        assert self._guard.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError), self._guard.stdin as config:
            config.write(self._configuration(binary, directory).encode())

    def _configuration(self, binary: ServerBinary, directory: Path) -> str:
        settings = {
            "port": "0",
            "unixsocket": _quoted(str(directory / "s")),
            "unixsocketperm": "700",
            "dir": _quoted(str(directory)),
            "daemonize": "no",
            "logfile": '""',
            "loglevel": "warning",
            "save": '""',
            "appendonly": "no",
            "maxmemory": self._maxmemory,
            "maxmemory-policy": _POLICY[self.role],
            "maxclients": "2000",
            "hz": "50",
            "active-expire-effort": "4",
            "lazyfree-lazy-expire": "yes",
            "lazyfree-lazy-eviction": "yes",
            "lazyfree-lazy-user-del": "yes",
            "slowlog-log-slower-than": "-1",
            "slowlog-max-len": "0",
            "latency-monitor-threshold": "0",
            "acllog-max-len": "0",
            "crash-log-enabled": "no",
            "crash-memcheck-enabled": "no",
            "enable-debug-command": "no",
            "enable-module-command": "no",
            "enable-protected-configs": "no",
            "client-output-buffer-limit": "pubsub 8mb 2mb 60",
        } | _newer_settings(binary)
        lines = [f"{name} {value}" for name, value in settings.items()]
        lines.append("user default off")
        for user, rules in RULES[self.role].items():
            digest = hashlib.sha256(self._passwords[user].encode()).hexdigest()
            lines.append(f"user {user} on #{digest} {rules}")
        return "\n".join(lines) + "\n"

    def _await_ready(self, directory: Path) -> int:
        """The server's process id, once it answers."""
        assert self._guard is not None  # noqa: S101
        deadline = time.monotonic() + START_SECONDS
        while self._guard.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                return _process_id(directory / "s", self._passwords[LAUNCHER])
            time.sleep(0.005)
        tail = (directory / "log").read_text(errors="replace").strip().splitlines()[-3:]
        raise ConfigError(
            f"The embedded store server ({self.binary.release if self.binary else 'unknown'}) did not start: "
            f"{' / '.join(tail) or 'it said nothing'}. Free memory, choose another binary with "
            "REDLINE_VALKEY_SERVER, or use --redis-url."
        )

    def url(self, user: str = "gateway") -> str:
        """For `Link`; holds a password. Raises `ConfigError` for a user whom this role does not have."""
        if user not in self._passwords or self.directory is None:
            raise ConfigError(f"The {self.role} store has no user '{user}', or was not started.")
        return f"unix://{user}:{self._passwords[user]}@{self.directory}/s"

    @property
    def alive(self) -> bool:
        return self._guard is not None and self._guard.poll() is None

    def stop(self) -> None:
        """End the server and remove its directory. May be called twice; never raises."""
        self._let_go()
        if self._guard is not None:
            try:
                self._guard.wait(guard.GRACE_SECONDS + 3)
            except subprocess.TimeoutExpired:
                self._guard.kill()
                self._guard.wait()
            self._guard = None
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _let_go(self) -> None:
        if self._control >= 0:
            with contextlib.suppress(OSError):
                os.write(self._control, b"end")  # a forked child may hold this pipe open, so its end alone may not come
            os.close(self._control)
            self._control = -1

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _newer_settings(binary: ServerBinary) -> dict[str, str]:
    """Directives that older servers refuse to start with."""
    settings: dict[str, str] = {}
    if binary.family == "valkey" and binary.version >= (8, 1, 0):
        # COMMANDLOG keeps large requests and answers whole, and is on by default.
        settings |= {f"commandlog-{what}": "-1" for what in ("request-larger-than", "reply-larger-than")}
        settings["commandlog-execution-slower-than"] = "-1"
        settings["hide-user-data-from-log"] = "yes"
    if binary.family == "redis" and binary.version >= (8, 0, 0):
        settings["hide-user-data-from-log"] = "yes"
    return settings


def runtime_base(wanted: Path | None = None) -> Path:
    """Where the private directory goes: the given one, the user's runtime directory, or a temporary one."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    options = [wanted] if wanted else [*([Path(runtime)] if runtime else []), Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108
    for base in options:
        socket_path = base / f"{PREFIX}{'x' * 8}" / "s"
        if base.is_dir() and os.access(base, os.W_OK | os.X_OK) and len(os.fsencode(socket_path)) <= SOCKET_PATH_BYTES:
            return base
    raise ConfigError(
        f"No directory for the store's socket: {options[0]} is missing, not writable or its name is too long "
        f"(a socket path holds {SOCKET_PATH_BYTES} bytes). Set XDG_RUNTIME_DIR to a short, writable directory."
    )


def sweep(base: Path) -> int:
    """Remove directories whose owner, guard and server are all gone. Returns how many."""
    removed = 0
    for directory in _ours(base):
        if _is_orphan(directory):
            shutil.rmtree(directory, ignore_errors=True)
            removed += 1
    return removed


def _ours(base: Path) -> Iterator[Path]:
    for directory in base.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if not directory.is_symlink() and directory.is_dir() and directory.stat().st_uid == os.geteuid():
                yield directory


def _is_orphan(directory: Path) -> bool:
    try:
        lock = os.open(directory / "lock", os.O_RDONLY)
    except FileNotFoundError:  # being made right now, or abandoned half made
        with contextlib.suppress(OSError):
            return time.time() - directory.stat().st_mtime > ORPHAN_SECONDS
        return False
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(lock)


def _fresh_directory(base: Path) -> tuple[Path, int]:
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))  # mode 0700
    lock = os.open(directory / "lock.new", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    (directory / "lock.new").rename(directory / "lock")  # it appears locked: no sweep can come in between
    return directory, lock


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _process_id(path: Path, password: str) -> int:
    """Ask the server for its process id; `OSError` while it is not ready."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2.0)
        connection.connect(str(path))
        connection.sendall(f"AUTH {LAUNCHER} {password}\r\nINFO server\r\nQUIT\r\n".encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    for line in answer.splitlines():
        if line.startswith(b"process_id:"):
            return int(line[11:])
    raise ConnectionError
