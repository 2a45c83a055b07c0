"""The NER process: `python -m detectors.ner.serving.worker --model MODEL --socket PATH [--device auto] ...`.

Its own process, so that a gateway never imports torch and survives whatever a model does. Serves any number of
clients over a unix socket; prints one line `ready {...}` when it does. Ends on SIGTERM, or when its standard input
closes (the parent is gone). Exit status 2: the model cannot be used; the reason is one sentence on stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from detectors.ner.runtime import ProfileError
from detectors.ner.serving import wire
from detectors.types import DetectorError

if TYPE_CHECKING:
    from detectors.ner.serving.service import NerService

UNUSABLE = 2
"""Exit status: the model cannot be used."""
SICK = 3
"""Exit status: the model fails on everything; who started this process starts it anew."""
WATCH_SECONDS = 0.5
SECONDS = 60.0
"""For a question that names no deadline."""


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m detectors.ner.serving.worker", description="Serve a NER model on a socket."
    )
    parser.add_argument("--model", required=True, help="folder, spaCy package, owner/name@commit, or embedded")
    parser.add_argument("--socket", type=Path, required=True, help="unix socket to listen on")
    parser.add_argument("--sha256", default="", help="the hash that the model must have")
    parser.add_argument("--device", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=int, help="CPU threads of a forward pass")
    parser.add_argument("--window", type=int, help="tokens in a window")
    parser.add_argument("--overlap", type=int, help="tokens that neighbouring windows share")
    parser.add_argument("--min-score", type=float)
    parser.add_argument("--candidates", type=float, help="the same, where the model's folder names none")
    parser.add_argument("--labels", type=orjson.loads, help="JSON object: label of the model -> entity type")
    parser.add_argument("--compile", action="store_true", default=None, help="torch.compile, on CUDA")
    parser.add_argument("--max-tokens", type=int, help="cells of one batch")
    parser.add_argument("--max-wait-ms", type=float, help="how long a batch waits for company")
    parser.add_argument("--max-queue", type=int, help="tokens that may wait")
    parser.add_argument("--keep-running", action="store_true", help="do not end when standard input closes")
    return parser.parse_args(argv)


class Server:
    """One model, many connections; each request is a task, so requests of one connection overlap too."""

    def __init__(self, service: NerService) -> None:
        self._service = service
        self._tasks: set[asyncio.Task[None]] = set()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                message = await wire.read(reader)
                number = str(message.get("id"))
                if message.get("op") == "cancel":
                    if number in mine:
                        mine[number].cancel()
                    continue
                task = asyncio.get_running_loop().create_task(self._answer(message, writer))
                mine[number] = task
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                task.add_done_callback(partial(_forget, mine, number))
        except wire.WireError:
            pass  # the client has gone, and so have its questions
        finally:
            for task in list(mine.values()):
                task.cancel()
            writer.close()

    async def _answer(self, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        answer: dict[str, Any] = {"id": message.get("id")}
        try:
            if message.get("op") == "hello":
                answer |= self._service.hello()
            elif message.get("op") == "stats":
                answer |= self._service.stats()
            else:
                seconds, priority = float(message.get("seconds", SECONDS)), int(message.get("priority", 0))
                answer["spans"] = await self._service.spans(message["texts"], seconds, priority)
        except DetectorError as error:
            answer["error"] = error.code
        except Exception:  # noqa: BLE001  the caller must hear of it, and must not get an answer
            answer["error"] = "detector_failed"
        with contextlib.suppress(OSError):
            writer.write(wire.pack(answer))
            await writer.drain()


async def serve(service: NerService, socket: Path, *, keep_running: bool) -> int:
    """Until SIGTERM, end of standard input, or a model that fails on everything. Returns the exit status."""
    server = Server(service)
    listener = await asyncio.start_unix_server(server.connection, str(socket))
    await asyncio.to_thread(socket.chmod, 0o600)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if not keep_running:
        loop.add_reader(sys.stdin.fileno(), _watch, stop)
    sys.stdout.write(f"ready {orjson.dumps(service.hello()).decode()}\n")
    sys.stdout.flush()
    status = 0
    while not stop.is_set() and not status:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), WATCH_SECONDS)
        status = SICK if service.sick else 0
    listener.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(service.aclose(), 5)
    await asyncio.to_thread(socket.unlink, missing_ok=True)
    return status


def _forget(mine: dict[str, asyncio.Task[None]], number: str, _: asyncio.Task[None]) -> None:
    mine.pop(number, None)


def _watch(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    quiet(options.threads or 1)
    from detectors.ner.serving.service import open_service

    names = ("device", "threads", "window", "overlap", "min_score", "candidates", "labels", "compile")
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    try:
        service = open_service(options.model, given, sha256=options.sha256, **_limits(options))
    except ProfileError as error:
        return _unusable(str(error))
    return asyncio.run(serve(service, options.socket, keep_running=options.keep_running))


def quiet(threads: int) -> None:
    """No network, no more threads than told, and not a word: a library's warning may quote what it reads.

    Before any of the libraries is imported.
    """
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    os.environ |= {"TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false"}
    os.environ |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "OMP_NUM_THREADS": str(threads)}


def _limits(options: argparse.Namespace) -> dict[str, Any]:
    """What was set of the queue's limits."""
    wait = options.max_wait_ms
    limits = {
        "max_tokens": options.max_tokens,
        "max_wait": None if wait is None else wait / 1000,
        "max_queue": options.max_queue,
    }
    return {name: value for name, value in limits.items() if value is not None}


def _unusable(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return UNUSABLE


if __name__ == "__main__":
    sys.exit(main())
