"""The locally hosted model: `python -m model_backend serve` as a child on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from gateway.config import Config
from gateway.errors import ConfigError
from gateway.supervisor.children import ChildError
from gateway.supervisor.ports import free_port

START_SECONDS: Final = 180.0


def default_model() -> Path:
    import model_backend

    return Path(model_backend.__file__).parent / "default" / "model"


class LocalModel:
    """Ends when its stdin closes, so a killed gateway leaves no model behind."""

    def __init__(self, config: Config) -> None:
        self._folder = config.model_dir or default_model()
        self._port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

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
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "model_backend", "serve", "--model", str(self._folder), "--host", "127.0.0.1",
            "--port", str(self._port), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(START_SECONDS):
                while True:
                    line = await self._read_line()
                    if line.startswith("ready"):
                        return f"{self._folder.name} served on this machine only, at {self.url}"
        except TimeoutError:
            raise ChildError(f"the local model did not get ready within {START_SECONDS:g} s") from None

    async def _read_line(self) -> str:
        if self._process is None or self._process.stdout is None:
            return ""
        line = await self._process.stdout.readline()
        if not line:
            raise ChildError("the local model ended while starting; run `redline doctor`")
        return line.decode("utf-8", "replace").strip()

    async def stop(self) -> None:
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
