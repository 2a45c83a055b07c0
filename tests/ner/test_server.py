"""The shared NER server over its real sockets: answers, refusals, faults; and the real process once."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from detectors.ner.batching.batcher import SICK
from detectors.ner.reading.reader import Reader
from detectors.ner.serving.remote import connect
from detectors.ner.serving.service import NerService
from detectors.types import Part, PartKind
from model_backend.hosting import listen
from model_backend.ner_app import create_app
from model_backend.ner_server import SHORTEST_TOKEN, main
from tests.ner.served import WordRuntime, listening, shared

TOKEN = "t" * SHORTEST_TOKEN


@pytest.fixture
def runtime() -> WordRuntime:
    return WordRuntime()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


async def test_texts_in_spans_out(runtime: WordRuntime, session: aiohttp.ClientSession) -> None:
    texts = ["zed and zed", "", "nobody", "😀" * 50 + "zed", "e\u0301 zed\r\n"]
    async with shared(runtime) as url, session.post(f"{url}/v1/ner", json={"texts": texts}) as answer:
        said = await answer.json()
    assert answer.status == 200
    assert said["revision"] == runtime.revision
    assert [[(start, end) for start, end, _, _ in row] for row in said["spans"]] == [
        [(0, 3), (8, 11)], [], [], [(50, 53)], [(3, 6)],
    ]  # fmt: skip


async def test_what_is_no_question_is_refused_with_a_code(
    runtime: WordRuntime, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    many = b'{"texts": [' + b'"",' * 20_000 + b'""]}'
    cases: list[tuple[int, str, bytes, dict[str, str]]] = [
        (400, "invalid_json", b'{"texts": ["canary-secret', {}),
        (400, "invalid_json", b"\xff", {}),
        (400, "invalid_question", b"[]", {}),
        (400, "invalid_question", b'{"texts": "canary-secret"}', {}),
        (400, "invalid_question", b'{"texts": ["a", 7]}', {}),
        (413, "too_many_texts", many, {}),
        (413, "body_too_large", b" " * 100_001, {}),
        (400, "invalid_deadline", b'{"texts": []}', {"redline-deadline-ms": "soon"}),
        (409, "other_revision", b'{"texts": []}', {"redline-ner-revision": "0" * 64}),
        (504, "deadline_exceeded", b'{"texts": ["zed"]}', {"redline-deadline-ms": "0"}),
        (500, "detector_failed", b'{"texts": ["poison canary-secret"]}', {}),
    ]
    async with shared(runtime) as url:
        for status, code, body, headers in cases:
            async with session.post(f"{url}/v1/ner", data=body, headers=headers) as answer:
                assert (answer.status, await answer.json()) == (status, {"error": code}), code
        async with session.get(f"{url}/v1/ner") as answer:
            assert answer.status == 405
    assert "canary" not in caplog.text


async def test_answers_do_not_wait_for_an_acknowledgement() -> None:
    """A listener without its protocol named leaves Nagle's algorithm on: 40 ms for every answer."""
    told: list[int] = []

    async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listener = listen(None, "127.0.0.1", 0)
    async with await asyncio.start_server(connected, sock=listener):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        assert await reader.read() == b""
        writer.close()
    assert told == [1]


async def test_without_the_token_nobody_learns_anything(runtime: WordRuntime, session: aiohttp.ClientSession) -> None:
    async with shared(runtime, token=TOKEN) as url:
        for header in ("", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN):
            for path in ("/v1/model", "/metrics"):
                async with session.get(url + path, headers={"authorization": header}) as answer:
                    assert (answer.status, await answer.json()) == (401, {"error": "unauthorized"})
        for path in ("/health", "/ready"):
            async with session.get(url + path) as answer:
                assert answer.status == 200
        async with session.get(f"{url}/metrics", headers={"authorization": f"bearer {TOKEN}"}) as answer:
            assert f'revision="{runtime.revision}"' in await answer.text()


async def test_who_hangs_up_frees_the_queue(runtime: WordRuntime, session: aiohttp.ClientSession) -> None:
    runtime.gate.clear()
    async with shared(runtime) as url:
        first = asyncio.create_task(session.post(f"{url}/v1/ner", json={"texts": ["zed"]}))
        await asyncio.to_thread(runtime.entered.wait, 10)
        gone = asyncio.create_task(session.post(f"{url}/v1/ner", json={"texts": ["zed gone"] * 3}))
        metrics = ""
        async with asyncio.timeout(10):
            while "queued_sequences 3.0" not in metrics:
                metrics = await (await session.get(f"{url}/metrics")).text()
            gone.cancel()
            while "queued_sequences 0.0" not in metrics:
                metrics = await (await session.get(f"{url}/metrics")).text()
        runtime.gate.set()
        assert (await first).status == 200
        assert "zed gone" not in runtime.read
        assert "redline_ner_dropped_total 3.0" in metrics


async def test_too_many_at_once_are_refused_early(runtime: WordRuntime, session: aiohttp.ClientSession) -> None:
    runtime.gate.clear()
    service = NerService(Reader(runtime))
    async with listening(create_app(service, in_flight=1)) as url:
        first = asyncio.create_task(session.post(f"{url}/v1/ner", json={"texts": ["zed"]}))
        await asyncio.to_thread(runtime.entered.wait, 10)
        async with session.post(f"{url}/v1/ner", json={"texts": ["zed"]}) as answer:
            assert (answer.status, await answer.json()) == (503, {"error": "overloaded"})
        runtime.gate.set()
        assert (await first).status == 200


async def test_a_model_that_fails_on_everything_is_not_ready_and_says_so(
    runtime: WordRuntime, session: aiohttp.ClientSession
) -> None:
    told: list[bool] = []
    service = NerService(Reader(runtime))
    async with listening(create_app(service, on_sick=lambda: told.append(True))) as url:
        async with session.post(f"{url}/v1/ner", json={"texts": ["poison", "zed"]}) as answer:
            assert answer.status == 500
        async with session.post(f"{url}/v1/ner", json={"texts": ["zed"]}) as answer:
            assert answer.status == 200, "a poisoned text fails alone"
        runtime.broken = True
        for _ in range(SICK):
            async with session.post(f"{url}/v1/ner", json={"texts": ["zed"]}) as answer:
                assert answer.status == 500
        assert told
        for path in ("/health", "/ready"):
            async with session.get(url + path) as answer:
                assert answer.status == 503
        service.drain()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--model", "m", "--host", "0.0.0.0"], "--token-file"),
        (["--model", "m", "--host", "0.0.0.0", "--token-file", "{tmp}/good"], "unencrypted"),
        (["--model", "m", "--host", "0.0.0.0", "--token-file", "{tmp}/short"], "16 or more"),
        (["--model", "m", "--host", "0.0.0.0", "--token-file", "{tmp}/open"], "chmod 600"),
        (["--model", "m", "--host", "127.0.0.1", "--token-file", "{tmp}/none"], "cannot be read"),
        (["--model", "m", "--host", "127.0.0.1", "--tls-cert", "{tmp}/good"], "belong together"),
        (["--model", "m", "--host", "127.0.0.1", "--tls-cert", "{tmp}/no"], "no such file"),
    ],
)
def test_what_cannot_start_is_one_sentence(
    tmp_path: Path, flags: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text, mode in (("good", TOKEN, 0o600), ("short", "t", 0o600), ("open", TOKEN, 0o644)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        assert main([flag.format(tmp=tmp_path) for flag in flags]) == 2
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


def test_a_wrong_folder_is_one_sentence(tmp_path: Path) -> None:
    flags = ["--model", str(tmp_path / "none"), "--uds", str(tmp_path / "s" / "ner.sock")]
    command = [sys.executable, "-m", "model_backend.ner_server", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert str(tmp_path / "none") in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.live
async def test_the_real_process_serves_a_real_model_and_ends_when_asked(table_folder: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    path = tmp_path / "private" / "ner.sock"
    flags = ["--model", str(table_folder), "--uds", str(path), "--token-file", str(token), "--device", "cpu"]
    with subprocess.Popen(
        [sys.executable, "-m", "model_backend.ner_server", *flags], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = await asyncio.to_thread(process.stdout.readline)
        assert ready.startswith(f"ready unix:{path} ")
        detector = connect([f"unix://{path}"], token=TOKEN)
        (found,) = await detector.detect([Part(3, "p", PartKind.TEXT, "我叫甄嬛，nobody")])
        assert (found.part, found.start, found.end, found.entity_type) == (3, 2, 4, "PERSON")
        assert found.rule == f"ner/tiny@{detector.revision[:12]}"
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 20) == 0
        await detector.aclose()
    assert not path.exists()
