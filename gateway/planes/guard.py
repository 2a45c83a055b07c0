"""One exchange, made safe to await: deadlines, no foreign exceptions, no bytes without a verdict, one close.

Rule for the next editor: whatever goes wrong in here ends in `Refusal`. Only a task's own cancellation passes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from gateway.errors import REASONS, Refusal
from gateway.planes.heads import check_response
from gateway.planes.refusals import plane_refusal
from gateway.types import CloseReason, Exchange, Gatekeeper, RequestHead, RequestMeta, ResponseHead


async def _bounded[*A, T](
    seconds: float, refuse: Callable[[str], Refusal], method: Callable[[*A], Awaitable[T]], *args: *A
) -> T:
    try:
        async with asyncio.timeout(seconds) as deadline:
            return await method(*args)
    except Refusal as refusal:
        raise (refusal if refusal.code in REASONS else refuse("inspection_failed")) from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise refuse("inspection_failed") from None  # a cancelled future inside the gate is a failure of the gate
    except KeyboardInterrupt:
        raise
    except TimeoutError:
        raise refuse("deadline_exceeded" if deadline.expired() else "inspection_failed") from None
    except BaseException:  # noqa: BLE001  SystemExit in a detector must not take the proxy down either
        raise refuse("inspection_failed") from None


class Guard:
    """What planes drive instead of a bare `Exchange`. All methods raise `Refusal` and nothing else."""

    __slots__ = ("_closed", "_exchange", "_failed", "_seconds")

    def __init__(self, exchange: Exchange, seconds: float) -> None:
        self._exchange = exchange
        self._seconds = seconds
        self._failed = False
        self._closed = False

    @classmethod
    async def begin(cls, gatekeeper: Gatekeeper, meta: RequestMeta, seconds: float) -> Guard:
        return cls(await _bounded(seconds, plane_refusal, gatekeeper.begin, meta), seconds)

    @property
    def request_head(self) -> RequestHead | None:
        """The positive verdict, and never one after a failure."""
        if self._failed or self._closed:
            return None
        try:
            head = self._exchange.request_head
        except Exception:  # noqa: BLE001
            self._failed = True
            return None
        return head if isinstance(head, RequestHead) else None

    @property
    def closed(self) -> bool:
        return self._closed

    async def request(self, chunk: bytes, end: bool) -> list[bytes]:
        pieces = await self._pieces(self._exchange.request, chunk, end)
        if (end or pieces) and self.request_head is None:
            self._failed = True
            raise self.refusal("no_verdict")
        return pieces

    async def response_begin(self, head: ResponseHead) -> ResponseHead:
        answer = await self._call(self._exchange.response_begin, head)
        try:
            check_response(answer.status, answer.headers)
        except Exception:  # noqa: BLE001
            self._failed = True
            raise self.refusal("inspection_failed") from None
        return answer

    async def response(self, chunk: bytes, end: bool) -> list[bytes]:
        return await self._pieces(self._exchange.response, chunk, end)

    def refusal(self, code: str) -> Refusal:
        """The exchange's own wording, or the plane's where the exchange cannot give one."""
        try:
            refusal = self._exchange.refusal(code)
        except Exception:  # noqa: BLE001
            return plane_refusal(code)
        return refusal if isinstance(refusal, Refusal) else plane_refusal(code)

    async def close(self, reason: CloseReason) -> None:
        """Closes the exchange at the first call, and does nothing at later ones. Never raises."""
        if self._closed:
            return
        self._closed = True
        try:
            async with asyncio.timeout(self._seconds):
                await self._exchange.close(reason)
        except BaseException:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise

    async def _pieces(
        self, method: Callable[[bytes, bool], Awaitable[Sequence[bytes]]], chunk: bytes, end: bool
    ) -> list[bytes]:
        pieces = await self._call(method, chunk, end)
        if not isinstance(pieces, list | tuple) or not all(isinstance(piece, bytes) for piece in pieces):
            self._failed = True
            raise self.refusal("inspection_failed")
        return [piece for piece in pieces if piece]  # an empty chunk would end a chunked body

    async def _call[*A, T](self, method: Callable[[*A], Awaitable[T]], *args: *A) -> T:
        if self._failed or self._closed:
            raise self.refusal("inspection_failed")
        try:
            return await _bounded(self._seconds, self.refusal, method, *args)
        except BaseException:
            self._failed = True
            raise
