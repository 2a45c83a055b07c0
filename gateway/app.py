"""The composition root: the one place that knows every part. `build(config, stores) → App`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from detectors.engine import DetectorEngine
from detectors.entities import EntityType, load_entities
from detectors.live import LiveDetector
from detectors.rulepack import PackError, RuleDetector, RuleSet, load_packs
from detectors.types import Detector
from gateway import operators, testing_faults
from gateway.clients import ClientDirectory
from gateway.config import Clients, Config
from gateway.content import parse
from gateway.errors import ConfigError, Refusal
from gateway.exchange import Gatekeeper
from gateway.pipeline import REHEARSAL, Gate
from gateway.policy import load_policy
from gateway.selftest import self_test
from gateway.stores.identity import subject_hash
from gateway.stores.keys import KeyRing
from gateway.stores.records import RedisRecordStore
from gateway.stores.vault import RedisTokenVault
from gateway.timed import Stopwatch, TimedRecords, TimedVault
from gateway.tokens import TokenGrammar
from gateway.types import CloseReason, Policy, RequestHead, RequestMeta, Target

EXCERPT_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class StoreUrls:
    """Where the two stores are, and as whom. Never logged: they hold passwords."""

    vault: str = field(repr=False)
    log: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Packs and a policy that are good, and not yet in force."""

    config: Config
    rules: RuleSet
    detector: RuleDetector
    policy: Policy


def _prepared(config: Config, entities: Mapping[str, EntityType]) -> Prepared:
    rules = load_rules(config.packs)
    return Prepared(config, rules, rule_detector(rules), policy_of(config, entities))


@dataclass(slots=True)
class App:
    """All parts of one gateway process, and what may be asked of them as a whole."""

    config: Config
    entities: Mapping[str, EntityType]
    rules: RuleSet
    detectors: DetectorEngine
    gate: Gate
    gatekeeper: Gatekeeper
    vault: RedisTokenVault
    records: RedisRecordStore
    chain: Sequence[Detector]
    watch: Stopwatch
    live_rules: LiveDetector

    async def self_test(self) -> dict[str, bool]:
        """Entity type → its canary was found by the real pipeline, decided, rewritten and recorded."""
        return await self_test(self.gate, self.rules, names=self.config.names or self.config.ner_model is not None)

    async def prepare(self, packs: Sequence[Path], policy: str) -> Prepared:
        """Load, prove, compile and try other packs and another policy; nothing changes yet. Raises ConfigError."""
        config = replace(self.config, packs=tuple(packs), policy=policy)
        prepared = await asyncio.to_thread(_prepared, config, self.entities)
        chain = [prepared.detector if one is self.live_rules else one for one in self.chain]
        twin = self.gate.twin(DetectorEngine(chain, cache_entries=0), prepared.policy)
        found = await self_test(twin, prepared.rules, names=config.names or config.ner_model is not None)
        if failed := sorted(name for name, passed in found.items() if not passed):
            raise ConfigError(f"The self-test did not find: {', '.join(failed)}. Another rule wins where it should.")
        return prepared

    def commit(self, prepared: Prepared) -> None:
        """Put what was prepared in force: packs and policy at once, between two messages."""
        self.config, self.rules = prepared.config, prepared.rules
        self.live_rules.current = prepared.detector
        self.gate.policy = testing_faults.policy(prepared.policy)

    async def preview(self, body: bytes, key: str) -> str:
        """What the upstream would see of a chat request sent with this key from this machine; empty if refused."""
        headers = ((b"content-type", b"application/json"), (b"authorization", b"Bearer " + key.encode()))
        head = RequestHead("POST", Target("http", "preview.invalid", 80, "/v1/chat/completions"), headers)
        exchange = await self.gatekeeper.begin(RequestMeta(head, "127.0.0.1", REHEARSAL))
        try:
            return b"".join(await exchange.request(body, end=True)).decode()
        except Refusal:
            return ""
        finally:
            await exchange.close(CloseReason.DONE)

    async def ping(self) -> None:
        """Raises `StoreError` where a store does not answer."""
        await asyncio.gather(self.vault.ping(), self.records.ping())

    async def aclose(self) -> None:
        closing = [one.aclose() for one in (*self.chain, self.vault, self.records) if hasattr(one, "aclose")]
        await asyncio.gather(*closing)


def build(config: Config, stores: StoreUrls, keys: KeyRing, ner_socket: str = "") -> App:
    """Everything that can be wrong with rules, policy, clients or model is a ConfigError here.

    `ner_socket`: where the shared NER worker listens, if there is one.
    """
    entities = load_entities()
    rules = load_rules(config.packs)
    policy = policy_of(config, entities)
    chain = detectors_of(config, rules, ner_socket)
    detectors = DetectorEngine([testing_faults.detector(one) for one in chain], cache_entries=config.detector_cache)
    vault = RedisTokenVault(stores.vault, keys, ttl_seconds=config.vault_ttl)
    records = RedisRecordStore(stores.log, ttl_seconds=round(config.records_ttl), live=True)
    watch = Stopwatch()
    timed_vault = TimedVault(testing_faults.vault(vault), watch)
    gate = Gate(
        parse=parse,
        detectors=detectors,
        policy=testing_faults.policy(policy),
        operators=operators.build(timed_vault, keys.identity("hash")),
        records=TimedRecords(testing_faults.records(records), watch),
        grammar=TokenGrammar(labels_of(entities, chain)),
        credential_types=frozenset(name for name, entity in entities.items() if entity.category == "credential"),
        limits=config.limits,
        deadline=config.inspect_timeout,
        excerpt=EXCERPT_CHARACTERS if config.excerpt else 0,
    )
    clients = ClientDirectory(Clients.load(config.clients_file), lambda secret: subject_hash(keys, secret))
    keeper = Gatekeeper(gate, timed_vault, clients.scope, config.limits, max_in_flight=config.limit_inflight)
    live = next(one for one in chain if isinstance(one, LiveDetector))
    return App(config, entities, rules, detectors, gate, keeper, vault, records, chain, watch, live)


def labels_of(entities: Iterable[str], chain: Iterable[object]) -> frozenset[str]:
    """Every type that a token may carry: the catalogue's, and those that only a model or foreign recognizer knows."""
    return frozenset(entities).union(*(getattr(detector, "entity_types", ()) for detector in chain))


def keys_of(config: Config) -> KeyRing:
    """The master keys: the environment's, or the state folder's (made at first)."""
    return KeyRing.resolve(config.state_dir)


def policy_of(config: Config, entities: Mapping[str, EntityType]) -> Policy:
    return load_policy(config.policy, entities, upstream_allow=config.upstream_allow)


def load_rules(packs: Sequence[Path]) -> RuleSet:
    try:
        return load_packs(packs) if packs else load_packs()
    except PackError as error:
        raise ConfigError(str(error)) from None


def rule_detector(rules: RuleSet) -> RuleDetector:
    """Raises ConfigError where all packs together are too large to compile."""
    try:
        return RuleDetector(rules)
    except PackError as error:
        raise ConfigError(str(error)) from None


def _presidio(names: Sequence[str]) -> Detector:
    try:
        from detectors.presidio import predefined

        return predefined(names)
    except ImportError:
        raise ConfigError("presidio: it is not installed. Install redline-gateway[presidio].") from None
    except ValueError as error:
        raise ConfigError(f"presidio: {error}") from None


def detectors_of(config: Config, rules: RuleSet, ner_socket: str = "") -> list[Detector]:
    """The chain, in one explicit list: adding a detector is one line here."""
    chain: list[Detector] = [LiveDetector(rule_detector(rules))]
    if config.names:
        from detectors.names import NameDetector

        chain.append(NameDetector())
    if config.presidio:
        chain.append(_presidio(config.presidio))
    if config.ner_model is not None:
        from detectors.ner import NerError
        from detectors.ner import build as build_ner

        try:
            chain.append(build_ner(config.ner_model, config.ner_device, socket=ner_socket or None))
        except NerError as error:
            raise ConfigError(f"ner_model: {error}") from None
    return chain
