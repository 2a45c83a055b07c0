"""A Gatekeeper that does what a test tells it to, at the step the test names.

Steps: `begin`, `request:1`, `request:2` …, `request:end`, `response_begin`, `response:1` …, `response:end`, `close`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from gateway.errors import REASONS, Refusal
from gateway.types import CloseReason, RequestHead, RequestMeta, ResponseHead

type Action = Callable[[], Awaitable[None]]


def refusal(code: str = "policy_block", event: bytes = b"") -> Refusal:
    body = b'{"gate":"%s"}' % code.encode()
    return Refusal(code, REASONS[code][0], ((b"content-type", b"application/json"), (b"x-gate", b"yes")), body, event)


async def block() -> None:
    raise refusal()


async def block_with_event() -> None:
    raise refusal("response_blocked", b"event: error\ndata: blocked\n\n")


async def crash() -> None:
    raise RuntimeError("planted 13800138000")


async def leave() -> None:
    raise SystemExit(3)


async def cancel_itself() -> None:
    raise asyncio.CancelledError


async def hang() -> None:
    await asyncio.Event().wait()


ACTIONS = {"block": block, "crash": crash, "leave": leave, "cancel": cancel_itself, "hang": hang}


@dataclass
class Gate:
    """`stream`: the verdict falls at begin and pieces pass at once; else the body is held until its end."""

    stream: bool = False
    verdict: bool = True
    script: dict[str, Action] = field(default_factory=dict)
    rewrite_request: Callable[[RequestHead, bytes], tuple[RequestHead, bytes]] | None = None
    rewrite_response: Callable[[bytes], bytes] | None = None
    hold_response: bool = False
    exchanges: list[ScriptedExchange] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, what: Callable[[Gate], bool]) -> None:
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: what(self))

    async def notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def begin(self, meta: RequestMeta) -> ScriptedExchange:
        await self.act("begin")
        exchange = ScriptedExchange(self, meta)
        self.exchanges.append(exchange)
        return exchange

    async def act(self, step: str) -> None:
        if action := self.script.get(step):
            await action()

    @property
    def last(self) -> ScriptedExchange:
        return self.exchanges[-1]


class ScriptedExchange:
    def __init__(self, gate: Gate, meta: RequestMeta) -> None:
        self.gate = gate
        self.meta = meta
        self.exchange_id = f"x{len(gate.exchanges)}"
        self.request_head: RequestHead | None = meta.head if gate.stream and gate.verdict else None
        self.seen = b""
        self.chunks = 0
        self.answer = b""
        self.answer_chunks = 0
        self.response_head: ResponseHead | None = None
        self.closed: list[CloseReason] = []
        self.closing = asyncio.Event()

    async def request(self, chunk: bytes, end: bool) -> Sequence[bytes]:
        self.chunks += 1
        self.seen += chunk
        await self.gate.notify()
        await self.gate.act(f"request:{self.chunks}")
        if end:
            await self.gate.act("request:end")
        if self.gate.stream:
            return [chunk] if chunk else []
        if not end:
            return []
        head, body = self.meta.head, self.seen
        if self.gate.rewrite_request:
            head, body = self.gate.rewrite_request(head, body)
        if self.gate.verdict:
            self.request_head = head
        return [body] if body else []

    async def response_begin(self, head: ResponseHead) -> ResponseHead:
        await self.gate.act("response_begin")
        self.response_head = head
        if self.gate.rewrite_response or self.gate.hold_response:
            return replace(head, headers=tuple(f for f in head.headers if f[0] != b"content-length"))
        return head

    async def response(self, chunk: bytes, end: bool) -> Sequence[bytes]:
        self.answer_chunks += 1
        self.answer += chunk
        await self.gate.notify()
        await self.gate.act(f"response:{self.answer_chunks}")
        if end:
            await self.gate.act("response:end")
        if self.gate.hold_response:
            return [self.answer] if end and self.answer else []
        rewrite = self.gate.rewrite_response
        return [rewrite(chunk) if rewrite else chunk] if chunk else []

    def refusal(self, code: str) -> Refusal:
        return refusal(code, b"event: error\ndata: %s\n\n" % code.encode())

    async def close(self, reason: CloseReason) -> None:
        self.closed.append(reason)
        await self.gate.notify()
        self.closing.set()
        await self.gate.act("close")
