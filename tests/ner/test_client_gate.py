"""What a message meets at the gate when the NER model does not answer: refused, or let through and on record for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from detectors import calls
from detectors.ner.serving.remote import RemoteNer, connect
from detectors.packs.rules import RuleSet
from detectors.types import DetectorError, Part, PartKind
from gateway.ner import model_of
from gateway.observe.metrics import Metrics
from gateway.observe.ner import NerMetrics, worker_exposition
from gateway.selftest import self_test
from gateway.types import Direction
from tests.gateway.world import World, answered, chat, forwarded, refused
from tests.ner.served import WordRuntime, shared

TEXT = "zed called 13800138000"


@pytest.fixture
def runtime() -> WordRuntime:
    return WordRuntime()


@pytest.fixture
async def ner(runtime: WordRuntime, tmp_path: Path) -> AsyncIterator[RemoteNer]:
    async with shared(runtime, tmp_path / "ner.sock") as url:
        detector = await asyncio.to_thread(connect, [url], timeout=5)
        yield detector
        await detector.aclose()


async def test_by_default_a_model_that_fails_refuses_the_message(runtime: WordRuntime, ner: RemoteNer) -> None:
    world = World(further=(ner,))
    assert b"zed" not in await forwarded(await world.begin(), chat(TEXT))
    runtime.broken = True
    assert (await refused(await world.begin(), chat("again: zed"))).code == "detector_failed"
    assert world.records.records[-1]["reasons"] == ["detector_failed"]


async def test_rules_only_lets_it_through_and_puts_it_on_record(runtime: WordRuntime, ner: RemoteNer) -> None:
    world = World(further=(ner,), accepts_partial=True)
    registry = CollectorRegistry()
    metrics, client = Metrics(registry), NerMetrics(registry)
    world.gate.observer = metrics.record
    runtime.broken = True
    exchange = await world.begin()
    seen = json.loads(await forwarded(exchange, chat(TEXT)))["messages"][0]["content"]
    assert "zed" in seen
    assert "13800138000" not in seen
    head, _ = await answered(exchange, b"{}")
    assert dict(head.headers)[b"x-redline-coverage"] == b"partial"
    assert not ner.answers
    record = world.records.records[0]
    assert (record["effect"], record["coverage"], record["reasons"]) == ("transform", "partial", ["names_unread"])
    runtime.broken = False
    exchange = await world.begin()
    assert b"zed" not in await forwarded(exchange, chat(TEXT)), "nothing of the failure was cached"
    head, _ = await answered(exchange, b"{}")
    assert b"x-redline-coverage" not in dict(head.headers)
    assert ner.answers
    assert [r["coverage"] for r in world.records.records if r["direction"] == "request"] == ["partial", "full"]
    for _ in range(2):
        client.totals(world.gate._detectors._detectors)
    text = generate_latest(registry).decode()
    assert 'redline_partial_messages_total{direction="request"} 1.0' in text
    assert 'redline_ner_calls_total{outcome="partial"} 1.0' in text
    assert f'redline_ner_texts_total{{result="read"}} {float(ner.counts.read)}' in text
    assert "redline_ner_circuits_open 0.0" in text


async def test_a_streamed_answer_that_was_not_read_whole_says_so(
    runtime: WordRuntime, ner: RemoteNer, tmp_path: Path
) -> None:
    policy = tmp_path / "both.yaml"
    policy.write_text("policy: both\nversion: 1\ndefault: redact\nrules: []\n")
    world = World(further=(ner,), accepts_partial=True, policy=str(policy))
    for broken in (False, True):
        exchange = await world.begin()
        await forwarded(exchange, chat("hello", stream=True))
        text = f"zed 13800138000 {broken} " * 20
        event = json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode()
        runtime.broken = broken
        _, body = await answered(exchange, b"data: " + event + b"\n\ndata: [DONE]\n\n", b"text/event-stream")
        runtime.broken = False
        assert (b"zed" in body) is broken
        assert b"13800138000" not in body
        record = world.records.records[-1]
        coverage = ("partial", ["names_unread"]) if broken else ("full", [])
        assert (record["direction"], record["coverage"], record["reasons"]) == ("response", *coverage)


async def test_what_ends_in_no_record_is_never_partial(runtime: WordRuntime, ner: RemoteNer) -> None:
    world = World(further=(ner,), accepts_partial=True)
    exchange = await world.begin()
    await forwarded(exchange, chat("hello"))
    runtime.broken = True
    message = replace(exchange._message(Direction.REQUEST, exchange._head), body=chat(TEXT))
    with pytest.raises(DetectorError):
        await world.gate.survey(message)


async def test_the_self_test_asks_the_model_for_names_alone(runtime: WordRuntime, ner: RemoteNer) -> None:
    runtime.word = "张伟|John Smith|Mary Miller|李娜"
    world = World(further=(ner,))
    rules = RuleSet((), "none")
    assert await self_test(world.gate, rules, names=True) == {"PERSON": True}
    assert 0 < ner.counts.read < 20
    engine = world.gate._detectors
    with calls.calling(models=False):
        text = [Part(0, "p", PartKind.TEXT, "zed 张伟")]
        assert {f.rule[:4] for f in await engine.detect(text)} == {"test"}
        with calls.calling():
            assert not calls.with_models()
    runtime.word = "zed"
    assert len(await engine.detect(text)) == 2, "what no model read is not in the cache of those that one did"
    runtime.broken = True
    assert await self_test(world.gate, rules, names=True) == {"PERSON": False}


def test_a_worker_that_does_not_answer_is_down_not_absent(tmp_path: Path) -> None:
    text = worker_exposition(str(tmp_path / "none"), {"name": "m"}).decode()
    assert "redline_ner_up 0.0" in text
    assert 'redline_ner_model_info{name="m"} 1.0' in text


async def test_a_model_that_changes_under_way_is_on_record_beside_the_one_before(
    runtime: WordRuntime, ner: RemoteNer
) -> None:
    """Either may have read that message; the next is read by the new one alone."""
    world = World(further=(ner,))
    world.gate.model = model_of([ner])
    before, runtime.revision = runtime.revision, "f" * 64
    for text in (TEXT, f"again: {TEXT}"):
        assert b"zed" not in await forwarded(await world.begin(), chat(text))
    old, new = f"{runtime.name}@{before}", f"{runtime.name}@{'f' * 64}"
    assert [record["model"] for record in world.records.records] == [f"{old},{new}", new]
