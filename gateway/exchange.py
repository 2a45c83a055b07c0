"""One request and its answer, as a plane drives it (the contract is `gateway.types.Exchange`).

    begin → request … request(end) → [verdict, recorded] → response_begin → response … response(end) → close

Rules for the next editor
1. `request_head` is the only positive verdict. It is set in one place, after the record is written.
2. A body is judged whole; only event streams flow, each text channel through its filter.
3. Whatever goes wrong ends in `Refusal`, in the client's own protocol, without payload.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.answers import Answer, Blocked, StreamedAnswer, WholeAnswer
from gateway.content import Decoder
from gateway.content import headers as heads
from gateway.content.encodings import coding_of
from gateway.errors import REASONS, ContentError, Indeterminate, Refusal
from gateway.pipeline import Gate, code_of
from gateway.protocols import for_route, identify
from gateway.protocols.base import WireProtocol
from gateway.restore import Restorer
from gateway.types import (
    CloseReason,
    Decision,
    Direction,
    Headers,
    Limits,
    Message,
    RequestHead,
    RequestMeta,
    ResponseHead,
    Scope,
    TokenVault,
)

_OF_THE_BYTES: Final = frozenset(
    {b"content-length", b"content-md5", b"digest", b"content-digest", b"repr-digest", b"signature", b"signature-input"}
)

_STRANGER: Final = Scope("unknown", "unknown", "")
"""Of clients that are not let in: what they showed is not kept, not even as a hash."""

type Identify = Callable[[RequestMeta], Scope]
"""Whose exchange this is: tenant, keyed hash of the credential, conversation. Raises `Refusal` for a stranger."""


@dataclass(slots=True)
class Counters:
    """What exchanges did, for metrics; plain numbers that an observer reads."""

    in_flight: int = 0
    restored: int = 0
    unresolved: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Room:
    """Bytes of bodies that one worker may hold at once, over all its exchanges."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> bool:
        if size > self._left:
            return False
        self._left -= size
        return True

    def give(self, size: int) -> None:
        self._left += size


class Gatekeeper:
    """Makes exchanges. One for each worker; `gate` holds all that decides."""

    def __init__(
        self,
        gate: Gate,
        vault: TokenVault,
        identify_client: Identify,
        limits: Limits,
        *,
        stream_window: int = 128,
        max_in_flight: int = 1024,
        room: int = 512 * 1024 * 1024,
    ) -> None:
        self.gate, self.vault, self.identify_client, self.limits = gate, vault, identify_client, limits
        self.stream_window = stream_window
        self.max_in_flight = max_in_flight
        self.room = Room(room)
        self.counters = Counters()

    async def begin(self, meta: RequestMeta) -> GateExchange:
        try:
            scope, stranger = self.identify_client(meta), ""
        except Refusal as refusal:
            scope, stranger = _STRANGER, refusal.code
        exchange = GateExchange(self, meta, scope)
        if stranger:
            raise await exchange.refuse(stranger)
        try:
            if self.counters.in_flight >= self.max_in_flight:
                raise ContentError("overloaded")
            heads.validate(meta.head.headers, self.limits)
        except Indeterminate as error:
            raise await exchange.refuse(error.code) from None
        self.counters.in_flight += 1
        exchange.counted = True
        return exchange


class GateExchange:
    def __init__(self, keeper: Gatekeeper, meta: RequestMeta, scope: Scope) -> None:
        self.exchange_id = secrets.token_hex(12)
        self.request_head: RequestHead | None = None
        self.counted = False
        self._keeper = keeper
        self._meta = meta
        self._head = RequestHead(meta.head.method, meta.head.target, heads.forward_request(meta.head.headers))
        """What is inspected is what leaves: fields that are dropped anyway cannot be findings."""
        self._route = identify(_as_asked(meta.head))
        self._protocol: WireProtocol = for_route(self._route)
        self._scope = scope
        self._buffer = bytearray()
        self._held = 0
        """Bytes that count against the worker's room."""
        self._entities: Mapping[str, int] = {}
        self._action = "block"
        self._policy = self._rules = ""
        self._minted: Mapping[str, str] = {}
        self._answer: Answer | None = None
        self._decoder: Decoder | None = None
        self._unread = False
        self._closed = False

    # --- request ------------------------------------------------------------------------------------------------

    async def request(self, chunk: bytes, end: bool) -> Sequence[bytes]:
        keeper = self._keeper
        if len(self._buffer) + len(chunk) > keeper.limits.body:
            raise await self.refuse("body_too_large")
        try:
            self._hold(len(chunk))
        except ContentError as error:
            raise await self.refuse(error.code) from None
        self._buffer += chunk
        if not end:
            return ()
        message = self._message(Direction.REQUEST, self._head)
        outcome = await self._keeper.gate.inspect(message, self._meta.plane)
        self._entities = outcome.entities
        self._action = _action(outcome.decision)
        self._policy = outcome.decision.policy_revision
        self._rules = outcome.detector_revision or self._keeper.gate.detector_revision
        self._unread = outcome.unread
        if outcome.message is None:
            reasons = outcome.decision.reasons or ("policy_block",)
            raise self.refusal(reasons[0], _types(outcome.decision) or self._entities)
        head = outcome.message.head
        if not isinstance(head, RequestHead):
            raise self.refusal("no_verdict")
        self._minted = outcome.minted
        self.request_head = _forwarded(head, len(outcome.message.body))
        return (outcome.message.body,) if outcome.message.body else ()

    # --- response -----------------------------------------------------------------------------------------------

    async def response_begin(self, head: ResponseHead) -> ResponseHead:
        keeper, gate, plane = self._keeper, self._keeper.gate, self._meta.plane
        restorer = Restorer(gate.grammar, keeper.vault, self._scope, self._minted)
        try:
            decoder = Decoder(coding_of(head.headers), keeper.limits)
        except ContentError:
            raise self.refusal("response_unreadable") from None
        plain = ResponseHead(head.status, _without(heads.forward_response(head.headers), b"content-encoding"))
        message = self._message(Direction.RESPONSE, plain)
        try:
            plain = await gate.judge_head(message, restorer)
        except Blocked as blocked:
            raise self.refusal(_answer_code(blocked.code), blocked.entities) from None
        except Exception as error:  # noqa: BLE001 - a head that cannot be judged is not delivered
            raise self.refusal(_answer_code(code_of(error))) from None
        message = replace(message, head=ResponseHead(head.status, _only(plain.headers, b"content-type")))
        if _is_event_stream(plain):
            self._answer = StreamedAnswer(
                gate, message, plane, restorer, self._protocol, keeper.limits, keeper.stream_window
            )
        else:
            self._answer = WholeAnswer(gate, message, plane, restorer, keeper.limits)
        self._decoder = decoder if coding_of(head.headers) else None
        return ResponseHead(head.status, (*self._length_of(plain), *self._markers(self._action, self._entities)))

    async def response(self, chunk: bytes, end: bool) -> Sequence[bytes]:
        answer = self._answer
        if answer is None:
            raise self.refusal("no_verdict")
        try:
            if self._decoder is not None:
                chunk = self._decoder.feed(chunk)
                if end:
                    self._decoder.finish()
            if isinstance(answer, WholeAnswer):
                self._hold(len(chunk))
            return [piece for piece in await answer.feed(chunk, end) if piece]
        except Blocked as blocked:
            raise self.refusal(_answer_code(blocked.code), blocked.entities) from None
        except Exception as error:  # noqa: BLE001 - an answer that cannot be judged is not delivered
            raise self.refusal(_answer_code(code_of(error))) from None

    # --- endings ------------------------------------------------------------------------------------------------

    def refusal(self, code: str, entities: Mapping[str, int] | None = None) -> Refusal:
        """The answer for a failure, in the client's own protocol."""
        self._keeper.counters.refused[code] += 1
        streamed = isinstance(self._answer, StreamedAnswer)
        refusal = self._protocol.refusal(code, 0, self.exchange_id, tuple(entities or ()), streamed)
        refusal.headers = (*refusal.headers, *self._markers("block", entities or {}))
        return refusal

    async def refuse(self, code: str) -> Refusal:
        """A refusal before inspection, recorded."""
        self._buffer.clear()
        await self._keeper.gate.refuse(self._message(Direction.REQUEST, self._head), self._meta.plane, code)
        return self.refusal(code)

    async def close(self, reason: CloseReason) -> None:
        """Write what is still to be written. Never raises, runs once."""
        if self._closed:
            return
        self._closed = True
        counters = self._keeper.counters
        counters.in_flight -= self.counted
        self._buffer.clear()
        self._keeper.room.give(self._held)
        if self._answer is not None:
            counters.restored += self._answer.restorer.restored
            counters.unresolved += self._answer.restorer.unresolved
            await self._answer.close(reason)
        self._minted = {}

    # --- small helpers ------------------------------------------------------------------------------------------

    def _hold(self, size: int) -> None:
        if not self._keeper.room.take(size):
            raise ContentError("overloaded")
        self._held += size

    def _message(self, direction: Direction, head: RequestHead | ResponseHead) -> Message:
        body, self._buffer = bytes(self._buffer), bytearray()
        target = self._meta.head.target
        return Message(
            self.exchange_id, direction, self._scope, self._route, head, body, f"{target.host}:{target.port}"
        )

    def _length_of(self, head: ResponseHead) -> Headers:
        """The answer's fields; those that describe the bytes of its body only where there is none that may change."""
        if self._meta.head.method == "HEAD" or head.status in {204, 304}:
            return head.headers
        return tuple(field for field in head.headers if field[0] not in _OF_THE_BYTES)

    def _markers(self, action: str, entities: Mapping[str, int]) -> tuple[tuple[bytes, bytes], ...]:
        """What the client is told was done."""
        counts = ",".join(f"{name}={count}" for name, count in sorted(entities.items()))
        return (
            (b"x-redline-exchange", self.exchange_id.encode()),
            (b"x-redline-action", action.encode()),
            (b"x-redline-entities", counts.encode()),
            (b"x-redline-policy", (self._policy or self._keeper.gate.policy.revision).encode()),
            (b"x-redline-rules", (self._rules or self._keeper.gate.detector_revision).encode()),
            *(((b"x-redline-coverage", b"partial"),) if self._unread else ()),
        )


def _as_asked(head: RequestHead) -> RequestHead:
    """The head with the client's own path: what the operator's base URL puts before it names no route."""
    target = head.target
    if not target.base:
        return head
    return replace(head, target=replace(target, path=target.path.removeprefix(target.base)))


def _forwarded(head: RequestHead, length: int) -> RequestHead:
    """The head as it leaves, with the length of the body that goes with it."""
    headers = head.headers
    if length or any(name == b"content-length" for name, _ in headers):
        headers = (*_without(headers, b"content-length"), (b"content-length", str(length).encode()))
    return RequestHead(head.method, head.target, headers)


def _only(headers: Headers, kept: bytes) -> Headers:
    return tuple(field for field in headers if field[0] == kept)


def _without(headers: Headers, dropped: bytes) -> Headers:
    return tuple(field for field in headers if field[0] != dropped)


def _answer_code(code: str) -> str:
    """What made an answer unreadable is the upstream's fault, not the client's."""
    return code if REASONS[code][0] >= 500 or code.startswith("response_") else "response_unreadable"


def _is_event_stream(head: ResponseHead) -> bool:
    kinds = [value for name, value in head.headers if name == b"content-type"]
    return len(kinds) == 1 and kinds[0].split(b";")[0].strip().lower() == b"text/event-stream"


def _action(decision: Decision) -> str:
    return "observe" if decision.shadow else decision.effect.name.lower()


def _types(decision: Decision) -> Mapping[str, int]:
    return Counter(finding.entity_type for finding in decision.blocked)
