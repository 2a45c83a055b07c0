"""The gateway's side of the local NER worker: one unix socket, and the worker started anew when it has died."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from detectors.ner.serving import wire
from detectors.ner.serving.front import CODES, Answer, Model, NerFront
from detectors.ner.serving.process import WorkerError, WorkerProcess
from detectors.ner.worth import can_hold_name
from detectors.types import DetectorError

__all__ = ["NerDetector", "can_hold_name"]

RESTART_PAUSE: Final = 1.0
BULK: Final = 1
UNSENT: Final = 64 * 1024 * 1024
"""Bytes that may wait for a worker that does not read."""


class _Connection:
    """One socket to the worker and the requests that are under way on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.loop = asyncio.get_running_loop()
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._task = self.loop.create_task(self._read(reader), name="ner-client")
        self.broken = False

    async def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        if self._writer.transport.get_write_buffer_size() > UNSENT:
            raise DetectorError("overloaded")
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = self.loop.create_future()
        self._waiting[number] = future
        try:
            self._writer.write(wire.pack({**message, "id": number}))
            await self._writer.drain()
            return await future
        except asyncio.CancelledError:
            if not self.broken:
                self._writer.write(wire.pack({"id": number, "op": "cancel"}))
            raise
        except (OSError, wire.WireError):
            self.broken = True
            raise DetectorError from None
        finally:
            self._waiting.pop(number, None)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                answer = await wire.read(reader)
                future = self._waiting.pop(answer.get("id", 0), None)
                if future is not None and not future.done():
                    future.set_result(answer)
        except wire.WireError:
            pass
        finally:
            self.broken = True
            self._writer.close()
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(DetectorError())

    async def aclose(self) -> None:
        self.broken = True
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class NerDetector(NerFront):
    """A model in a worker process, as a Detector.

    With `process` the worker is ours: it is started again when it has died (calls fail meanwhile).
    With `socket` alone it belongs to somebody else, and we only connect.
    """

    def __init__(
        self, hello: Mapping[str, Any], socket: Path | None, process: WorkerProcess | None, timeout: float
    ) -> None:
        super().__init__(Model.of(hello), timeout)
        self._socket = socket
        self._process = process
        self._connection: _Connection | None = None
        self._connecting: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._restart: asyncio.Task[None] | None = None

    async def _ask(self, texts: Sequence[str], until: float, *, bulk: bool) -> Answer:
        connection = await self._connected()
        seconds = max(0.0, until - time.monotonic())
        said = await connection.ask({"texts": texts, "seconds": seconds, "priority": BULK if bulk else 0})
        if "error" in said:
            code = str(said["error"])
            raise DetectorError(code if code in CODES else "detector_failed")
        return Answer(said.get("spans"), self._model)

    async def stats(self) -> dict[str, Any]:
        """The worker's batch counters, for metrics."""
        connection = await self._connected()
        return await connection.ask({"op": "stats"})

    async def _connected(self) -> _Connection:
        current = self._connection
        loop = asyncio.get_running_loop()
        if current is not None and not current.broken and current.loop is loop:
            return current
        if self._connecting is None or self._connecting[0] is not loop:
            self._connecting = (loop, asyncio.Lock())
        async with self._connecting[1]:
            if self._connection is not None and not self._connection.broken and self._connection.loop is loop:
                return self._connection
            self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> _Connection:
        if self._process is not None and not self._process.alive():
            self._begin_restart()
            raise DetectorError
        path = self._process.socket if self._process is not None else self._socket
        try:
            reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 20)
        except OSError:
            raise DetectorError from None
        return _Connection(reader, writer)

    def _begin_restart(self) -> None:
        if self._restart is None or self._restart.done():
            self._restart = asyncio.get_running_loop().create_task(self._restarted(), name="ner-restart")

    async def _restarted(self) -> None:
        if self._process is None:
            return
        try:
            hello = await asyncio.to_thread(self._process.start)
        except WorkerError:
            await asyncio.sleep(RESTART_PAUSE)  # the next call tries again
            return
        if hello["revision"] != self._model.revision:
            self._process.stop()  # other weights would answer under the old revision

    async def aclose(self) -> None:
        if self._restart is not None:
            self._restart.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._restart
        if self._connection is not None:
            await self._connection.aclose()
            self._connection = None
        self.close()

    def close(self) -> None:
        """Stop the worker if it is ours; blocking, at most a few seconds."""
        if self._process is not None:
            self._process.stop()
