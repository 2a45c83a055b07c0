"""What an operator on this machine asks of a running gateway: a Unix socket, one JSON line each way.

    STATE_DIR/control     {"socket": path, "token": secret}; the file, its folder and the socket are for one user only
    → {"token": …, "command": "erase", "tenant": …, "subject": …, "conversation": …}
    ← {"erased": true} or {"error": text}

Not on the dashboard's listener: that one never reaches the vault.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from gateway.errors import ConfigError
from gateway.stores.embedded import SOCKET_PATH_BYTES
from gateway.supervisor.fleet import Fleet

FILE_NAME: Final = "control"
LONGEST: Final = 4096
"""Bytes of a line."""
ASK_SECONDS: Final = 30.0
_READ_SECONDS: Final = 5.0


class NotRunning(ConfigError):
    """Nobody answers for this state folder."""


type Command = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class Control:
    """`start`, and `stop` once."""

    def __init__(self, state_dir: Path, commands: Mapping[str, Command]) -> None:
        self._file = state_dir.absolute() / FILE_NAME
        self._commands = commands
        self._token = secrets.token_urlsafe(32)
        self._folder: Path | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Of two gateways on one state folder the later one is asked. Raises ConfigError."""
        self._folder = _private_folder(self._file.parent)
        path = self._folder / "s"
        try:
            self._server = await asyncio.start_unix_server(self._serve, path, limit=LONGEST)
            path.chmod(0o600)
            draft = self._file.with_name(f"{FILE_NAME}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(json.dumps({"socket": str(path), "token": self._token}))
            draft.replace(self._file)
        except OSError as error:
            await self.stop()
            raise ConfigError(f"{self._file}: the control socket cannot be opened ({error.strerror}).") from None

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        with contextlib.suppress(OSError, ValueError):
            if json.loads(self._file.read_text())["token"] == self._token:  # else it is another gateway's by now
                self._file.unlink()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError):
            async with asyncio.timeout(_READ_SECONDS):
                line = await reader.readline()
            answer = await self._answer(json.loads(line))
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def _answer(self, asked: object) -> Mapping[str, Any]:
        if not isinstance(asked, dict) or not _equal(asked.pop("token", None), self._token):
            return {"error": "the token is not this gateway's"}
        command = self._commands.get(str(asked.pop("command", "")))
        if command is None:
            return {"error": "this gateway does not know that command; is it an older one?"}
        return await command(asked)


def eraser(fleet: Fleet) -> Command:
    """Every worker forgets the scope, so that none keeps its key in memory."""

    async def erase(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        words = [asked.get(name) for name in ("tenant", "subject", "conversation")]
        if not all(isinstance(word, str) for word in words):
            return {"error": "tenant, subject and conversation are needed"}
        tenant, subject, conversation = words
        said = await fleet.command("erase", tenant=tenant, subject=subject, conversation=conversation)
        if not said or any(one.get("event") != "erased" for one in said):
            return {"error": "not every worker could reach the vault; try again"}
        return {"erased": any(one["erased"] for one in said)}

    return erase


def ask(state_dir: Path, command: str, **words: str) -> Mapping[str, Any]:
    """What the running gateway answers; blocking. Raises NotRunning where none runs with this state folder, and
    ConfigError for what it refuses."""
    file = state_dir.absolute() / FILE_NAME
    try:
        said = json.loads(file.read_text())
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ASK_SECONDS)
            connection.connect(str(said["socket"]))
            connection.sendall(json.dumps({"token": said["token"], "command": command, **words}).encode() + b"\n")
            answer = json.loads(connection.makefile("rb").readline(LONGEST))
    except PermissionError:
        raise ConfigError(f"{file}: it belongs to another user. Ask as the one who runs the gateway.") from None
    except TimeoutError:
        raise ConfigError("The gateway does not answer; try again, or look at its log.") from None
    except (OSError, ValueError, KeyError):
        raise NotRunning(f"No gateway runs with the state folder {state_dir}.") from None
    if "error" in answer:
        raise ConfigError(f"The gateway refused: {answer['error']}.")
    return dict(answer)


def _private_folder(state_dir: Path) -> Path:
    """For the socket, mode 0700; below the state folder where its path is short enough for one."""
    fits = len(os.fsencode(state_dir / "control-xxxxxxxx" / "s")) <= SOCKET_PATH_BYTES
    try:
        return Path(tempfile.mkdtemp(prefix="control-" if fits else "redline-", dir=state_dir if fits else None))
    except OSError as error:
        raise ConfigError(f"{state_dir}: no socket can be made there ({error.strerror}).") from None


def _equal(given: object, token: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), token.encode())
