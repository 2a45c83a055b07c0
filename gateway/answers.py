"""What becomes of an answer's bytes: held whole and judged, or let flow, each text channel through its filter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from gateway.channels import AnswerFilters, Hit
from gateway.errors import ContentError
from gateway.pipeline import Blocked, Gate
from gateway.protocols.base import WireProtocol
from gateway.recording import Inspection
from gateway.restore import Restorer
from gateway.types import CloseReason, Coverage, Decision, Effect, Limits, Message, Policy

__all__ = ["Answer", "Blocked", "StreamedAnswer", "WholeAnswer"]


class Answer(Protocol):
    restorer: Restorer

    async def feed(self, chunk: bytes, end: bool) -> Sequence[bytes]:
        """Bytes for the client. Raises `Indeterminate` or `Blocked`."""
        ...

    async def close(self, reason: CloseReason) -> None:
        """Record what has not been recorded. Never raises."""
        ...


class WholeAnswer:
    """Buffered up to a limit, then judged like a request: parts, findings, decision, edits, record."""

    def __init__(self, gate: Gate, message: Message, plane: str, restorer: Restorer, limits: Limits) -> None:
        self.restorer = restorer
        self._gate, self._message, self._plane, self._limit = gate, message, plane, limits.decoded
        self._body = bytearray()

    async def feed(self, chunk: bytes, end: bool) -> Sequence[bytes]:
        if len(self._body) + len(chunk) > self._limit:
            self._body.clear()
            raise ContentError("response_unreadable")
        self._body += chunk
        if not end:
            return ()
        message = replace(self._message, body=bytes(self._body))
        self._body.clear()
        outcome = await self._gate.inspect(message, self._plane, self.restorer)
        if outcome.message is None:
            raise Blocked(outcome.decision)
        return (outcome.message.body,)

    async def close(self, reason: CloseReason) -> None:
        self._body.clear()


class StreamedAnswer:
    """An event stream. Its record is written when it ends, however it ends; the request's was written before."""

    def __init__(
        self,
        gate: Gate,
        message: Message,
        plane: str,
        restorer: Restorer,
        protocol: WireProtocol,
        limits: Limits,
        window: int,
    ) -> None:
        self.restorer = restorer
        self._gate, self._message, self._plane = gate, message, plane
        self._policy = gate.policy
        inspects = self._policy.inspects(message)
        self._filters = AnswerFilters(restorer, self._judge if inspects else None, window)
        self._transform = protocol.stream(self._filters, limits)
        self._seen = Inspection(coverage=Coverage.FULL)
        self._seen.rules_revision, self._seen.detector_revision = gate.rules_revision, gate.detector_revision
        self._seen.model = gate.model() if gate.asks_model(message, self._policy) else ""
        self._bytes_in = 0
        self._blocked: Blocked | None = None

    async def feed(self, chunk: bytes, end: bool) -> Sequence[bytes]:
        self._bytes_in += len(chunk)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._gate.deadline):
                pieces = list(await self._transform.feed(chunk)) if chunk else []
                if end:
                    pieces += await self._transform.finish()
            self._judge_coverage()
        except Blocked as blocked:
            self._blocked = blocked
            raise
        self._seen.bytes_out += sum(map(len, pieces))
        self._gate.on_chunk(time.perf_counter() - began)
        return pieces

    async def close(self, reason: CloseReason) -> None:
        self._seen.findings = self._filters.released
        try:
            async with asyncio.timeout(self._gate.deadline):
                await self._gate.record(
                    self._message, self._plane, self._decision(self._policy), self._seen, bytes_in=self._bytes_in
                )
        except Exception:  # noqa: BLE001 - whatever it was, nothing is left to refuse
            self._gate.lost_records += 1

    def _judge_coverage(self) -> None:
        """What an event holds that cannot be read (audio, an image) is judged before the event leaves."""
        if self._transform.unreadable and self._seen.coverage is Coverage.FULL:
            self._seen.coverage = Coverage.PARTIAL
            decision = self._policy.decide(self._message, (), Coverage.PARTIAL)
            if decision.effect is Effect.BLOCK and not decision.shadow:
                raise Blocked(decision)

    async def _judge(self, text: str) -> Sequence[Hit]:
        return await self._gate.judge_text(self._message, self._policy, text, self._seen)

    def _decision(self, policy: Policy) -> Decision:
        if self._blocked is not None:
            return self._blocked.decision
        return policy.decide(self._message, self._filters.released, self._seen.coverage)
