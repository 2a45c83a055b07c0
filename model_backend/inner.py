"""One call of the ASGI app behind the guard, read as it answers; cancelled when the client goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from model_backend.endpoints import Prepared
from model_backend.failures import failed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive

_BUFFERED: Final = 64


class InnerCall:
    """`async with InnerCall(...) as call`: the app runs as a task until its answer ends or the client leaves."""

    def __init__(self, app: ASGIApp, prepared: Prepared, receive: Receive) -> None:
        self._app = app
        self._receive = receive
        self._body = json.dumps(prepared.body, ensure_ascii=False).encode()
        self._sent = False
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue(_BUFFERED)
        self._gone = asyncio.Event()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self._body)).encode()),
            (b"x-request-id", prepared.request_id.encode()),
        ]
        # Below specification 2.4 the app listens for the disconnect itself, which is what stops a generation.
        self._scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": prepared.path,
            "raw_path": prepared.path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "client": None,
            "server": None,
            "state": {},
        }

    async def __aenter__(self) -> Self:
        self._tasks = (asyncio.create_task(self._run()), asyncio.create_task(self._watch()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._gone.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self) -> None:
        # The app's exceptions may quote payload: they end here, as an answer cut short.
        with contextlib.suppress(Exception):
            await self._app(self._scope, self._next_request, self._messages.put)
        await self._messages.put(None)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone.set()
        self._tasks[0].cancel()
        await self._messages.put(None)

    async def _next_request(self) -> Message:
        if not self._sent:
            self._sent = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def started(self) -> tuple[int, str]:
        """Status and content type. Raises RequestError where the app died before it answered."""
        message = await self._messages.get()
        if message is None:
            raise failed()
        headers = dict(message["headers"])
        return int(message["status"]), headers.get(b"content-type", b"").decode("latin-1")

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises RequestError where it ends too early."""
        more = True
        while more:
            message = await self._messages.get()
            if message is None:
                raise failed()
            yield message.get("body", b"")
            more = message.get("more_body", False)
