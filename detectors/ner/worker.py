"""The NER process: `python -m detectors.ner.worker --model FOLDER --socket PATH [--device auto] ...`.

Its own process, so that a gateway never imports torch and survives whatever a model does. Serves any number of
clients over a unix socket; prints one line `ready {...}` when it does. Ends on SIGTERM, or when its standard input
closes (the parent is gone). Exit status 2: the model cannot be used; the reason is one sentence on stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from detectors.ner import wire
from detectors.ner.folder import check_folder
from detectors.ner.profiles import ProfileError
from detectors.types import DetectorError

if TYPE_CHECKING:
    from detectors.ner.runtime_torch import TorchRuntime


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m detectors.ner.worker", description="Serve a NER model on a socket."
    )
    parser.add_argument("--model", type=Path, required=True, help="local Hugging Face token-classification folder")
    parser.add_argument("--socket", type=Path, required=True, help="unix socket to listen on")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of a forward pass")
    parser.add_argument("--window", type=int, default=256, help="tokens in a window")
    parser.add_argument("--overlap", type=int, default=64, help="tokens that neighbouring windows share")
    parser.add_argument("--max-tokens", type=int, default=8192, help="cells of one batch")
    parser.add_argument("--max-wait-ms", type=float, default=3.0, help="how long a batch waits for company")
    parser.add_argument("--max-queue", type=int, default=2_000_000, help="tokens that may wait")
    parser.add_argument("--min-score", type=float, default=0.5)
    parser.add_argument("--labels", default="{}", help="JSON object: label of the model -> entity type")
    parser.add_argument("--keep-running", action="store_true", help="do not end when standard input closes")
    return parser.parse_args(argv)


class Server:
    """One runtime, many connections; each request is a task, so requests of one connection overlap too."""

    def __init__(self, runtime: TorchRuntime) -> None:
        self._runtime = runtime
        self._tasks: set[asyncio.Task[None]] = set()

    def hello(self) -> dict[str, Any]:
        return {
            "revision": self._runtime.revision,
            "name": self._runtime.folder.name,
            "describe": self._runtime.describe(),
            "device": str(self._runtime.device),
            "entities": list(self._runtime.entity_types),
            "pid": os.getpid(),
        }

    def stats(self) -> dict[str, Any]:
        stats = self._runtime.batcher.stats
        names = ("batches", "sequences", "tokens", "cells", "dropped", "refused", "expired", "failed", "largest")
        return {name: getattr(stats, name) for name in names} | {"wait_seconds": round(stats.wait_seconds, 4)}

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine: set[asyncio.Task[None]] = set()
        try:
            while True:
                message = await wire.read(reader)
                task = asyncio.get_running_loop().create_task(self._answer(message, writer))
                for group in (mine, self._tasks):
                    group.add(task)
                    task.add_done_callback(group.discard)
        except wire.WireError:
            pass  # the client has gone, and so have its questions
        finally:
            for task in list(mine):
                task.cancel()
            writer.close()

    async def _answer(self, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        answer: dict[str, Any] = {"id": message.get("id")}
        try:
            if message.get("op") == "hello":
                answer |= self.hello()
            elif message.get("op") == "stats":
                answer |= self.stats()
            else:
                answer["spans"] = await self._spans(message)
        except DetectorError as error:
            answer["error"] = error.code
        except Exception:  # noqa: BLE001  the caller must hear of it, and must not get an answer
            answer["error"] = "detector_failed"
        with contextlib.suppress(OSError):
            writer.write(wire.pack(answer))
            await writer.drain()

    async def _spans(self, message: dict[str, Any]) -> list[list[tuple[int, int, str, float]]]:
        deadline = time.monotonic() + float(message.get("seconds", 60.0))
        priority = int(message.get("priority", 0))
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_plain(self._runtime.spans(text, deadline=deadline, priority=priority)))
                for text in message["texts"]
            ]
        results = [task.result() for task in tasks]
        for result in results:
            if isinstance(result, DetectorError):
                raise result
        return [[(s.start, s.end, s.entity, round(s.score, 4)) for s in r] for r in results if isinstance(r, list)]


async def _plain(spans: Any) -> Any:
    """A DetectorError as a value, so that a task group does not wrap it."""
    try:
        return await spans
    except DetectorError as error:
        return error


async def serve(runtime: TorchRuntime, socket: Path, *, keep_running: bool) -> None:
    server = Server(runtime)
    runtime.batcher.start()
    listener = await asyncio.start_unix_server(server.connection, str(socket))
    await asyncio.to_thread(socket.chmod, 0o600)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if not keep_running:
        loop.add_reader(sys.stdin.fileno(), _watch, stop)
    sys.stdout.write(f"ready {orjson.dumps(server.hello()).decode()}\n")
    sys.stdout.flush()
    await stop.wait()
    listener.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(runtime.aclose(), 5)
    await asyncio.to_thread(socket.unlink, missing_ok=True)


def _watch(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    os.environ |= {"TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false"}
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))
    try:
        check_folder(options.model)  # before torch is imported, which takes seconds
    except ProfileError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        from detectors.ner.runtime_torch import RuntimeSettings, TorchRuntime
    except ImportError as error:
        sys.stderr.write(f"the NER model needs {error.name}; install it with: pip install 'redline-gateway[ner]'\n")
        return 2
    settings = RuntimeSettings(
        device=options.device,
        threads=options.threads,
        window=options.window,
        overlap=options.overlap,
        max_tokens=options.max_tokens,
        max_wait=options.max_wait_ms / 1000,
        max_queue=options.max_queue,
        min_score=options.min_score,
        labels=orjson.loads(options.labels),
    )
    try:
        runtime = TorchRuntime(options.model, settings)
    except ProfileError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    asyncio.run(serve(runtime, options.socket, keep_running=options.keep_running))
    return 0


if __name__ == "__main__":
    sys.exit(main())
