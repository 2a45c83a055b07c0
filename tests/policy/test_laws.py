"""What ships: for each law, what becomes of which type, at home and abroad; and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from detectors.entities import EntityType
from gateway.config import load
from gateway.policy import RulePolicy, load_policy, shipped_policies, strictness
from gateway.types import Coverage, Direction, Effect

from .conftest import finding, message

REGIONS = {"CN": "a.cn", "DE": "a.de", "CH": "a.ch", "US": "a.us", "HK": "a.hk", "LOCAL": "here", "": "nobody.knows"}
SAID = load(None, {"upstream_regions": "a.cn=CN,a.de=DE,a.ch=CH,a.us=US,a.hk=HK,here=LOCAL"}, env={}).upstream_regions
LAWS = ("pipl", "gdpr", "hipaa", "pci-dss", "secrets-only")
ALL = ("default", "gdpr", "hipaa", "observe", "pci-dss", "pipl", "secrets-only", "strict-block")


def law(name: str, catalogue: Mapping[str, EntityType]) -> RulePolicy:
    return load_policy(name, catalogue, regions=SAID)


def action(some: RulePolicy, kind: str, score: float, region: str, direction: Direction = Direction.REQUEST) -> str:
    return some.why(message(direction, upstream=REGIONS[region]), finding(kind, score)).action


TABLE = {
    # (policy, region): what becomes of each of these at score 0.9
    ("pipl", "CN"): {
        "tokenize": "PERSON PHONE_NUMBER EMAIL_ADDRESS ADDRESS CN_RESIDENT_ID CN_BANK_CARD CREDIT_CARD "
        "CN_MEDICAL_INSURANCE MEDICAL_CONDITION GPS_COORDINATES WECHAT_ID CN_VEHICLE_PLATE IP_ADDRESS US_SSN "
        "LOCATION CN_USCC",
        "allow": "ORGANIZATION SG_UEN",
        "block": "API_KEY ACCESS_TOKEN PRIVATE_KEY PASSWORD URL_CREDENTIALS",
    },
    ("pipl", "US"): {
        "redact": "CN_RESIDENT_ID CN_BANK_CARD CREDIT_CARD CN_MEDICAL_INSURANCE MEDICAL_CONDITION "
        "GPS_COORDINATES US_SSN RELIGION ETHNICITY SEXUAL_ORIENTATION CRIMINAL_RECORD BIOMETRIC_DATA CHILD_AGE",
        "tokenize": "PERSON PHONE_NUMBER EMAIL_ADDRESS ADDRESS WECHAT_ID CN_VEHICLE_PLATE IP_ADDRESS CN_USCC",
        "allow": "ORGANIZATION SG_UEN",
        "block": "API_KEY PASSWORD",
    },
    ("gdpr", "DE"): {
        "tokenize": "PERSON EMAIL_ADDRESS DE_TAX_ID FR_NIR UK_NHS MEDICAL_CONDITION IBAN_CODE IP_ADDRESS DE_KFZ "
        "CN_RESIDENT_ID",
        "allow": "ORGANIZATION DE_HANDELSREGISTER",
        "block": "API_KEY",
    },
    ("gdpr", "US"): {
        "redact": "UK_NHS MEDICAL_CONDITION DE_HEALTH_INSURANCE DE_TAX_ID FR_NIR CN_RESIDENT_ID RELIGION ETHNICITY "
        "POLITICAL_OPINION UNION_MEMBERSHIP SEXUAL_ORIENTATION BIOMETRIC_DATA GENETIC_DATA CRIMINAL_RECORD",
        "tokenize": "PERSON EMAIL_ADDRESS IBAN_CODE IP_ADDRESS DE_KFZ DE_PASSPORT",
        "allow": "ORGANIZATION",
        "block": "API_KEY",
    },
    ("hipaa", "US"): {
        "redact": "PERSON DATE_OF_BIRTH AGE ADDRESS LOCATION PHONE_NUMBER EMAIL_ADDRESS US_SSN MEDICAL_RECORD_NUMBER "
        "HEALTH_PLAN_NUMBER US_MBI US_BANK_NUMBER CREDIT_CARD US_DRIVER_LICENSE US_NPI VIN MEDICAL_DEVICE_ID "
        "IP_ADDRESS URL DATE_TIME UUID ORGANIZATION BIOMETRIC_DATA MEDICAL_DATE CN_RESIDENT_ID",
        "allow": "MEDICAL_CONDITION RELIGION GENETIC_DATA CHILD_AGE",
        "block": "API_KEY",
    },
    ("pci-dss", ""): {
        "tokenize": "CREDIT_CARD CN_BANK_CARD CARD_EXPIRY",
        "block": "CARD_TRACK_DATA CARD_SECURITY_CODE CARD_PIN API_KEY",
        "allow": "PERSON IBAN_CODE CN_RESIDENT_ID",
    },
    ("secrets-only", ""): {
        "block": "API_KEY ACCESS_TOKEN PRIVATE_KEY PASSWORD URL_CREDENTIALS",
        "allow": "PERSON CREDIT_CARD CN_RESIDENT_ID",
    },
    ("default", ""): {
        "block": "API_KEY PRIVATE_KEY",
        "tokenize": "PERSON CN_RESIDENT_ID CREDIT_CARD CN_VEHICLE_PLATE IP_ADDRESS ADDRESS CN_USCC NOT_IN_TABLE",
        "allow": "LOCATION ORGANIZATION",
    },
}


@pytest.mark.parametrize(("name", "region"), TABLE)
def test_table(name: str, region: str, catalogue: Mapping[str, EntityType]) -> None:
    some = law(name, catalogue)
    wanted = {kind: what for what, kinds in TABLE[name, region].items() for kind in kinds.split()}
    assert {kind: action(some, kind, 0.9, region) for kind in wanted} == wanted


def test_every_type_has_a_decision_in_every_policy(catalogue: Mapping[str, EntityType]) -> None:
    assert shipped_policies() == ALL
    for name in ALL:
        some = law(name, catalogue)
        assert (some.name, some.shadow, bool(some.source.description)) == (name, name == "observe", True)
        for kind in catalogue:
            line = some.why(message(), finding(kind))
            assert line.rule.partition("/")[0] in {layer.name for layer in some.source.layers}
            assert line.rule.endswith("/default") or name not in LAWS or line.article, (name, line.rule)


def test_a_stricter_region_is_never_laxer(catalogue: Mapping[str, EntityType]) -> None:
    home = {"pipl": ("CN", "LOCAL"), "gdpr": ("DE", "CH", "LOCAL")}
    for name in ALL:
        some = law(name, catalogue)
        inside = home.get(name, ())
        for kind in (*catalogue, "NOT_IN_TABLE"):
            for score in (0.3, 0.44, 0.5, 1.0):
                ranks = {region: strictness(action(some, kind, score, region)) for region in REGIONS}
                outside = {rank for region, rank in ranks.items() if region not in inside}
                assert len(outside) == 1, "what is not known counts as abroad"
                assert max((ranks[region] for region in inside), default=0) <= outside.pop(), (name, kind, score)


def test_a_higher_score_is_never_laxer(catalogue: Mapping[str, EntityType]) -> None:
    for name in ALL:
        some = law(name, catalogue)
        for kind in catalogue:
            for region in ("CN", "DE", ""):
                ranks = [strictness(action(some, kind, score, region)) for score in (0.3, 0.4, 0.45, 0.5, 0.9)]
                assert ranks == sorted(ranks), (name, kind, region)


def test_sensitive_is_at_least_as_strict_as_general(catalogue: Mapping[str, EntityType]) -> None:
    for name, tag, general in (("pipl", "PIPL-SENSITIVE", "PHONE_NUMBER"), ("gdpr", "GDPR-SPECIAL", "PHONE_NUMBER")):
        some = law(name, catalogue)
        for kind in (kind for kind, one in catalogue.items() if tag in one.regulations):
            for region in REGIONS:
                for score in (0.3, 0.5):
                    assert strictness(action(some, kind, score, region)) >= strictness(
                        action(some, general, score, region)
                    )


def test_card_data_and_answers(catalogue: Mapping[str, EntityType]) -> None:
    some = law("pci-dss", catalogue)
    assert action(some, "CREDIT_CARD", 0.9, "", Direction.RESPONSE) == "mask"
    for kind in ("CARD_TRACK_DATA", "CARD_SECURITY_CODE", "CARD_PIN"):
        for direction in Direction:
            assert action(some, kind, 0.31, "", direction) == "block"
    assert some.why(message(), finding("CARD_PIN")).article == "PCI DSS Req. 3.3.1"


def test_observe_decides_as_default_does(catalogue: Mapping[str, EntityType]) -> None:
    default, observe = law("default", catalogue), law("observe", catalogue)
    for kind in catalogue:
        decisions = [some.decide(message(), [finding(kind, 0.6)], Coverage.FULL) for some in (default, observe)]
        assert decisions[0].effect is decisions[1].effect
        assert [decision.shadow for decision in decisions] == [False, True]


def test_only_card_data_is_searched_for_in_answers(catalogue: Mapping[str, EntityType]) -> None:
    searched = {name for name in ALL if law(name, catalogue).inspects(message(Direction.RESPONSE))}
    assert searched == {"pci-dss", "strict-block"}


def test_strict_block(catalogue: Mapping[str, EntityType]) -> None:
    some = law("strict-block", catalogue)
    for kind in (*catalogue, "NOT_IN_TABLE"):
        assert some.decide(message(), [finding(kind, 0.5)], Coverage.FULL).effect is Effect.BLOCK
        assert some.decide(message(), [finding(kind, 0.4)], Coverage.FULL).effect is Effect.ALLOW
