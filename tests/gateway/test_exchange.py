"""The main road, end to end in one process: what leaves, what comes back, what is kept, and every way to fail."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway.clients import ClientDirectory
from gateway.config import Clients
from gateway.errors import Refusal, StoreError
from gateway.exchange import Room
from gateway.stores.memory import MemoryRecordStore, MemoryTokenVault
from gateway.types import CloseReason, Limits, RequestHead, RequestMeta, ResponseHead, Target
from tests.gateway.world import RegexDetector, World, answered, chat, forwarded, refused

SECRETS = ("张伟", "13800138000")
TEXT = "请给张伟打电话13800138000。"


def said(body: bytes) -> str:
    text = json.loads(body)["messages"][0]["content"]
    assert isinstance(text, str)
    return text


def echo(text: str) -> bytes:
    return json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}).encode()


async def test_the_model_sees_tokens_and_the_client_gets_its_originals() -> None:
    world = World()
    exchange = await world.begin()
    seen = await forwarded(exchange, chat(TEXT))
    assert not any(secret in seen.decode() for secret in SECRETS)
    head, body = await answered(exchange, echo(f"好的：{said(seen)}"))
    assert json.loads(body)["choices"][0]["message"]["content"] == f"好的：{TEXT}"
    markers = dict(head.headers)
    assert markers[b"x-redline-action"] == b"transform"
    assert markers[b"x-redline-entities"] == b"PERSON=1,PHONE_NUMBER=1"


async def test_streamed_answers_come_back_whole_whatever_the_chunks() -> None:
    world = World()
    exchange = await world.begin()
    seen = said(await forwarded(exchange, chat(TEXT, stream=True)))
    events = b"".join(
        b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": c}}]}).encode() + b"\n\n" for c in seen
    )
    stream = events + b"data: [DONE]\n\n"
    pieces = [stream[i : i + 7] for i in range(0, len(stream), 7)]
    _, body = await answered(exchange, stream, b"text/event-stream", pieces)
    texts = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: {")]
    assert "".join(event["choices"][0]["delta"]["content"] for event in texts) == TEXT
    assert body.endswith(b"data: [DONE]\n\n")


async def test_another_client_cannot_have_a_token_restored() -> None:
    world = World()
    token_text = said(await forwarded(await world.begin(key="alice"), chat(TEXT)))
    mallory = await world.begin(key="mallory")
    await forwarded(mallory, chat(token_text))
    _, body = await answered(mallory, echo(token_text))
    assert json.loads(body)["choices"][0]["message"]["content"] == token_text


async def test_the_same_client_gets_old_tokens_restored_in_a_later_exchange() -> None:
    world = World()
    token_text = said(await forwarded(await world.begin(), chat(TEXT)))
    later = await world.begin()
    assert said(await forwarded(later, chat(token_text))) == token_text
    _, body = await answered(later, echo(token_text))
    assert json.loads(body)["choices"][0]["message"]["content"] == TEXT


async def test_equal_values_are_equal_tokens_over_turns() -> None:
    world = World()
    first = said(await forwarded(await world.begin(), chat(TEXT)))
    second = said(await forwarded(await world.begin(), chat(TEXT + TEXT)))
    assert second == first + first


async def test_a_blocked_request_is_refused_with_types_and_without_values() -> None:
    world = World()
    exchange = await world.begin()
    refusal = await refused(exchange, chat("key sk-" + "a" * 20))
    assert refusal.status == 403
    error = json.loads(refusal.body)["error"]
    assert error["entity_types"] == ["API_KEY"]
    assert error["exchange_id"] == exchange.exchange_id
    assert b"sk-aaaa" not in refusal.body


async def test_the_clients_own_key_passes_in_its_header() -> None:
    exchange = await World().begin(key="Bearer sk-" + "a" * 20)
    assert await forwarded(exchange, chat("hello"))
    assert exchange.request_head is not None
    assert (b"authorization", b"Bearer sk-" + b"a" * 20) in exchange.request_head.headers


async def test_headers_query_and_path_are_read_too() -> None:
    exchange = await World().begin("/v1/chat/completions?u=13800138000", headers=(
        (b"content-type", b"application/json"), (b"x-user", "张伟".encode())))  # fmt: skip
    await forwarded(exchange, chat("hello"))
    head = exchange.request_head
    assert head is not None
    assert "13800138000" not in head.target.query
    assert "张伟".encode() not in b"".join(value for _, value in head.headers)


async def test_shadow_mode_observes_and_changes_no_byte() -> None:
    world = World("observe")
    body = chat(TEXT + " sk-" + "a" * 20)
    exchange = await world.begin()
    assert await forwarded(exchange, body) == body
    (record,) = world.records.records
    assert (record["effect"], record["shadow_effect"]) == ("allow", "block")
    assert record["entities"] == {"PERSON": 1, "PHONE_NUMBER": 1, "API_KEY": 1}


async def test_nothing_of_the_payload_is_on_record() -> None:
    world = World()
    exchange = await world.begin()
    seen = await forwarded(exchange, chat(TEXT))
    await answered(exchange, echo(said(seen)))
    kept = json.dumps(world.records.records, ensure_ascii=False, default=str)
    assert len(world.records.records) == 2
    assert not any(secret in kept for secret in SECRETS)
    assert said(seen)[:10] not in kept


@pytest.mark.parametrize("path", ["/v1/nothing", "/", "/admin"])
async def test_unknown_routes_are_refused(path: str) -> None:
    exchange = await World().begin(path)
    assert (await refused(exchange, chat("hello"))).code == "unknown_route"


BROKEN: dict[str, bytes] = {
    "invalid_json": b'{"model": ',
    "duplicate_key": b'{"model": 1, "model": 2}',
    "too_deep": b"[" * 100 + b"]" * 100,
}


@pytest.mark.parametrize("code", BROKEN)
async def test_what_cannot_be_read_is_refused(code: str) -> None:
    world = World()
    exchange = await world.begin()
    assert (await refused(exchange, BROKEN[code])).code == code
    assert [record["reasons"] for record in world.records.records] == [[code]]


async def test_oversize_is_refused_before_it_is_held() -> None:
    exchange = await World(limits=Limits(body=1000)).begin()
    with pytest.raises(Refusal) as refusal:
        for _ in range(20):
            await exchange.request(b"x" * 100, end=False)
    assert refusal.value.code == "body_too_large"


# --- every stage broken in turn --------------------------------------------------------------------------------


async def _raise(*_: object) -> Any:
    raise RuntimeError("张伟")


async def _hang(*_: object) -> Any:
    await asyncio.Event().wait()


async def _store_down(*_: object) -> Any:
    raise StoreError("vault_failed")


class Broken:
    """Any attribute of the original, but one method replaced."""

    def __init__(self, original: object, method: str, instead: Any) -> None:
        self._original, self._method, self._instead = original, method, instead

    def __getattr__(self, name: str) -> Any:
        return self._instead if name == self._method else getattr(self._original, name)


STAGES = [
    ("detector", "detect", _raise, "detector_failed"),
    ("detector", "detect", _hang, "deadline_exceeded"),
    ("vault", "tokenize", _raise, "inspection_failed"),
    ("vault", "tokenize", _hang, "deadline_exceeded"),
    ("vault", "tokenize", _store_down, "vault_failed"),
    ("records", "append", _raise, "inspection_failed"),
    ("records", "append", _hang, "deadline_exceeded"),
]
ORIGINALS = {"detector": RegexDetector, "vault": MemoryTokenVault, "records": MemoryRecordStore}


@pytest.mark.parametrize(("stage", "method", "fault", "code"), STAGES)
async def test_a_broken_stage_refuses_and_forwards_nothing(stage: str, method: str, fault: Any, code: str) -> None:
    broken = Broken(ORIGINALS[stage](), method, fault)
    exchange = await World(**{stage: broken}, deadline=0.2).begin()
    refusal = await refused(exchange, chat(TEXT))
    assert refusal.code == code
    assert refusal.status == 503
    assert "张伟" not in refusal.body.decode()


async def test_a_broken_policy_refuses() -> None:
    world = World()

    class NoPolicy:
        name = revision = "broken"

        def inspects(self, message: object) -> bool:
            raise RuntimeError

        def on_error(self, message: object, code: str) -> Any:
            raise RuntimeError

    world.gate.policy = NoPolicy()  # type: ignore[assignment]
    assert (await refused(await world.begin(), chat(TEXT))).status == 503


@pytest.mark.parametrize("fault", [_raise, _hang, _store_down])
async def test_a_store_that_fails_while_restoring_delivers_nothing(fault: Any) -> None:
    world = World(deadline=0.2)
    token_text = said(await forwarded(await world.begin(), chat(TEXT)))
    world.keeper.vault = Broken(world.vault, "detokenize", fault)  # type: ignore[assignment]
    exchange = await world.begin()
    await forwarded(exchange, chat("hello"))
    with pytest.raises(Refusal):
        await answered(exchange, echo(token_text))


async def test_close_runs_once_and_counts_down() -> None:
    world = World()
    exchange = await world.begin()
    assert world.keeper.counters.in_flight == 1
    for _ in range(2):
        await exchange.close(CloseReason.CLIENT_GONE)
    assert world.keeper.counters.in_flight == 0


async def test_an_answer_in_an_unknown_encoding_is_not_delivered() -> None:
    exchange = await World().begin()
    await forwarded(exchange, chat("hello"))
    head = ResponseHead(200, ((b"content-type", b"application/json"), (b"content-encoding", b"snappy")))
    with pytest.raises(Refusal) as refusal:
        await exchange.response_begin(head)
    assert refusal.value.code == "response_unreadable"


async def test_answers_count_against_the_room_too() -> None:
    world = World()
    body = chat("hello")
    world.keeper.room = Room(len(body) + 1000)
    exchange = await world.begin()
    await forwarded(exchange, body)
    await exchange.response_begin(ResponseHead(200, ((b"content-type", b"application/json"),)))
    with pytest.raises(Refusal, match="overloaded"):
        await exchange.response(b" " * 2000, end=False)
    await exchange.close(CloseReason.REFUSED)
    assert world.keeper.room.take(len(body) + 1000)
    assert world.keeper.counters.in_flight == 0


async def test_what_described_the_bytes_of_an_answer_goes_with_them() -> None:
    exchange = await World().begin()
    await forwarded(exchange, chat("hello"))
    fields = tuple((name, b"x") for name in (b"content-md5", b"digest", b"content-digest", b"repr-digest", b"etag"))
    head = await exchange.response_begin(ResponseHead(200, ((b"content-type", b"application/json"), *fields)))
    assert {name for name, _ in head.headers} & {name for name, _ in fields} == {b"etag"}


async def test_an_answer_may_be_larger_than_a_request() -> None:
    exchange = await World(limits=Limits(body=1000)).begin()
    await forwarded(exchange, chat("hello"))
    _, got = await answered(exchange, json.dumps({"x": "y" * 5000}).encode())
    assert len(got) > 5000


async def test_a_host_that_names_somebody_is_refused_and_not_recorded() -> None:
    world = World()
    headers = ((b"content-type", b"application/json"),)
    head = RequestHead("POST", Target("https", "13800138000.example", 443, "/v1/chat/completions"), headers)
    exchange = await world.keeper.begin(RequestMeta(head, "127.0.0.1", "mitm"))
    refusal = await refused(exchange, chat("hello"))
    assert refusal.code == "upstream_not_allowed"
    assert [record["upstream"] for record in world.records.records] == ["#.example:443"]


async def test_a_client_that_is_not_let_in_is_on_record_without_what_it_showed() -> None:
    world = World()
    listed = Clients(anonymous=False)
    world.keeper.identify_client = ClientDirectory(listed, lambda secret: secret.decode()).scope
    with pytest.raises(Refusal) as caught:
        await world.begin("/v1/messages?to=13800138000", key="Bearer a-stolen-key-of-somebody")
    assert (caught.value.code, caught.value.status) == ("client_unknown", 401)
    assert caught.value.body.startswith(b'{"type":"error"'), "in the protocol that it asked in"
    (record,) = world.records.records
    assert (record["effect"], record["reasons"], record["status"]) == ("block", ["client_unknown"], 401)
    assert (record["tenant"], record["client"]) == ("unknown", "unknown")
    assert not any(word in json.dumps(record) for word in ("stolen", "13800138000", "127.0.0.1"))
    assert world.keeper.counters.refused == {"client_unknown": 1}
    assert world.keeper.counters.in_flight == 0


async def test_large_bodies_take_turns_even_after_their_deadline() -> None:
    """A thread goes on when its message has been refused; the next large body must not pile up on it."""
    running = 0
    most = 0
    release = asyncio.Event()

    class Slow(RegexDetector):
        async def detect(self, parts: Any) -> Any:
            nonlocal running, most
            running += 1
            most = max(most, running)
            try:
                await release.wait()
                return await super().detect(parts)
            finally:
                running -= 1

    world = World(detector=Slow(), deadline=0.2)
    large = chat("x" * 300_000)
    refusals = await asyncio.gather(*[refused(await world.begin(), large) for _ in range(4)])
    assert {refusal.code for refusal in refusals} == {"deadline_exceeded"}
    assert (most, running) == (1, 1)
    release.set()
    exchange = await world.begin()
    assert await forwarded(exchange, large) == large
