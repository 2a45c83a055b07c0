"""Policies on policies: of all verdicts the strictest counts, and what cannot be put together is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.entities import EntityType
from gateway.config import load
from gateway.errors import ConfigError
from gateway.policy import STRICTNESS, RulePolicy, load_policy, parse_policy, strictness
from gateway.types import Coverage, Direction, Effect, Finding

from .conftest import CATEGORIES, ENTITIES, UNKNOWN, finding, message
from .test_decide import bodies

FULL = Coverage.FULL


def write(folder: Path, **texts: str) -> str:
    """Each text as a policy of its name; returns the path of the first."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(f"policy: {name}\nversion: 1\n{text}", encoding="utf-8")
    return str(folder / f"{next(iter(texts))}.yaml")


def acts(some: RulePolicy, entity_type: str, score: float = 0.9, **at: str) -> str:
    return some.why(message(**at), finding(entity_type, score)).action  # type: ignore[arg-type]


BASE = "default: {request: mask, response: allow}\nrules: [{name: a, entities: {PERSON: tokenize, ADDRESS: allow}}]\n"


@pytest.mark.parametrize(
    ("own", "entity_type", "action", "rule"),
    [
        ("rules: []", "PERSON", "tokenize", "base/a"),
        ("rules: []", "ADDRESS", "allow", "base/a"),
        ("rules: []", "API_KEY", "mask", "base/default"),
        ("rules: [{name: b, entities: {PERSON: allow}}]", "PERSON", "tokenize", "base/a"),
        ("rules: [{name: b, entities: {PERSON: redact}}]", "PERSON", "redact", "mine/b"),
        ("rules: [{name: b, entities: {PERSON: {action: redact, min_score: 0.95}}}]", "PERSON", "tokenize", "base/a"),
        ("rules: [{name: b, entities: {'category:credential': block}}]", "API_KEY", "block", "mine/b"),
        ("rules: [{name: b, entities: {'category:credential': block}}]", "ADDRESS", "allow", "base/a"),
        ("default: hash\nrules: []", "ADDRESS", "hash", "mine/default"),
        ("min_score: 0.3", "NOT_IN_TABLE", "mask", "base/default"),
    ],
)
def test_the_strictest_counts(tmp_path: Path, own: str, entity_type: str, action: str, rule: str) -> None:
    some = load_policy(write(tmp_path, mine=f"extends: base\n{own}\n", base=BASE), ENTITIES)
    line = some.why(message(), finding(entity_type))
    assert (line.action, line.rule) == (action, rule)


@pytest.mark.parametrize(
    ("own", "base", "unreadable", "unknown_route", "error"),
    [
        ("", "", True, True, True),
        ("", "unreadable: allow\nunknown_route: allow\nerror: allow\n", False, False, False),
        ("unreadable: block\nunknown_route: block\nerror: block\n", "unreadable: allow\n", True, True, True),
        ("unreadable: allow\nunknown_route: allow\nerror: allow\n", "", True, True, True),
    ],
)
def test_exceptions_combine_too(
    tmp_path: Path, own: str, base: str, unreadable: bool, unknown_route: bool, error: bool
) -> None:
    some = load_policy(write(tmp_path, mine=f"extends: base\n{own}", base=BASE + base), ENTITIES)
    assert (some.decide(message(), [], Coverage.NONE).effect is Effect.BLOCK) is unreadable
    assert (some.decide(message(route=UNKNOWN), [], FULL).effect is Effect.BLOCK) is unknown_route
    assert (some.on_error(message(), "detector_failed").effect is Effect.BLOCK) is error


def test_an_upstream_must_be_on_every_list(tmp_path: Path) -> None:
    some = load_policy(
        write(tmp_path, mine="extends: base\nupstreams: ['*.com']\n", base="upstreams: [api.*]\n" + BASE), ENTITIES
    )
    refused = {
        host: bool(some.decide(message(upstream=host), [], FULL).reasons) for host in ("api.x.com", "api.org", "x.com")
    }
    assert refused == {"api.x.com": False, "api.org": True, "x.com": True}


def test_a_change_of_what_is_extended_is_a_new_revision(tmp_path: Path) -> None:
    path = write(tmp_path, mine="extends: [base, other]\n", base=BASE, other=BASE)
    before = load_policy(path, ENTITIES).revision
    assert before.startswith("mine@1-")
    write(tmp_path, other=BASE + "# changed\n")
    assert load_policy(path, ENTITIES).revision != before


def test_several_by_name(tmp_path: Path, catalogue: Mapping[str, EntityType]) -> None:
    some = load_policy("pipl,hipaa", catalogue)
    assert (some.name, some.shadow) == ("pipl-hipaa", False)
    assert acts(some, "PERSON") == "redact"
    assert acts(some, "API_KEY") == "block"
    assert some.revision != load_policy("hipaa,pci-dss", catalogue).revision
    assert load_policy("pipl,pipl", catalogue).revision == load_policy("pipl", catalogue).revision


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"mine": "extends: mine\n"}, "mine.yaml:3:10: the policy 'mine' extends itself. Give your file another name."),
        ({"mine": "extends: b\n", "b": "extends: mine\n"}, "in a circle (mine → b → mine)"),
        ({"mine": "extends: piple\n"}, "there is no piple.yaml beside this file. Did you mean 'pipl'?"),
        ({"mine": "extends: ./base.yaml\n"}, "is no plain name"),
        ({"mine": "extends: observe\n"}, "extends 'observe', which only observes. Extend one that enforces"),
        ({"mine": "extends: [b]\n", "b": "policy: x\n"}, "occurs twice"),
        ({"mine": "extends: []\n"}, "'default' is missing"),
        ({"mine": "extends: b\n", "b": "default: alow\nrules: []\n"}, "b.yaml:3:10: unknown effect or operator 'alow'"),
    ],
)
def test_mistakes(tmp_path: Path, texts: dict[str, str], told: str, catalogue: Mapping[str, EntityType]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_policy(write(tmp_path, **texts), catalogue)
    assert told in str(caught.value)


def test_two_policies_of_one_name_and_two_modes(tmp_path: Path, catalogue: Mapping[str, EntityType]) -> None:
    (tmp_path / "other.yaml").write_text("policy: pipl\nversion: 1\ndefault: allow\nrules: []\n", encoding="utf-8")
    for words, told in {
        f"pipl,{tmp_path}/other.yaml": "is called 'pipl', as",
        "pipl,observe": "'observe' only observes, and others with it enforce",
        " , ": "no policy is named",
    }.items():
        with pytest.raises(ConfigError, match=told):
            load_policy(words, catalogue)


@settings(max_examples=40, deadline=None)
@given(one=bodies(), two=bodies(), kind=st.sampled_from([*CATEGORIES, "NOT_IN_TABLE"]), score=st.floats(0, 1))
def test_together_never_laxer_than_alone(one: str, two: str, kind: str, score: float) -> None:
    base = parse_policy(f"policy: one\nversion: 1\n{one}", "one.yaml", ENTITIES)
    alone = parse_policy(f"policy: two\nversion: 1\n{two}", "two.yaml", ENTITIES)
    both = parse_policy(f"policy: two\nversion: 1\nextends: one\n{two}", "two.yaml", ENTITIES, bases=[base])
    for direction in Direction:
        at, found = message(direction), Finding(0, 0, 4, kind, score, "pack/rule@1")
        verdicts = [RulePolicy(some, ENTITIES).why(at, found) for some in (base, alone, both)]
        ranks = [strictness(line.action) for line in verdicts]
        assert ranks[2] == max(ranks[:2])
        together = RulePolicy(both, ENTITIES).decide(at, [found], FULL)
        assert together.effect == max(
            RulePolicy(some, ENTITIES).decide(at, [found], FULL).effect for some in (base, alone)
        )


def test_what_is_stricter() -> None:
    assert STRICTNESS == ("allow", "mask", "tokenize", "hash", "redact", "block")
    assert strictness("encrypt") == strictness("tokenize"), "an operator of a plug-in"


REGIONS = """regions: {EEA: [DE, FR]}
default: allow
rules:
- {name: abroad, unless: {region: [EEA, CN, LOCAL]}, entities: {'tag:PIPL': redact}}
- {name: home, when: {region: CN}, entities: {'tag:PIPL': mask}}
"""


@pytest.mark.parametrize(
    ("upstream", "action"),
    [
        ("api.example.cn:443", "mask"),
        ("api.example.de:443", "allow"),
        ("eu.example.com:443", "allow"),
        ("example.hk:443", "redact"),
        ("nobody.knows:443", "redact"),
        ("local-model:80", "allow"),
        ("x.example.cn:443", "redact"),
    ],
)
def test_regions(upstream: str, action: str) -> None:
    said = "x.example.cn=HK, *.example.cn=cn, *.example.de=DE, eu.example.com=EEA, example.hk=HK, local-model=LOCAL"
    regions = load(None, {"upstream_regions": said}, env={}).upstream_regions
    source = parse_policy(f"policy: p\nversion: 1\n{REGIONS}", "p.yaml", ENTITIES)
    assert acts(RulePolicy(source, ENTITIES, (), regions), "PHONE_NUMBER", upstream=upstream) == action


def test_of_several_tags_in_a_rule_the_strictest_that_is_reached() -> None:
    rule = (
        "{tag:PIPL: mask, tag:PIPL-SENSITIVE: {action: redact, min_score: 0.8}, category:person: allow, PERSON: hash}"
    )
    source = parse_policy(
        f"policy: p\nversion: 1\ndefault: allow\nrules: [{{name: a, entities: {rule}}}]", "p.yaml", ENTITIES
    )
    some = RulePolicy(source, ENTITIES)
    assert [acts(some, "CN_RESIDENT_ID", score) for score in (0.9, 0.5)] == ["redact", "mask"]
    assert [acts(some, kind) for kind in ("PERSON", "DATE_OF_BIRTH", "API_KEY")] == ["hash", "allow", "allow"]


def test_a_decision_says_which_rules_and_articles() -> None:
    text = """default: {action: mask, article: Art. 0}
rules:
- {name: a, article: Art. 1, entities: {PERSON: {action: hash, article: Art. 2}, PHONE_NUMBER: redact, ADDRESS: allow}}
"""
    some = RulePolicy(parse_policy(f"policy: p\nversion: 1\n{text}", "p.yaml", ENTITIES), ENTITIES)
    found = [
        finding(name, start=10 * at)
        for at, name in enumerate(("PERSON", "PERSON", "PHONE_NUMBER", "ADDRESS", "API_KEY"))
    ]
    decision = some.decide(message(), found, FULL)
    assert decision.rules == {"p/a": 3, "p/default": 1}
    assert decision.articles == ("Art. 2", "Art. 1", "Art. 0")
