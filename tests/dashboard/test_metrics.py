"""Metrics: bounded labels, and sums over processes that live and that are gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from gateway.observe import metrics
from gateway.observe.metrics import Metrics
from gateway.types import Direction, Record


def record(**fields: object) -> Record:
    base: dict[str, object] = {
        "exchange_id": "01k7zq4m8n2p",
        "time": 1.0,
        "direction": Direction.REQUEST,
        "tenant": "default",
        "client": "c_1",
        "plane": "asgi",
        "route": "openai/chat.completions",
        "upstream": "api.example.com:443",
        "effect": "transform",
        "shadow_effect": "",
        "reasons": (),
        "coverage": "full",
        "entities": {"PERSON": 2},
        "rules": {"zh-id/cn-resident-id@1": 1},
        "operators": {"tokenize": 2},
        "policy": "default",
        "policy_revision": "default@1-00000000",
        "detector_revision": "abcdef12",
        "parts": 3,
        "bytes_in": 100,
        "bytes_out": 90,
        "status": 200,
        "timings_ms": {"parse": 0.5, "detect": 2.0},
    }
    return Record(**(base | fields))  # type: ignore[arg-type]


def text(registry: CollectorRegistry) -> str:
    return generate_latest(registry).decode()


def messages(effect: str, status: int, count: float = 1.0) -> str:
    route = "openai/chat.completions"
    return f'redline_messages_total{{direction="request",effect="{effect}",route="{route}",status="{status}"}} {count}'


def test_a_record_feeds_most_of_them() -> None:
    registry = CollectorRegistry()
    some = Metrics(registry)
    some.record(record())
    some.record(record(effect="block", reasons=("policy_block",), status=403, policy_rules={"pipl/sensitive": 3}))
    some.record(record(effect="allow", shadow_effect="block", reasons=("policy_block",)))
    some.record(record(observed={"demo/badge@1": 5, "13800138000": 1}, observed_new={"demo/badge@1": 2}))
    some.unread_totals({"slow": 2})
    some.in_flight(4)
    some.tokens(minted=3, restored=2, unresolved=1)
    some.cache(hits=5, misses=1)
    some.chunk(0.0001)
    some.store("vault", 0.001)
    some.store("records", 0.002, failed=True)
    said = text(registry)
    for line in (
        messages("transform", 200, 2.0),
        messages("block", 403),
        messages("observe", 200),
        'redline_findings_total{entity_type="PERSON"} 8.0',
        'redline_operators_total{operator="tokenize"} 8.0',
        'redline_policy_rules_total{rule="pipl/sensitive"} 3.0',
        'redline_experimental_findings_total{new="true",rule="demo/badge@1"} 2.0',
        'redline_experimental_findings_total{new="false",rule="demo/badge@1"} 3.0',
        'redline_experimental_findings_total{new="false",rule="other"} 1.0',
        'redline_experimental_unread_total{why="slow"} 2.0',
        'redline_refusals_total{reason="policy_block"} 1.0',
        'redline_body_bytes_total{direction="request"} 400.0',
        'redline_stage_seconds_count{stage="detect"} 4.0',
        "redline_inflight_exchanges 4.0",
        'redline_tokens_total{outcome="unresolved"} 1.0',
        'redline_detector_cache_total{result="hit"} 5.0',
        "redline_stream_chunk_seconds_count 1.0",
        'redline_store_errors_total{store="records"} 1.0',
    ):
        assert line in said


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=20))
def test_labels_are_bounded_whatever_comes(names: list[str]) -> None:
    registry = CollectorRegistry()
    some = Metrics(registry)
    for name in names:
        some.record(record(route=name, entities={name: 1}, operators={name: 1}, effect=name, timings_ms={name: 1.0}))
        some.refusal(name)
        some.store(name, 0.1)
    for number in range(300):
        some.record(record(route=f"openai/{chr(97 + number % 26) * (2 + number // 26)}"))
    for family in registry.collect():
        assert len({tuple(sample.labels.items()) for sample in family.samples}) < 800
    said = text(registry)
    assert "zhang@example.com" not in said


def test_personal_data_does_not_become_a_label() -> None:
    registry = CollectorRegistry()
    some = Metrics(registry)
    some.record(record(route="zhang@example.com", entities={"13800138000": 1}, effect="张伟"))
    some.refusal("11010519491231002X")
    assert not any(canary in text(registry) for canary in ("zhang", "13800138000", "张伟", "11010519491231002X"))


def test_totals_count_what_was_added() -> None:
    registry = CollectorRegistry()
    some = Metrics(registry)
    for totals in ({"minted": 2}, {"minted": 5, "restored": 1}, {"minted": 5}):
        some.token_totals(totals)
    some.cache_totals(4, 1)
    some.cache_totals(6, 1)
    some.log_keys_dropped(2)
    said = text(registry)
    assert 'redline_tokens_total{outcome="minted"} 5.0' in said
    assert 'redline_detector_cache_total{result="hit"} 6.0' in said
    assert "redline_log_keys_dropped_total 2.0" in said


def test_the_newest_revision_is_the_one() -> None:
    registry = CollectorRegistry()
    some = Metrics(registry)
    some.revisions("default@1-00000000", "aa", "bb", "0.1.0")
    some.revisions("default@2-11111111", "aa", "bb", "0.1.0")
    said = text(registry)
    assert 'policy="default@1-00000000",rules="bb",version="0.1.0"} 0.0' in said
    assert 'policy="default@2-11111111",rules="bb",version="0.1.0"} 1.0' in said


WORKER = """
import sys
from pathlib import Path
from gateway.observe import metrics
metrics.join(Path(sys.argv[1]))
some = metrics.Metrics()
some.refusal("policy_block")
some.in_flight(7)
print("counted", flush=True)
sys.stdin.readline()
"""


def test_several_processes_and_one_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "counter_1.db").write_bytes(b"left over")
    folder = metrics.prepare(tmp_path)
    assert list(folder.iterdir()) == []
    command = [sys.executable, "-c", WORKER, str(folder)]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "counted\n"
    said = metrics.exposition(folder).decode()
    assert 'redline_refusals_total{reason="policy_block"} 2.0' in said
    assert "redline_inflight_exchanges 14.0" in said
    assert "redline_processes 2.0" in said
    workers[0].kill()
    workers[0].wait()
    metrics.gone(folder, workers[0].pid)
    said = metrics.exposition(folder).decode()
    assert 'redline_refusals_total{reason="policy_block"} 2.0' in said, "what it counted stays"
    assert "redline_inflight_exchanges 7.0" in said, "what it had under way does not"
    for worker in workers:
        worker.communicate("")


def test_memory_of_a_process() -> None:
    assert metrics.resident_bytes(os.getpid()) > 1024 * 1024
    assert metrics.resident_bytes(2**22 + 1) == 0


def test_an_observation_falls_where_the_library_would_put_it() -> None:
    bounds = (0.001, 0.01, 0.1)
    ours, theirs = (Histogram("seconds", "-", buckets=bounds, registry=CollectorRegistry()) for _ in range(2))
    for seconds in (-1.0, 0.0, 0.0005, 0.001, 0.0011, 0.01, 0.05, 0.1, 0.11, 99.0, float("inf")):
        metrics._observe(ours, seconds, bounds)
        theirs.observe(seconds)

    def samples(histogram: Histogram) -> list[tuple[str, dict[str, str], float]]:
        return [(s.name, s.labels, s.value) for m in histogram.collect() for s in m.samples if "created" not in s.name]

    assert samples(ours) == samples(theirs)
