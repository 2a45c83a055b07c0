"""One NER worker for all gateway workers: the model is loaded once, and batches form across processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from detectors.ner import NerError
from gateway.config import Config
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from detectors.ner.process import WorkerProcess


class SharedNer:
    """Blocking calls, before and after the event loop. Without a model folder there is nothing to start."""

    def __init__(self, described: str) -> None:
        self.described = described
        self.socket = ""
        self._process: WorkerProcess | None = None

    @classmethod
    def start(cls, config: Config) -> Self:
        """Raises ConfigError where the model cannot be served."""
        if config.ner_model is None:
            return cls("offline name detector (no model; set --ner-model for one)" if config.names else "off")
        from detectors.ner.process import WorkerError, WorkerProcess

        process = WorkerProcess(config.ner_model, ("--device", config.ner_device))
        try:
            hello = process.start()
        except (WorkerError, NerError) as error:
            raise ConfigError(f"--ner-model: {error}") from None
        shared = cls(f"{config.ner_model.name} on {hello.get('device', 'cpu')}")
        shared.socket = str(process.socket)
        shared._process = process
        return shared

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
