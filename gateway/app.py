"""The composition root: the one place that knows every part. `build(config, stores) → App`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from detectors import diskcache
from detectors.engine import DetectorEngine
from detectors.entities import EntityType, load_entities, read_entities
from detectors.live import LiveDetector
from detectors.packs.detector import PackError, RuleDetector, RuleSet, load_packs
from detectors.paths import PACKS
from detectors.refine.refiner import Refiner
from detectors.types import Detector
from gateway import operators, testing_faults
from gateway.clients import ClientDirectory
from gateway.config import Clients, Config
from gateway.content import parse
from gateway.errors import ConfigError, Refusal
from gateway.exchange import Gatekeeper
from gateway.experiments import Experiments
from gateway.ner import finds_names, model_of, ner_detectors, types_of
from gateway.pipeline import REHEARSAL, Gate
from gateway.policy import RulePolicy, load_policy
from gateway.selftest import self_test
from gateway.steering import refiner_of, silenced, steering_of, with_denied
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
    entities: Mapping[str, EntityType]
    rules: RuleSet
    detector: RuleDetector
    policy: Policy
    experiments: Experiments
    refiner: Refiner


def _prepared(config: Config) -> Prepared:
    entities = entities_of(config)
    with diskcache.turn():  # of several workers one compiles, and the others find it
        return _made(config, entities)


def _made(config: Config, entities: Mapping[str, EntityType]) -> Prepared:
    steering = steering_of(config, entities)
    rules = with_denied(load_rules(config.packs, entities), steering)
    experiments, refiner = experiments_of(config, rules), refiner_of(config, steering)
    return Prepared(config, entities, rules, rule_detector(rules), policy_of(config, entities), experiments, refiner)


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
        off = silenced(self.detectors.refiner, self.entities)
        return await self_test(self.gate, self.rules, names=finds_names(self.config), silenced=off)

    async def prepare(
        self, packs: Sequence[Path], policy: str, entities: Path | None, lists: Sequence[Path] = ()
    ) -> Prepared:
        """Load, prove, compile and try other packs, entity types, lists and another policy; nothing changes yet.
        Raises ConfigError."""
        lists = tuple(lists) or self.config.lists
        config = replace(self.config, packs=tuple(packs), policy=policy, entities=entities, lists=lists)
        prepared = await asyncio.to_thread(_prepared, config)
        chain = [prepared.detector if one is self.live_rules else one for one in self.chain]
        labels = self.gate.grammar_of(labels_of(prepared.entities, self.chain))
        twin = self.gate.twin(DetectorEngine(chain, 0, prepared.refiner), prepared.policy, labels)
        off = silenced(prepared.refiner, prepared.entities)
        found = await self_test(twin, prepared.rules, names=finds_names(config), silenced=off)
        if failed := sorted(name for name, passed in found.items() if not passed):
            raise ConfigError(f"The self-test did not find: {', '.join(failed)}. Another rule wins where it should.")
        return prepared

    def commit(self, prepared: Prepared) -> None:
        """Put what was prepared in force: packs, entity types, lists and policy at once, between two messages."""
        self.config, self.rules, self.entities = prepared.config, prepared.rules, prepared.entities
        self.live_rules.current, self.detectors.refiner = prepared.detector, prepared.refiner
        gate = self.gate
        gate.policy = testing_faults.policy(prepared.policy)
        gate.rules_revision, gate.experiments = prepared.rules.revision, prepared.experiments
        gate.credential_types = credentials_of(prepared.entities)
        gate.grammar = gate.grammar_of(labels_of(prepared.entities, self.chain))

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


def build(
    config: Config,
    stores: StoreUrls,
    keys: KeyRing,
    ner_socket: str = "",
    slow: Callable[[int], None] | None = None,
) -> App:
    """Everything that can be wrong with rules, policy, clients or model is a ConfigError here.

    `ner_socket`: where the shared NER worker listens, if there is one.
    `slow`: is told how many rules are about to be compiled, where they are not in the cache.
    """
    entities = entities_of(config)
    steering = steering_of(config, entities)
    rules = with_denied(load_rules(config.packs, entities, slow), steering)
    policy = policy_of(config, entities)
    chain = detectors_of(config, rules, ner_socket)
    watched = [testing_faults.detector(one) for one in chain]
    detectors = DetectorEngine(watched, config.detector_cache, refiner_of(config, steering))
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
        credential_types=credentials_of(entities),
        limits=config.limits,
        deadline=config.inspect_timeout,
        excerpt=EXCERPT_CHARACTERS if config.excerpt else 0,
        experiments=experiments_of(config, rules),
        rules_revision=rules.revision,
        accepts_partial=config.ner_on_timeout == "rules-only",
    )
    gate.model, gate.model_types = model_of(chain), types_of(chain)
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


def policy_of(config: Config, entities: Mapping[str, EntityType]) -> RulePolicy:
    return load_policy(config.policy, entities, upstream_allow=config.upstream_allow, regions=config.upstream_regions)


def entities_of(config: Config) -> Mapping[str, EntityType]:
    try:
        return read_entities(config.entities) if config.entities else load_entities()
    except PackError as error:
        raise ConfigError(str(error)) from None


def credentials_of(entities: Mapping[str, EntityType]) -> frozenset[str]:
    return frozenset(name for name, entity in entities.items() if entity.category == "credential")


def experiments_of(config: Config, rules: RuleSet) -> Experiments:
    if not config.experimental:
        return Experiments.none()
    try:
        return Experiments.of(rules, cache_entries=config.detector_cache)
    except PackError as error:
        raise ConfigError(str(error)) from None


def load_rules(
    packs: Sequence[Path],
    entities: Mapping[str, EntityType] | None = None,
    slow: Callable[[int], None] | None = None,
) -> RuleSet:
    try:
        return load_packs(packs or (PACKS,), entities, slow=slow)
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
    chain += ner_detectors(config, ner_socket)
    if config.presidio:
        chain.append(_presidio(config.presidio))
    return chain
