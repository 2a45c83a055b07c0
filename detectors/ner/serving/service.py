"""A reader as a service: questions of many clients in, rows of spans out. Hosted by the shared server and by Ray."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from detectors.ner.reading.reader import Reader
from detectors.ner.runtime import ProfileError, read_alone
from detectors.types import DetectorError

TEXTS: Final = 20_000
"""Most texts of one question."""
SECONDS: Final = 60.0
"""For a question that names no deadline, and most for one that does."""
WARM_UP: Final = "Please call Ms. Mary Miller at noon. 请转告李娜女士。"

type Row = tuple[int, int, str, float]


class NerService:
    """For one event loop. `ready` is False while it drains or closes, and once the model fails on everything."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._closing = self._draining = False

    @property
    def revision(self) -> str:
        return self._reader.runtime.revision

    @property
    def ready(self) -> bool:
        return not self._closing and not self._draining and not self.sick

    @property
    def sick(self) -> bool:
        """The process should be started anew."""
        return self._reader.batcher.sick

    def hello(self) -> dict[str, Any]:
        runtime = self._reader.runtime
        return {
            "name": runtime.name,
            "revision": runtime.revision,
            "describe": runtime.describe(),
            "device": runtime.device,
            "kind": runtime.kind,
            "entities": list(runtime.entity_types),
            "pid": os.getpid(),
        }

    def stats(self) -> dict[str, Any]:
        batcher = self._reader.batcher
        return batcher.stats.snapshot() | {
            "queued_tokens": batcher.queued_tokens,
            "queued_sequences": batcher.queued_sequences,
            "resident_bytes": resident_bytes(),
            "sick": int(self.sick),
        }

    async def spans(self, texts: Sequence[str], seconds: float, priority: int) -> list[list[Row]]:
        """One row for each text. All of them, or the first failure as DetectorError; the others are given up then."""
        if self._closing:
            raise DetectorError("overloaded")
        deadline = time.monotonic() + min(max(seconds, 0.0), SECONDS)
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._reader.spans(text, deadline=deadline, priority=priority)) for text in texts]
        try:
            found = await asyncio.gather(*tasks)
        except DetectorError:
            raise
        except Exception:  # noqa: BLE001  what a tokenizer or a decoder raises may quote the text
            raise DetectorError from None
        finally:
            await _ended(tasks)
        return [[(s.start, s.end, s.entity, round(s.score, 4)) for s in spans] for spans in found]

    def drain(self) -> None:
        """Not ready any more; what still comes is answered."""
        self._draining = True

    async def aclose(self) -> None:
        """Refuse what comes, fail what waits, let the batch under way end."""
        self._closing = True
        await self._reader.aclose()


async def _ended(tasks: Sequence[asyncio.Task[Any]]) -> None:
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    if left:
        await asyncio.gather(*left, return_exceptions=True)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # several may have failed; one is enough to tell


def open_service(
    model: str | Path, given: Mapping[str, Any] | None = None, *, sha256: str = "", **limits: Any
) -> NerService:
    """Load a model, let it read a sentence, make it a service. Blocking; raises ProfileError, one clear sentence.

    given: of `RuntimeSettings`; sha256: the hash that the model must have; limits: keywords of the batcher."""
    from detectors.ner.models.load import open_runtime

    try:
        runtime = open_runtime(model, given, sha256=sha256)
        read_alone(runtime, WARM_UP)
    except ProfileError:
        raise
    except MemoryError:
        raise ProfileError(f"{model}: the model does not fit into memory; use a smaller one") from None
    except Exception as error:  # noqa: BLE001  a model that fails on a plain sentence fails on all
        kind = type(error).__name__
        raise ProfileError(f"{model}: the model fails on a plain sentence ({kind})") from None
    return NerService(Reader(runtime, **limits))


def resident_bytes() -> int:
    """0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
