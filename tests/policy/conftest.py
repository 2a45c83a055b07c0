"""Entity types and messages as policies see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from detectors.entities import EntityType, load_entities
from gateway.policy import RulePolicy, parse_policy
from gateway.types import Direction, Finding, Headers, Message, RequestHead, ResponseHead, Route, Scope, Target

CATEGORIES = {
    "PERSON": "person",
    "DATE_OF_BIRTH": "person",
    "LOCATION": "location",
    "ADDRESS": "location",
    "ORGANIZATION": "organization",
    "CN_USCC": "organization",
    "CN_RESIDENT_ID": "government_id",
    "US_SSN": "government_id",
    "CN_VEHICLE_PLATE": "vehicle",
    "PHONE_NUMBER": "contact",
    "EMAIL_ADDRESS": "contact",
    "CREDIT_CARD": "financial",
    "IP_ADDRESS": "network",
    "API_KEY": "credential",
    "PRIVATE_KEY": "credential",
}


@dataclass(frozen=True)
class Entity:
    name: str
    category: str
    regulations: tuple[str, ...] = ()


TAGS = {
    "PERSON": ("PIPL", "GDPR"),
    "PHONE_NUMBER": ("PIPL",),
    "CN_RESIDENT_ID": ("PIPL", "PIPL-SENSITIVE"),
    "API_KEY": ("SECRETS",),
    "PRIVATE_KEY": ("SECRETS",),
}
ENTITIES: Mapping[str, Entity] = {name: Entity(name, kind, TAGS.get(name, ())) for name, kind in CATEGORIES.items()}
HEAD = "policy: p\nversion: 1\n"
CHAT = Route("openai", "chat.completions", True)
UNKNOWN = Route("generic", "unknown", False)
NO_HEADERS: Headers = ()


def policy(body: str, head: str = HEAD) -> RulePolicy:
    return RulePolicy(parse_policy(head + body, "p.yaml", ENTITIES), ENTITIES)


def message(
    direction: Direction = Direction.REQUEST,
    route: Route = CHAT,
    upstream: str = "api.example.com:443",
    tenant: str = "default",
    client: str = "c_1",
) -> Message:
    head: RequestHead | ResponseHead = ResponseHead(200, NO_HEADERS)
    if direction is Direction.REQUEST:
        head = RequestHead("POST", Target("https", "api.example.com", 443, "/v1/chat/completions"), NO_HEADERS)
    return Message("x_1", direction, Scope(tenant, client, "conversation"), route, head, b"{}", upstream)


def finding(entity_type: str, score: float = 0.9, start: int = 0) -> Finding:
    return Finding(0, start, start + 4, entity_type, score, "pack/rule@1")


@pytest.fixture(scope="session")
def entities() -> Mapping[str, Entity]:
    return ENTITIES


@pytest.fixture(scope="session")
def catalogue() -> Mapping[str, EntityType]:
    """The shipped one, for what ships."""
    return load_entities()
