"""The guard before a model server that misbehaves: nothing it says in failure gets through."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from model_backend.attest import Attestation
from model_backend.default.slots import PLACEHOLDERS
from model_backend.endpoints import Endpoints
from model_backend.engine import Engine
from model_backend.guard import Guard, Limits
from model_backend.registry import Serving
from model_backend.sse import EventReader, event

SECRET = "zhang@example.com"
PERSON = "PERSON_K7QMX2TRBWKD"
App = Callable[[Any, Any, Any], Awaitable[None]]


class Words:
    """A tokenizer that counts words."""

    def __call__(self, text: str, **_: object) -> dict[str, list[str]]:
        return {"input_ids": text.split()}

    def decode(self, words: list[str]) -> str:
        return " ".join(words)


def guard(app: App, serving: Serving | None = None, limits: Limits | None = None) -> Guard:
    engine = Engine(app, "/model", 50, False, frozenset(PLACEHOLDERS), True, Words())
    attestation = Attestation(True, False, True, "ab" * 32, {"swap_off": False})
    return Guard(Endpoints(engine, serving or Serving(placeholder_swap=True), "tiny"), attestation, limits)


class Client:
    """Drives an ASGI app once and keeps what it sent."""

    def __init__(
        self, method: str, path: str, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None
    ) -> None:
        self.scope = {"type": "http", "method": method, "path": path, "headers": headers or []}
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        self.body += message.get("body", b"")

    async def call(self, app: Guard) -> Client:
        await app(self.scope, self.incoming.get, self.send)
        return self


def chat(**changes: object) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": f"hi {PERSON}"}], **changes}).encode()


def answering(
    *chunks: bytes, status: int = 200, kind: bytes = b"application/json", seen: list[Any] | None = None
) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = json.loads((await receive())["body"])
        if seen is not None:
            seen.append(body)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


async def raising(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError((await receive())["body"])


def delta(content: str = "", finish: str | None = None, **extra: object) -> bytes:
    return event(
        {"id": "x", "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}], **extra}
    )


COMPLETION = json.dumps({"choices": [{"message": {"content": "to <PERSON_1>"}, "finish_reason": "stop"}], "usage": {}})


async def test_values_are_swapped_there_and_back() -> None:
    seen: list[Any] = []
    got = await Client("POST", "/v1/chat/completions", chat(model="gpt")).call(
        guard(answering(COMPLETION.encode(), seen=seen))
    )
    answer = json.loads(got.body)
    assert seen[0]["messages"] == [{"role": "user", "content": "hi <PERSON_1>"}]
    assert seen[0]["model"] == "/model"
    assert answer["choices"][0]["message"]["content"] == f"to {PERSON}"
    assert answer["model"] == "tiny"
    assert answer["metadata"]["data_uploaded"] is False
    assert answer["metadata"]["input_saved"] == "unverified"
    assert got.headers[b"x-input-saved"] == b"unverified"


async def test_no_swap_unless_the_manifest_asks() -> None:
    seen: list[Any] = []
    await Client("POST", "/v1/chat/completions", chat()).call(
        guard(answering(COMPLETION.encode(), seen=seen), Serving())
    )
    assert seen[0]["messages"][0]["content"] == f"hi {PERSON}"


STREAM = delta("to <PER") + delta("SON_1") + delta(">!") + delta("", "stop", usage={"prompt_tokens": 1})


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 10_000])
async def test_a_stream_says_the_same_at_any_chunking(size: int) -> None:
    chunks = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    app = guard(answering(*chunks, kind=b"text/event-stream"))
    got = await Client("POST", "/v1/chat/completions", chat(stream=True)).call(app)
    said = "".join(
        each["choices"][0]["delta"].get("content", "") for each in EventReader().feed(got.body) if each["choices"]
    )
    assert said == f"to {PERSON}!"
    assert got.body.endswith(b"data: [DONE]\n\n")
    assert got.headers[b"x-data-uploaded"] == b"false"


CALL = {"id": "call_1", "type": "function", "index": 0, "function": {"name": "f", "arguments": '{"to": "<PERSON_1>"}'}}


async def test_tool_calls_reach_both_protocols() -> None:
    choice = {"message": {"content": "", "tool_calls": [CALL]}, "finish_reason": "tool_calls"}
    whole = answering(json.dumps({"choices": [choice], "usage": {}}).encode())
    called = event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]})
    called += delta("so ") + event({"choices": [{"index": 0, "delta": {"tool_calls": [CALL]}}]})
    stream = answering(called + delta("", "tool_calls", usage={"completion_tokens": 3}), kind=b"text/event-stream")
    use = {"type": "tool_use", "id": "call_1", "name": "f", "input": {"to": PERSON}}

    answer = json.loads((await Client("POST", "/v1/chat/completions", chat()).call(guard(whole))).body)
    arguments = answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"to": PERSON}
    message = json.loads((await Client("POST", "/v1/messages", chat(max_tokens=9)).call(guard(whole))).body)
    assert (message["content"], message["stop_reason"]) == ([use], "tool_use")
    got = await Client("POST", "/v1/messages", chat(max_tokens=9, stream=True)).call(guard(stream))
    events = EventReader().feed(got.body)
    assert [each["type"] for each in events] == [
        "message_start", "content_block_start", "content_block_delta", "content_block_stop",
        "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
    ]  # fmt: skip
    assert json.loads(events[5]["delta"]["partial_json"]) == {"to": PERSON}
    assert (events[7]["delta"]["stop_reason"], events[7]["usage"]["output_tokens"]) == ("tool_use", 3)


STOPPED = delta("one EN") + delta("D of") + delta(" it END") + delta("", "stop", usage={})


@pytest.mark.parametrize("stop", [["END"], ["x", f"{PERSON}", "END of"], ["ND of it"]])
async def test_an_answer_ends_before_its_stop_sequence(stop: list[str]) -> None:
    text = "one END of it END"
    expected = text[: min(text.index(each) for each in stop if each in text)]
    app = guard(answering(STOPPED, kind=b"text/event-stream"))
    got = await Client("POST", "/v1/chat/completions", chat(stream=True, stop=stop)).call(app)
    said = [each["choices"][0]["delta"].get("content", "") for each in EventReader().feed(got.body)]
    assert "".join(said) == expected
    whole = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()
    body = json.loads(chat(stop_sequences=stop, max_tokens=9))
    message = json.loads(
        (await Client("POST", "/v1/messages", json.dumps(body).encode()).call(guard(answering(whole)))).body
    )
    assert message["content"][0]["text"] == expected
    assert (message["stop_reason"], message["stop_sequence"] in stop) == ("stop_sequence", True)


async def test_usage_comes_in_a_chunk_of_its_own_when_asked() -> None:
    app = guard(answering(STREAM, kind=b"text/event-stream"))
    body = chat(stream=True, stream_options={"include_usage": True})
    *_, last = EventReader().feed((await Client("POST", "/v1/chat/completions", body).call(app)).body)
    assert (last["choices"], last["usage"]) == ([], {"prompt_tokens": 1})


BROKEN_STREAM = delta("so ") + event({"error": f"bad {SECRET}"})
CUT_STREAM = delta("so ") + b"data: {" + SECRET.encode() + b"\n\n"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/completions"])
@pytest.mark.parametrize(
    "app",
    [
        raising,
        answering(SECRET.encode()),
        answering(SECRET.encode(), status=500),
        answering(b'{"detail": "zhang@example.com"}', status=422),
        answering(BROKEN_STREAM, kind=b"text/event-stream"),
        answering(CUT_STREAM, kind=b"text/event-stream"),
    ],
)
async def test_failures_behind_are_told_in_our_words(path: str, app: App, capfd: pytest.CaptureFixture[str]) -> None:
    extra = (
        {"input": SECRET} if path.endswith("responses") else {"prompt": SECRET} if path.endswith("/completions") else {}
    )
    body = {"messages": [{"role": "user", "content": SECRET}], "max_tokens": 5, **extra}
    if extra and not path.endswith("chat/completions"):
        del body["messages"]
    if path == "/v1/chat/completions":
        body.pop("prompt", None)
    got = await Client("POST", path, json.dumps({**body, "stream": True}).encode()).call(guard(app))
    assert b"error" in got.body
    assert SECRET.encode() not in got.body
    printed = capfd.readouterr()
    assert SECRET not in printed.out + printed.err


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/reset", 404),
        ("POST", "/load_model", 404),
        ("POST", "/v1/systemone", 404),
        ("POST", "/v1/audio/transcriptions", 404),
        ("POST", "/v1/chat/completions/", 404),
        ("POST", "//v1/chat/completions", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/", 404),
        ("GET", "/v1/models/other", 404),
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/v1/embeddings", 501),
        ("GET", "/v1/models", 200),
        ("GET", "/v1/models/tiny", 200),
        ("GET", "/health", 200),
    ],
)
async def test_doors(method: str, path: str, status: int) -> None:
    got = await Client(method, path, b"{}").call(guard(raising))
    assert got.status == status
    assert json.loads(got.body)
    assert got.headers[b"cache-control"] == b"no-store"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", [], 400),
        (b"[]", [], 400),
        (b"\xff", [], 400),
        (b"[" * 100_000, [], 400),
        (chat() + b" " * 2000, [], 413),
        (chat(), [(b"content-encoding", b"gzip")], 415),
        (json.dumps({"messages": [{"role": "user", "content": "w " * 60}]}).encode(), [], 400),
    ],
)
async def test_bodies_that_are_refused(body: bytes, headers: list[tuple[bytes, bytes]], status: int) -> None:
    limits = Limits(body_bytes=200_000 if len(body) > 10_000 else 1000)
    got = await Client("POST", "/v1/chat/completions", body, headers).call(guard(raising, limits=limits))
    assert (got.status, "error" in json.loads(got.body)) == (status, True)


async def test_a_long_question_loses_its_middle_where_the_manifest_says_so() -> None:
    seen: list[Any] = []
    serving = Serving(placeholder_swap=True, prompt_tokens=6)
    text = f"{PERSON} " + "w " * 60 + "PHONE_NUMBER_B4RTX7KMZ2QC"
    body = json.dumps({"messages": [{"role": "user", "content": text}]}).encode()
    await Client("POST", "/v1/chat/completions", body).call(guard(answering(COMPLETION.encode(), seen=seen), serving))
    assert seen[0]["messages"][0]["content"] == "<PERSON_1> w w w w <PHONE_NUMBER_2>"


async def test_a_client_that_leaves_stops_the_generation() -> None:
    stopped = asyncio.Event()

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        try:
            while True:
                await send({"type": "http.response.body", "body": delta("w"), "more_body": True})
        finally:
            stopped.set()

    client = Client("POST", "/v1/chat/completions", chat(stream=True))
    call = asyncio.create_task(client.call(guard(endless)))
    while b"data:" not in client.body:
        await asyncio.sleep(0)
    client.incoming.put_nowait({"type": "http.disconnect"})
    await asyncio.wait_for(asyncio.gather(call, stopped.wait()), 10)


async def test_too_many_at_once_are_told_to_wait() -> None:
    gate = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await gate.wait()
        await answering(COMPLETION.encode())(scope, receive, send)

    app = guard(slow, limits=Limits(in_flight=1))
    first = asyncio.create_task(Client("POST", "/v1/chat/completions", chat()).call(app))
    await asyncio.sleep(0)
    while not app._in_flight:
        await asyncio.sleep(0)
    second = await Client("POST", "/v1/chat/completions", chat()).call(app)
    gate.set()
    assert (second.status, (await first).status) == (503, 200)
