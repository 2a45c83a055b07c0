"""The locally hosted model: `python -m model_backend serve` as a child, on a Unix socket and without a network.

The mitm plane knows no Unix sockets; in front of the model it gets a loopback port instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from gateway.config import Config
from gateway.errors import ConfigError
from gateway.supervisor.children import ChildError
from gateway.supervisor.ports import free_port

HOST: Final = "local-model"
"""The name by which policies and records know it."""
START_SECONDS: Final = 180.0


def default_model() -> Path:
    import model_backend

    return Path(model_backend.__file__).parent / "default" / "model"


class LocalModel:
    """Ends when its stdin closes, so a killed gateway leaves no model behind."""

    def __init__(self, config: Config) -> None:
        self._model = config.model_dir or default_model()
        self._process: asyncio.subprocess.Process | None = None
        self._home = Path(tempfile.mkdtemp(prefix="redline-model-")) if config.plane == "asgi" else None
        self._port = 0 if self._home else free_port()

    @property
    def url(self) -> str:
        return f"http://{HOST}" if self._home else f"http://127.0.0.1:{self._port}"

    @property
    def socket(self) -> str:
        """Path of the Unix socket behind `HOST`; empty where the model listens on a port."""
        return str(self._home / "s") if self._home else ""

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> str:
        """Returns a line for people once it serves."""
        for package in ("torch", "transformers"):
            if find_spec(package) is None:
                raise ConfigError(
                    f"the local model needs {package}: install redline-gateway[model], or name a model server "
                    "with --upstream."
                )
        command = [sys.executable, "-m", "model_backend", "serve", "--model", str(self._model), *self._where()]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                while True:
                    line = await self._read_line()
                    if line.startswith("ready"):
                        return f"{_name(line)}, on this machine only{', without a network' if self._home else ''}"
        except TimeoutError:
            raise ChildError(f"the local model did not get ready within {START_SECONDS:g} s") from None

    def _where(self) -> list[str]:
        return ["--uds", self.socket] if self._home else ["--host", "127.0.0.1", "--port", str(self._port)]

    async def _read_line(self) -> str:
        if self._process is None or self._process.stdout is None:
            return ""
        line = await self._process.stdout.readline()
        if not line:
            raise ChildError("the local model ended while starting; run `redline doctor`")
        return line.decode("utf-8", "replace").strip()

    async def stop(self) -> None:
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _name(ready: str) -> str:
    """The model's name from `ready ADDRESS model=NAME …`."""
    return next((word[6:] for word in ready.split() if word.startswith("model=")), "a model")
