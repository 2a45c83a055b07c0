"""The client of shared NER servers: hedges, circuit breakers, revisions, faults; against real servers on sockets."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detectors import calls
from detectors.engine import DetectorEngine
from detectors.ner.reading.reader import Reader
from detectors.ner.serving import circuit
from detectors.ner.serving.circuit import Allowance, Breaker, Delays
from detectors.ner.serving.endpoint import Address
from detectors.ner.serving.front import Answer, Model, check
from detectors.ner.serving.remote import RemoteNer, connect
from detectors.ner.serving.service import NerService
from detectors.types import DetectorError, Part, PartKind
from model_backend.ner_app import create_app
from tests.ner.served import WordRuntime, listening, shared
from tests.planes.certs import TestCA


def parts(*texts: str) -> list[Part]:
    return [Part(i, f"p/{i}", PartKind.TEXT, text) for i, text in enumerate(texts)]


async def spots(detector: RemoteNer | DetectorEngine, *texts: str) -> list[tuple[int, int, int]]:
    return [(f.part, f.start, f.end) for f in await detector.detect(parts(*texts))]


async def said(detector: RemoteNer, *texts: str) -> str:
    """The code that a question fails with."""
    with pytest.raises(DetectorError) as caught:
        await detector.detect(parts(*texts or ("zed",)))
    return caught.value.code


@asynccontextmanager
async def client(*runtimes: WordRuntime, timeout: float = 20.0) -> AsyncIterator[RemoteNer]:
    """A client of one server a runtime; the first is the one that is asked who they are."""
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(shared(runtime)) for runtime in runtimes]
        detector = await asyncio.to_thread(connect, urls, timeout=timeout)
        stack.push_async_callback(detector.aclose)
        yield detector


def hello(**more: Any) -> dict[str, Any]:
    return {"name": "odd", "revision": "r" * 64, "describe": "odd", "entities": ["PERSON"]} | more


def odd(answer: Callable[[Request], Awaitable[Response]], **more: Any) -> Starlette:
    """A server that says who it is, and answers questions in its own way."""

    async def model(_: Request) -> Response:
        return Response(orjson.dumps(hello(**more)))

    return Starlette(routes=[Route("/v1/model", model), Route("/v1/ner", answer, methods=["POST"])])


def fixed(body: object, status: int = 200) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return Response(body if isinstance(body, bytes) else orjson.dumps(body), status)

    return answer


# --- one server -----------------------------------------------------------------------------------------------------


async def test_findings_are_those_of_the_server_and_name_its_model(tmp_path: Path) -> None:
    runtime = WordRuntime()
    async with shared(runtime, tmp_path / "ner.sock") as url:
        detector = await asyncio.to_thread(connect, [url])
        found = await detector.detect(parts("nobody", "张 zed\ud83d", "12345", "zed"))
        assert [(f.part, f.start, f.end, f.score) for f in found] == [(1, 2, 5, 0.9), (3, 0, 3, 0.9)]
        assert {f.rule for f in found} == {f"ner/words@{runtime.revision[:12]}"}
        assert detector.revision == runtime.revision
        assert detector.entity_types == {"PERSON"}
        assert detector.counts.read == 3
        assert detector.counts.skipped == {"no_word": 1}
        assert "shared server" in detector.describe()
        await detector.aclose()


def spans(*rows: object) -> dict[str, Any]:
    return {"revision": "r" * 64, "spans": list(rows)}


async def test_garbage_of_any_kind_is_no_answer() -> None:
    good = [0, 3, "PERSON", 0.9]
    garbage: list[object] = [
        b"", b"not json", b"[]", {}, {"spans": [[]]}, {"spans": [[]], "revision": "other"}, {"spans": None},
        spans(), spans([], []), spans([[0, 4, "PERSON", 0.9]]), spans([[-1, 3, "PERSON", 0.9]]),
        spans([[2, 2, "PERSON", 0.9]]), spans([[0.0, 3, "PERSON", 0.9]]), spans([[True, 3, "PERSON", 0.9]]),
        spans([[0, 3, "CITY", 0.9]]), spans([[0, 3, ["PERSON"], 0.9]]), spans([[0, 3, "PERSON", 7]]),
        spans([[0, 3, "PERSON", "high"]]), spans([[0, 3, "PERSON"]]), spans([good, 7]), spans(7), spans("abc"),
    ]  # fmt: skip
    queue = [*garbage, spans([good])]

    async def answer(request: Request) -> Response:
        return await fixed(queue.pop(0))(request)

    async with listening(odd(answer)) as url:
        detector = await asyncio.to_thread(connect, [url])
        for one in garbage:
            for endpoint in detector.endpoints:
                endpoint.breaker.succeeded()
            assert await said(detector) == "detector_failed", one
        assert await spots(detector, "zed") == [(0, 0, 3)]
        assert detector.endpoints[0].failures == len(garbage)
        await detector.aclose()


@settings(max_examples=80, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
                    max_leaves=12))  # fmt: skip
def test_checking_an_answer_never_raises_anything_else(answer: object) -> None:
    model = Model("m", "r", "m", frozenset({"PERSON"}))
    with contextlib.suppress(DetectorError):
        check(["zed"], Answer(answer, model))


async def test_refusals_keep_their_code_and_a_server_that_is_gone_fails_at_once() -> None:
    codes = {
        "overloaded": (503, {"error": "overloaded"}),
        "deadline_exceeded": (504, {"error": "deadline_exceeded"}),
        "detector_failed": (500, {"error": "detector_failed"}),
    }
    for code, (status, body) in codes.items():
        async with listening(odd(fixed(body, status))) as url:
            detector = await asyncio.to_thread(connect, [url])
            assert await said(detector) == code
        await detector.aclose()
    began = time.monotonic()
    assert await said(detector) == "detector_failed"
    assert time.monotonic() - began < 5
    assert detector.counts.outcomes["detector_failed"] == 2
    await detector.aclose()


async def test_a_hung_server_is_a_deadline_and_opens_its_circuit() -> None:
    runtime = WordRuntime()
    async with client(runtime, timeout=0.1) as detector:
        runtime.gate.clear()
        for _ in range(circuit.FAILURES):
            assert await said(detector) == "deadline_exceeded"
        assert detector.endpoints[0].breaker.open
        assert await said(detector) == "detector_failed", "left alone: no time is lost on it"
        assert detector.counts.remote["circuit_opened"] == 1


async def test_a_caller_who_leaves_does_not_count_against_the_server() -> None:
    runtime = WordRuntime()
    async with client(runtime) as detector:
        runtime.gate.clear()
        for _ in range(circuit.FAILURES + 1):
            runtime.entered.clear()
            leaving = asyncio.create_task(detector.detect(parts("zed")))
            await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
        assert not detector.endpoints[0].breaker.open
        runtime.gate.set()
        assert await spots(detector, "zed") == [(0, 0, 3)]


# --- several --------------------------------------------------------------------------------------------------------


async def test_a_slow_server_is_hedged_by_another_and_hung_up_on() -> None:
    slow, quick = WordRuntime(), WordRuntime()
    async with client(slow, quick) as detector:
        slow.gate.clear()
        for text in ("zed one", "zed two", "zed three"):
            assert await spots(detector, text) == [(0, 0, 3)]
        remote = detector.counts.remote
        assert remote["hedged"] == remote["hedge_won"] >= 1
        assert len(quick.read) == 3
        slow_end = detector.endpoints[0]
        assert not slow_end.breaker.open, "slow is not broken"
        assert slow_end.rank(0) > detector.endpoints[1].rank(0)


async def test_a_dead_server_is_passed_over_and_left_alone() -> None:
    alive = WordRuntime()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(shared(alive))
        async with shared(WordRuntime()) as dead:
            detector = await asyncio.to_thread(connect, [dead, url])
        stack.push_async_callback(detector.aclose)
        detector.endpoints[1].seconds = 5  # so that the dead one is asked first
        for number in range(circuit.FAILURES + 3):
            assert await spots(detector, f"zed {number}") == [(0, 0, 3)]
        assert detector.endpoints[0].breaker.open
        assert detector.endpoints[0].failures == circuit.FAILURES
        assert detector.counts.remote["retried"] == circuit.FAILURES
        assert detector.counts.outcomes == {"ok": circuit.FAILURES + 3}


async def test_a_full_server_sends_its_callers_to_the_next() -> None:
    full, room = odd(fixed({"error": "overloaded"}, 503), name="words", revision=WordRuntime().revision), WordRuntime()
    async with listening(full) as busy, shared(room) as url:
        detector = await asyncio.to_thread(connect, [busy, url])
        detector.endpoints[1].seconds = 5
        assert await spots(detector, "zed") == [(0, 0, 3)]
        assert detector.endpoints[0].failures == 0, "to be full is no fault"
        await detector.aclose()


async def test_a_text_that_breaks_the_model_is_not_carried_from_server_to_server() -> None:
    one, other = WordRuntime(), WordRuntime()
    async with client(one, other) as detector:
        assert await said(detector, "poison zed") == "detector_failed"
        assert len([text for text in one.read + other.read if "poison" in text]) == 1


# --- another model --------------------------------------------------------------------------------------------------


async def test_servers_of_different_models_never_mix() -> None:
    ours, theirs = WordRuntime("zed"), WordRuntime("bob")
    async with client(ours, theirs) as detector:
        for number in range(6):
            found = await detector.detect(parts(f"zed and bob {number}"))
            assert [(f.start, f.rule[-12:]) for f in found] == [(0, ours.revision[:12])]
        assert theirs.read == []


async def test_a_model_that_changes_under_way_is_followed_and_never_cached_as_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "ner.sock"
    async with shared(WordRuntime("zed"), path) as url:
        detector = await asyncio.to_thread(connect, [url])
        engine = DetectorEngine([detector])
        before = engine.revision
        assert await spots(engine, "zed and bob") == [(0, 0, 3)]
    path.unlink()
    async with shared(WordRuntime("bob"), path):
        assert await spots(engine, "zed and bob") == [(0, 0, 3)], "read under the old revision, from the cache"
        assert await spots(engine, "bob") == [(0, 0, 3)], "a new text: the server's model is taken over"
        assert engine.revision != before
        assert detector.counts.remote["revision_changed"] == 1
        assert len(engine.cache) == 1, "what was found in between belongs to neither revision"
        assert await spots(engine, "zed and bob") == [(0, 8, 11)]
        assert len(engine.cache) == 2
        await detector.aclose()


async def test_a_model_with_other_entity_types_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ner.sock"
    async with shared(WordRuntime(), path) as url:
        detector = await asyncio.to_thread(connect, [url])
    path.unlink()
    async with shared(WordRuntime("bob", "CITY"), path):
        assert await said(detector) == "detector_failed"
        assert detector.entity_types == {"PERSON"}
        await detector.aclose()


# --- partial --------------------------------------------------------------------------------------------------------


async def test_without_an_answer_a_caller_who_accepts_it_is_told_what_was_not_read() -> None:
    runtime = WordRuntime()
    async with client(runtime) as detector:
        engine = DetectorEngine([detector])
        runtime.broken = True
        with pytest.raises(DetectorError):
            await engine.detect(parts("zed"))
        with calls.calling(accepts_partial=True) as call:
            assert await engine.detect(parts("zed")) == []
        assert call.unread == {"ner"}
        assert detector.counts.outcomes == {"detector_failed": 2, "partial": 1}
        assert len(engine.cache) == 0
        runtime.broken = False
        with calls.calling(accepts_partial=True) as call:
            assert await spots(engine, "zed") == [(0, 0, 3)]
        assert call.unread == set()
        assert len(engine.cache) == 1


# --- at start -------------------------------------------------------------------------------------------------------


async def test_what_cannot_be_reached_at_start_is_one_sentence(tmp_path: Path) -> None:
    async def refused(text: str, *urls: str) -> None:
        with pytest.raises(ValueError, match=text) as caught:
            await asyncio.to_thread(connect, urls, start_timeout=0.01)
        assert "\n" not in str(caught.value)

    await refused("no NER server answers there", f"unix://{tmp_path}/none.sock")
    await refused("no NER server answers there", "http://127.0.0.1:9")
    async with listening(odd(fixed({}), revision=7)) as url:
        await refused("does not answer like a NER server", url)
        await refused("no NER server answers there", url.replace("http:", "https:"))
    async with shared(WordRuntime(), token="t" * 16) as url:
        await refused("does not know our token", url)


async def test_a_server_over_tls_is_verified(tmp_path: Path) -> None:
    ours, foreign = TestCA(tmp_path / "ours", "ours"), TestCA(tmp_path / "foreign", "foreign")
    app = create_app(NerService(Reader(WordRuntime())), token="t" * 16)
    async with listening(app, tls=ours.server("localhost")) as url:
        detector = await asyncio.to_thread(connect, [url], token="t" * 16, ca=ours.bundle)
        assert await spots(detector, "zed") == [(0, 0, 3)]
        await detector.aclose()
        with pytest.raises(ValueError, match="certificate cannot be verified; name its CA in ner_server_ca"):
            await asyncio.to_thread(connect, [url], ca=foreign.bundle, start_timeout=1)
    async with listening(app, tls=ours.server("elsewhere")) as url:
        with pytest.raises(ValueError, match="certificate is for another name; use the name that it is for"):
            await asyncio.to_thread(connect, [url], ca=ours.bundle, start_timeout=1)
    (tmp_path / "none.pem").write_text("none")
    with pytest.raises(ValueError, match=r"none\.pem: not a PEM file"):
        connect(["https://localhost"], ca=tmp_path / "none.pem")


def test_addresses() -> None:
    good = {
        "http://h:1": "http://h:1",
        "https://h/ner/": "https://h/ner",
        "unix:///a%20b": "unix:/a b",
        "unix:/a": "unix:/a",
    }
    assert {text: str(Address.parse(text)) for text in good} == good
    for bad in ("", "h:1", "ftp://h", "unix://a/b", "unix:a", "http://u:p@h", "http://h?q", "http://"):
        with pytest.raises(ValueError, match=r"write it like|user name"):
            Address.parse(bad)


# --- the parts without I/O ------------------------------------------------------------------------------------------


def test_a_circuit_opens_waits_longer_each_time_and_closes_on_success() -> None:
    breaker, now, waits = Breaker(), 0.0, []
    assert [breaker.failed(now) for _ in range(circuit.FAILURES)] == [False] * (circuit.FAILURES - 1) + [True]
    for _ in range(8):
        began = now
        while not breaker.admits(now):
            now += 0.05
        waits.append(now - began)
        breaker.begin()
        assert not breaker.admits(now + 100), "one trial at a time"
        assert breaker.failed(now)
    assert all(0.7 <= later / (2 * earlier) <= 1.4 for earlier, later in itertools.pairwise(waits[:5]))
    assert max(waits) <= circuit.PAUSES[1] + 0.1
    breaker.succeeded()
    assert breaker.admits(now)
    assert not breaker.open


def test_slow_is_told_by_size_and_hedges_are_few() -> None:
    delays = Delays()
    for number in range(100):
        delays.saw(100, 0.02 + number / 10_000)
        delays.saw(1_000_000, 2.0)
    assert 0.02 < delays.slow(110) < 0.04
    assert delays.slow(900_000) == 2.0
    assert delays.slow(10_000) == circuit.FIRST_DELAY
    for _ in range(circuit.KEPT // 8):
        delays.saw(100, 5.0)
    assert 0.08 < delays.slow(110) < 0.13, "many slow ones do not make slow usual"
    allowance = Allowance()
    taken = 0
    for _ in range(1000):
        allowance.asked()
        taken += allowance.take()
    assert 100 <= taken <= 106
