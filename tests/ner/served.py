"""A shared NER server in this process: the real application on a real socket, around a model that knows one word."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from detectors.ner.reading.reader import Reader
from detectors.ner.runtime import Chunk, Reading, Span
from detectors.ner.serving.service import NerService
from model_backend.hosting import listen
from model_backend.ner_app import create_app


class WordRuntime:
    """A `Runtime`: every occurrence of `word` is a person. Its window is 4,000 characters; it waits at `gate`; a text
    with `poison` in it breaks it, and so does every text while `broken`."""

    kind, device, batch_tokens, lanes = "words", "cpu", 4096, 1

    def __init__(self, word: str = "zed", entity: str = "PERSON") -> None:
        self.name = "words"
        self.word, self.entity_types = word, (entity,)
        self.revision = hashlib.sha256(f"{word}/{entity}".encode()).hexdigest()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.broken = False
        self.read: list[str] = []

    def describe(self) -> str:
        return f"words ({self.word}) on cpu"

    def prepare(self, text: str) -> Reading:
        pieces = [(at, text[at : at + 4000]) for at in range(0, len(text), 4000)]
        return Reading(text, tuple(Chunk(piece, len(piece[1])) for piece in pieces))

    def forward(self, batch: Sequence[Chunk]) -> list[list[tuple[int, int]]]:
        self.entered.set()
        self.gate.wait(20)
        texts = [chunk.payload[1] for chunk in batch]
        self.read += texts
        if self.broken or any("poison" in text for text in texts):
            raise RuntimeError(texts[0])
        return [
            [
                (chunk.payload[0] + m.start(), chunk.payload[0] + m.end())
                for m in re.finditer(self.word, chunk.payload[1])
            ]
            for chunk in batch
        ]

    def decode(self, reading: Reading, answers: Sequence[list[tuple[int, int]]]) -> list[Span]:
        return [Span(start, end, self.entity_types[0], 0.9) for row in answers for start, end in row]

    def close(self) -> None:
        self.gate.set()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@contextlib.asynccontextmanager
async def listening(app: ASGIApp, path: Path | None = None, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve an application; its address."""
    if path is None:
        listener = listen(None, "127.0.0.1", 0)
        address = f"http{'s' if tls else ''}://localhost:{listener.getsockname()[1]}"
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        address = f"unix://{path}"
    listener.setblocking(False)
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1)
    config.load()
    config.ssl = tls
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.001)
    try:
        yield address
    finally:
        server.should_exit = True
        await task
        listener.close()


@contextlib.asynccontextmanager
async def shared(runtime: WordRuntime, path: Path | None = None, *, token: str = "") -> AsyncIterator[str]:
    """A shared server around this model; its address."""
    service = NerService(Reader(runtime))
    async with listening(create_app(service, token=token, body=100_000), path) as address:
        yield address
        runtime.gate.set()
