"""Experimental rules read along: they are counted and recorded, and whatever they do, nothing else changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.packs.detector import load_packs
from detectors.packs.rules import RuleSet
from detectors.types import Finding, Part, PartKind
from gateway import experiments
from gateway.experiments import STRIKES, Experiments, counted
from gateway.selftest import self_test
from gateway.stores.memory import MemoryTokenVault
from gateway.tokens import format_token

from .world import World, chat, forwarded

PACK = """\
pack: demo
version: 1
area: demo
rules:
  - {id: desk, version: 1, entity_type: API_KEY, description: A desk., status: experimental, patterns: ['DSK-[0-9]{6}'],
     boundary: none, score: 0.9, references: ['https://example.com'],
     examples: {match: [DSK-123456, DSK-654321, DSK-111222],
                no_match: [{text: DSK-12, why: short}, {text: DSK, why: bare}, {text: 'DSK 123456', why: blank}]}}
  - {id: phone, version: 2, entity_type: PHONE_NUMBER, description: A., status: experimental, patterns: ['1[0-9]{10}'],
     boundary: none, score: 0.9, references: ['https://example.com'],
     examples: {match: ['13800138000', '10000000000', '19999999999'],
                no_match: [{text: '138', why: short}, {text: '23800138000', why: no 1}, {text: x, why: none}]}}
  - {id: badge, version: 1, entity_type: API_KEY, description: A badge., status: stable, patterns: ['BDG-[0-9]{6}'],
     boundary: none, score: 0.9, references: ['https://example.com'],
     examples: {match: [BDG-123456, BDG-654321, BDG-111222],
                no_match: [{text: BDG-12, why: short}, {text: BDG, why: bare}, {text: 'BDG 123456', why: blank}]}}
"""
TEXT = "desk DSK-123456, DSK-654321, phone 13800138000, badge BDG-111222"
SEEN = {"demo/desk@1": 2, "demo/phone@2": 1}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    file: Path = tmp_path_factory.mktemp("packs") / "demo.yaml"
    file.write_text(PACK, encoding="utf-8")
    return load_packs([file])


def parts(*texts: str) -> list[Part]:
    return [Part(number, f"body/{number}", PartKind.TEXT, text) for number, text in enumerate(texts)]


async def test_they_are_counted_and_do_nothing(rules: RuleSet) -> None:
    world = World()
    plain = World(vault=world.vault)  # of the same keys, so of the same tokens
    world.gate.experiments, world.gate.rules_revision = Experiments.of(rules), rules.revision
    sent = await forwarded(await world.begin(), chat(TEXT))
    assert sent == await forwarded(await plain.begin(), chat(TEXT))
    assert b"DSK-123456" in sent
    (record,), (other,) = world.records.records, plain.records.records
    assert record["observed"] == SEEN
    assert record["observed_new"] == {"demo/desk@1": 2}, "where the phone is, a rule in force finds one"
    assert record["rules_revision"] == rules.revision
    assert other["observed"] == {}
    own = {"exchange_id", "time", "timings_ms", "observed", "observed_new", "rules_revision"}
    assert {k: v for k, v in record.items() if k not in own} == {k: v for k, v in other.items() if k not in own}


def test_only_experimental_ones_run(rules: RuleSet) -> None:
    some = Experiments.of(rules)
    assert some.names == {"demo/desk@1": "API_KEY", "demo/phone@2": "PHONE_NUMBER"}
    assert not Experiments.none()
    stable = RuleSet(tuple(pack for pack in load_packs_of(rules, "badge")), "r")
    assert not Experiments.of(stable), "where there is none, nothing is run"


def load_packs_of(rules: RuleSet, *names: str):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    for pack in rules.packs:
        yield replace(pack, rules=tuple(rule for rule in pack.rules if rule.id in names))


class Broken:
    revision = "x"

    def find(self, text: str, *, key: str = "") -> list[Finding]:
        raise RuntimeError(text)


async def test_one_that_fails_breaks_nothing_and_is_given_up(rules: RuleSet) -> None:
    world = World()
    some = world.gate.experiments = Experiments(Broken(), {"demo/desk@1": "API_KEY"})  # type: ignore[arg-type]
    for _ in range(STRIKES + 2):
        assert b"DSK-123456" in await forwarded(await world.begin(), chat(TEXT))
    assert (some.stats.failed, some.stats.stopped) == (STRIKES, 2)
    assert all(record["observed"] == {} and record["effect"] == "transform" for record in world.records.records)


async def test_a_budget_of_text_and_of_time(rules: RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    some = Experiments.of(rules)
    monkeypatch.setattr(experiments, "CHARACTERS", 20)
    found = await some.observe(parts("DSK-123456", "DSK-123456" * 3, "DSK-123456", "DSK-123456"))
    assert ([one.part for one in found], some.stats.long) == ([0, 2], 1)
    monkeypatch.setattr(experiments, "SECONDS", -1.0)
    for number in range(STRIKES + 1):
        found = await some.observe(parts("DSK-123456", "DSK-123456"))
        assert len(found) == (1 if number < STRIKES else 0)
    assert (some.stats.slow, some.stats.stopped) == (STRIKES, 1)


async def test_a_good_message_clears_the_strikes(rules: RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    some = Experiments.of(rules)
    for number in range(3 * STRIKES):
        monkeypatch.setattr(experiments, "SECONDS", -1.0 if number % 2 else 1e9)
        assert await some.observe(parts("DSK-123456"))
    assert some.stats.stopped == 0


async def test_a_text_seen_before_is_not_read_again(rules: RuleSet) -> None:
    some = Experiments.of(rules, cache_entries=10)
    first = await some.observe(parts(TEXT, TEXT))
    some._detector.find = Broken().find  # type: ignore[method-assign, union-attr, assignment]
    assert await some.observe(parts(TEXT, TEXT)) == first
    assert len(first) == 6


async def test_our_own_tokens_are_not_observed(rules: RuleSet) -> None:
    world = World()
    world.gate.experiments = Experiments.of(rules)
    sent = await forwarded(await world.begin(), chat("13800138000"))
    token = sent.decode().partition("PHONE_NUMBER_")[2][:8]
    again = await forwarded(await world.begin(), chat(format_token("PHONE_NUMBER", token)))
    assert token.encode() in again
    assert [record["observed"] for record in world.records.records] == [{"demo/phone@2": 1}, {}]


async def test_what_policy_does_not_inspect_is_not_observed_either(rules: RuleSet, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text("policy: all\nversion: 1\ndefault: allow\nrules: []\n", encoding="utf-8")
    world = World(policy=str(tmp_path / "all.yaml"))
    world.gate.experiments = Experiments.of(rules)
    await forwarded(await world.begin(), chat(TEXT))
    assert world.records.records[0]["observed"] == {}


async def test_the_self_test_counts_for_nothing(rules: RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "SECONDS", -1.0)
    world = World()
    some = world.gate.experiments = Experiments.of(rules)
    await self_test(world.gate, rules, names=False)
    assert some.stats.slow == 0


async def test_what_fails_behind_them_breaks_nothing_either(rules: RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    some = world.gate.experiments = Experiments.of(rules)
    monkeypatch.setattr("gateway.pipeline.counted", Broken().find)
    assert b"DSK-123456" in await forwarded(await world.begin(), chat(TEXT))
    assert some.stats.failed == 1


def test_counted_tells_new_from_known() -> None:
    def at(start: int, end: int, rule: str = "a/b@1", part: int = 0) -> Finding:
        return Finding(part, start, end, "API_KEY", 0.9, rule)

    found = [at(10, 20, "x/y@1"), at(30, 40, "x/y@1")]
    observed = [at(0, 10), at(5, 11), at(12, 14), at(19, 25), at(20, 30), at(39, 50), at(10, 20, part=1)]
    assert counted(observed, found) == ({"a/b@1": 7}, {"a/b@1": 3})
    assert counted([], found) == ({}, {})


PIECES = st.sampled_from(
    ["DSK-123456", "13800138000", "BDG-111222", "张伟", "sk-" + "a" * 20, " ", "，", "x", "\\", "0"]
)


@settings(max_examples=15, deadline=None)
@given(pieces=st.lists(PIECES, max_size=8))
def test_nothing_that_leaves_depends_on_them(rules: RuleSet, pieces: list[str]) -> None:
    vault = MemoryTokenVault()

    async def outcome(some: Experiments) -> tuple[object, ...]:
        world = World(vault=vault)
        world.gate.experiments = some
        exchange = await world.begin()
        try:
            sent = await forwarded(exchange, chat("".join(pieces)))
        except Exception as error:  # noqa: BLE001 - a refusal, and the same one
            return type(error), getattr(error, "code", "")
        return sent, exchange._entities, exchange._action

    assert asyncio.run(outcome(Experiments.of(rules))) == asyncio.run(outcome(Experiments.none()))
