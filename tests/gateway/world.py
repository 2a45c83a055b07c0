"""A gate over real codecs, protocols, policies and operators, with stores in memory and a detector by regex."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from detectors.engine import DetectorEngine
from detectors.entities import load_entities
from detectors.types import Finding, Part
from gateway import operators
from gateway.content import parse
from gateway.errors import Refusal
from gateway.exchange import GateExchange, Gatekeeper
from gateway.pipeline import Gate
from gateway.policy import load_policy
from gateway.stores.memory import MemoryRecordStore, MemoryTokenVault
from gateway.tokens import TokenGrammar
from gateway.types import CloseReason, Headers, Limits, RequestHead, RequestMeta, ResponseHead, Scope, Target

PATTERNS = {
    "PHONE_NUMBER": re.compile(r"1[3-9][0-9]{9}"),
    "PERSON": re.compile("张伟|John Smith"),
    "API_KEY": re.compile("sk-[a-z]{20}"),
    "PRIVATE_KEY": re.compile("-----BEGIN PRIVATE KEY-----"),
}


class RegexDetector:
    name = "regex"
    revision = "1"

    async def detect(self, parts: Sequence[Part]) -> Sequence[Finding]:
        return [
            Finding(part.id, match.start(), match.end(), kind, 0.95, f"test/{kind.lower()}@1")
            for part in parts
            for kind, pattern in PATTERNS.items()
            for match in pattern.finditer(part.text)
        ]


@dataclass
class World:
    policy: str = "default"
    detector: Any = field(default_factory=RegexDetector)
    vault: Any = field(default_factory=MemoryTokenVault)
    records: Any = field(default_factory=MemoryRecordStore)
    deadline: float = 5.0
    limits: Limits = field(default_factory=Limits)
    further: tuple[Any, ...] = ()
    """More detectors."""
    accepts_partial: bool = False

    def __post_init__(self) -> None:
        entities = load_entities()
        self.gate = Gate(
            parse=parse,
            detectors=DetectorEngine([self.detector, *self.further]),
            policy=load_policy(self.policy, entities),
            operators=operators.build(self.vault, bytes(32)),
            records=self.records,
            grammar=TokenGrammar(entities),
            credential_types=frozenset(n for n, e in entities.items() if e.category == "credential"),
            limits=self.limits,
            deadline=self.deadline,
            accepts_partial=self.accepts_partial,
        )
        self.keeper = Gatekeeper(self.gate, self.vault, self._scope, self.limits)

    @staticmethod
    def _scope(meta: RequestMeta) -> Scope:
        keys = [value for name, value in meta.head.headers if name == b"authorization"]
        return Scope("bank", keys[0].decode() if keys else "nobody", "")

    async def begin(
        self,
        path: str = "/v1/chat/completions",
        method: str = "POST",
        key: str = "alice",
        headers: Headers = ((b"content-type", b"application/json"),),
    ) -> GateExchange:
        target = Target("https", "model.example", 443, *path.partition("?")[::2])
        head = RequestHead(method, target, (*headers, (b"host", b"gw"), (b"authorization", key.encode())))
        return await self.keeper.begin(RequestMeta(head, "127.0.0.1", "test"))


def chat(text: str, **more: object) -> bytes:
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": text}], **more}).encode()


async def forwarded(exchange: GateExchange, body: bytes) -> bytes:
    """What the upstream gets."""
    return b"".join(await exchange.request(body, end=True))


async def refused(exchange: GateExchange, body: bytes) -> Refusal:
    try:
        await exchange.request(body, end=True)
    except Refusal as refusal:
        assert exchange.request_head is None
        return refusal
    raise AssertionError("it was not refused")


async def answered(
    exchange: GateExchange, body: bytes, kind: bytes = b"application/json", pieces: Sequence[bytes] = ()
) -> tuple[ResponseHead, bytes]:
    """What the client gets."""
    head = await exchange.response_begin(ResponseHead(200, ((b"content-type", kind),)))
    out = b""
    for piece in pieces or [body]:
        out += b"".join(await exchange.response(piece, end=False))
    out += b"".join(await exchange.response(b"", end=True))
    await exchange.close(CloseReason.DONE)
    return head, out
