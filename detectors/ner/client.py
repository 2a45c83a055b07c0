"""The gateway's side of the NER worker: an async Detector that answers in time or raises."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detectors.ner import wire
from detectors.ner.process import WorkerError, WorkerProcess
from detectors.types import DetectorError, Finding, Part, PartKind

READ = frozenset({PartKind.TEXT, PartKind.KEY})
WORD = re.compile("[^\\W\\d_]{2}|[\u3400-\u9fff\uf900-\ufaff]")
OPAQUE = re.compile(r"(?=[^\n]*[0-9])[A-Za-z0-9+/_\-]{32,}={0,2}")
"""Base64, hexadecimal, an identifier: one long word with digits and without a space."""
SURROGATE = re.compile("[\ud800-\udfff]")
CODES = frozenset({"detector_failed", "deadline_exceeded", "overloaded"})
RESTART_PAUSE = 1.0


def can_hold_name(text: str) -> bool:
    """False for texts that the model need not read: digits, punctuation, encoded blobs."""
    return WORD.search(text) is not None and (len(text) > 8192 or OPAQUE.fullmatch(text) is None)


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
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = self.loop.create_future()
        self._waiting[number] = future
        try:
            self._writer.write(wire.pack({**message, "id": number}))
            await self._writer.drain()
            return await future
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


class NerDetector:
    """A model in a worker process, as a Detector. Fail closed: no answer in time is `DetectorError`.

    With `process` the worker is ours: it is started again when it has died (calls fail meanwhile).
    With `socket` alone it belongs to somebody else, and we only connect.
    """

    name = "ner"

    def __init__(
        self, hello: Mapping[str, Any], socket: Path | None, process: WorkerProcess | None, timeout: float
    ) -> None:
        self._hello = dict(hello)
        self._socket = socket
        self._process = process
        self._timeout = timeout
        self._connection: _Connection | None = None
        self._connecting: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._restart: asyncio.Task[None] | None = None
        self._rule = f"ner/{hello['name']}@{str(hello['revision'])[:12]}"

    @property
    def revision(self) -> str:
        return str(self._hello["revision"])

    @property
    def entity_types(self) -> frozenset[str]:
        return frozenset(self._hello["entities"])

    def describe(self) -> str:
        return f"ner: {self._hello['describe']}"

    async def detect(self, parts: Sequence[Part]) -> Sequence[Finding]:
        wanted = [part for part in parts if part.kind in READ and can_hold_name(part.text)]
        if not wanted:
            return []
        until = time.monotonic() + self._timeout
        # Lone surrogates cannot be sent as JSON; one replacement a code point keeps the offsets.
        texts = [SURROGATE.sub("\ufffd", part.text) for part in wanted]
        try:
            async with asyncio.timeout(self._timeout):
                connection = await self._connected()
                seconds = max(0.0, until - time.monotonic())
                answer = await connection.ask({"texts": texts, "seconds": seconds})
        except TimeoutError:
            raise DetectorError("deadline_exceeded") from None
        return self._findings(wanted, answer)

    def _findings(self, parts: Sequence[Part], answer: Mapping[str, Any]) -> list[Finding]:
        if "error" in answer:
            code = str(answer["error"])
            raise DetectorError(code if code in CODES else "detector_failed")
        spans = answer.get("spans")
        if not isinstance(spans, list) or len(spans) != len(parts):
            raise DetectorError
        found = []
        for part, row in zip(parts, spans, strict=True):
            for start, end, entity, score in row:
                if not 0 <= start < end <= len(part.text):
                    raise DetectorError
                found.append(Finding(part.id, start, end, str(entity), float(score), self._rule))
        return found

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
        if hello["revision"] != self._hello["revision"]:
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
