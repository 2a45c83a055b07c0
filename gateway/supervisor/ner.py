"""One NER worker for all gateway workers: the model is loaded once, and batches form across processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self

from detectors.ner import NerError, worker_flags
from gateway.config import Config
from gateway.errors import ConfigError
from gateway.ner import choice_of, server_model, worker_options

if TYPE_CHECKING:
    from detectors.ner.serving.process import WorkerProcess


WATCH_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 5.0
PATIENCE: Final = 3
"""Questions without an answer, after which a worker counts as hung."""

GRACE_SECONDS: Final = 0.5
LONGEST_PAUSE: Final = 60.0


class SharedNer:
    """Blocking calls, before and after the event loop. Without a model there is nothing to start."""

    def __init__(self, described: str) -> None:
        self.described = described
        self.socket = ""
        self.hello: dict[str, Any] = {}
        """What the worker says of itself: name, revision, device, kind."""
        self.restarts = self._failures = 0
        self._process: WorkerProcess | None = None

    @classmethod
    def start(cls, config: Config) -> Self:
        """Raises ConfigError where the model cannot be served."""
        if config.ner_server:
            model = server_model(config)
            return cls(f"{model.describe}, SHA-256 {model.revision[:12]}, shared server {', '.join(config.ner_server)}")
        choice = choice_of(config)
        if choice.folder is None:
            offline = "offline name detector (no model)"
            described = offline if config.names or choice.kind == "names" else "off"
            return cls(f"{described}: {choice.why}" if choice.why else described)
        from detectors.ner.serving.process import WorkerError, WorkerProcess

        flags = worker_flags(config.ner_device, config.ner_model_sha256 or "", worker_options(config))
        process = WorkerProcess(choice.folder, flags, start_timeout=config.ner_start_timeout)
        try:
            hello = process.start()
        except (WorkerError, NerError) as error:
            raise ConfigError(f"--ner-model: {error}.") from None
        shared = cls(f"{hello['describe']}, SHA-256 {str(hello['revision'])[:12]}")
        shared.socket, shared.hello = str(process.socket), hello
        shared._process = process
        return shared

    def exposition(self) -> bytes:
        """The local worker's queue and batches for `/metrics`; blocking. Nothing where there is no such worker."""
        if not self.socket:
            return b""
        from gateway.observe.ner import worker_exposition

        where = {name: str(self.hello.get(name, "")) for name in ("name", "revision", "device", "kind")}
        return worker_exposition(self.socket, where, self.restarts)

    async def watch(self, say: Callable[[str], None]) -> None:
        """Start the worker anew where it has ended or hangs; its clients refuse meanwhile and find it again by
        themselves. Until cancelled; returns at once where there is no worker."""
        silent = 0
        while self._process is not None:
            await asyncio.sleep(WATCH_SECONDS)
            silent = 0 if await asyncio.to_thread(self._answers) else silent + 1
            if not self._process.alive():
                say("the NER process has ended; starting another")
            elif silent >= PATIENCE:
                say("the NER process does not answer; starting another")
            else:
                continue
            await self._anew(say)
            silent = 0

    def _answers(self) -> bool:
        from detectors.ner.serving import wire

        try:
            return "batches" in wire.ask(self.socket, {"op": "stats"}, seconds=ANSWER_SECONDS)
        except wire.WireError:
            return False

    async def _anew(self, say: Callable[[str], None]) -> None:
        from detectors.ner.serving.process import WorkerError

        process, self.restarts = self._process, self.restarts + 1
        if process is None:
            return
        try:
            await asyncio.to_thread(process.stop, GRACE_SECONDS)  # it does not answer: nothing is lost
            hello = await asyncio.to_thread(process.start)
        except (WorkerError, OSError) as error:
            pause = min(LONGEST_PAUSE, 2.0**self._failures)
            self._failures += 1
            say(f"{error}; trying again in {pause:g} s")
            await asyncio.sleep(pause)
            return
        self._failures = 0
        if hello["revision"] != self.hello["revision"]:
            await asyncio.to_thread(process.stop)  # its findings would be recorded under the old one
            say("the model's files have changed: restart the gateway to use them; until then it refuses")
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
