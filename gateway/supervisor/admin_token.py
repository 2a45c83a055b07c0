"""The token of those who may change rules over HTTP: a file that is named, or one made in the state folder."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from gateway.config import Config
from gateway.errors import ConfigError

SHORTEST: Final = 32
"""Characters."""


def token_file(config: Config) -> Path:
    return config.admin_token_file or config.state_dir / "admin-token"


def made(config: Config) -> str:
    """The token; where none is configured it is made once, readable by its owner only. Raises ConfigError."""
    path = token_file(config)
    if config.admin_token_file is None:
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
    return read(config)


def read(config: Config) -> str:
    """Raises ConfigError, which never quotes it."""
    path = token_file(config)
    try:
        token = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file. Is the gateway running, with this state folder?") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path}: the token cannot be read. It is one line of ASCII; check its rights.") from None
    if len(token) < SHORTEST or not token.isprintable() or " " in token:
        mend = "Write one line of at least 32 random characters, or remove the file to have one made."
        raise ConfigError(f"{path}: this is no token. {mend}")
    return token
