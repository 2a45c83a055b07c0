"""The one way to a Redis or Valkey server: pooled, bounded in time, and every failure a `StoreError`.

Rules for the next editor
1. No retry: a dead store is told to the caller at once, and the caller blocks the message.
2. Nothing of a failed command is quoted: redis-py puts arguments into some of its messages.
3. A script is EVALSHA first and EVAL when the server does not know it: SCRIPT LOAD is not replicated,
   so a promoted replica answers NOSCRIPT.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Self
from urllib.parse import urlsplit

import hiredis
import redis.asyncio as aioredis
import redis.exceptions
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from gateway.errors import ConfigError, StoreError
from gateway.stores.batching import Batcher
from gateway.stores.wire import Wire

SCHEMES: Final = ("unix", "redis", "rediss")
CONNECT_SECONDS: Final = 0.5
CALL_SECONDS: Final = 1.0
BATCH: Final = 128
"""Scripts in one round trip."""

_REDIS_ERRORS: Final[tuple[type[Exception], ...]] = tuple(
    kind for kind in vars(redis.exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)
)
FAILURES: Final[tuple[type[Exception], ...]] = (*_REDIS_ERRORS, OSError, TimeoutError, EOFError, UnicodeError)
"""What redis-py (not all of it below `RedisError`) and the transport raise; `IncompleteReadError` is an `EOFError`,
and text that is not UTF-8 must not be quoted by its error."""


class Script:
    """A Lua script. Values travel as KEYS and ARGV only: literals would stay in the server's script cache."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


def describe(url: str) -> str:
    """The URL without its credentials, for logs and error messages."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def check_url(url: str) -> None:
    """Raise `ConfigError` with the mend for a URL that redis-py would misread."""
    scheme = urlsplit(url).scheme
    if scheme not in SCHEMES:
        raise ConfigError(
            f"The store URL has scheme '{scheme or 'none'}'; "
            "use redis://HOST:PORT/0, rediss://HOST:PORT/0 or unix:///PATH/TO/SOCKET."
        )


class Link:
    """A pooled client of one server. `code` is the reason code of every failure.

    `call_seconds` bounds any single round trip, waiting for a free connection included; a script may wait for the
    round trip before its own, so for twice that.
    """

    def __init__(
        self,
        url: str,
        code: str,
        *,
        max_connections: int = 32,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        check_url(url)
        self.code = code
        self.where = describe(url)
        self._seconds = call_seconds
        try:
            pool = aioredis.BlockingConnectionPool.from_url(
                url,
                max_connections=max_connections,
                timeout=call_seconds,
                socket_timeout=call_seconds,
                socket_connect_timeout=min(CONNECT_SECONDS, call_seconds),
                retry=Retry(NoBackoff(), 0),
                retry_on_error=[],
                health_check_interval=0,
                protocol=2,
                driver_info=None,  # no CLIENT SETINFO: two round trips less, and a right that nobody needs
            )
        except (ValueError, RedisError):
            raise ConfigError(
                f"The store URL {self.where} cannot be read; use redis://USER:PASSWORD@HOST:PORT/0, "
                "rediss://… for TLS, or unix://USER:PASSWORD@/PATH/TO/SOCKET."
            ) from None
        self.client: Any = aioredis.Redis.from_pool(pool)
        """redis-py's stubs mix the sync and async answers; calls go through `call`, which types them."""
        self._wire = Wire(pool.make_connection)
        self._scripts: Batcher[bytes, Any] = Batcher(self._bounded_exchange, code, BATCH)

    async def call[T](self, answer: Awaitable[T]) -> T:
        """Await one redis-py call; raise `StoreError(code)` for whatever goes wrong, late answers included."""
        try:
            async with asyncio.timeout(self._seconds):
                return await answer
        except FAILURES as error:
            raise StoreError(self.code, type(error).__name__) from None

    async def run(self, script: Script, keys: Sequence[Any], args: Sequence[Any]) -> Any:
        """Run a script atomically on the server. Scripts of many callers share round trips."""
        return await self._taught(self._scripts.submit, script, keys, args)

    async def run_alone(self, script: Script, keys: Sequence[Any], args: Sequence[Any]) -> Any:
        """The same, in a round trip of its own: for a caller that has made its batch already."""
        return await self._taught(self._alone, script, keys, args)

    async def _taught(
        self, send: Callable[[bytes], Awaitable[Any]], script: Script, keys: Sequence[Any], args: Sequence[Any]
    ) -> Any:
        try:
            try:
                return await send(hiredis.pack_command(("EVALSHA", script.sha, len(keys), *keys, *args)))
            except NoScriptError:
                return await send(hiredis.pack_command(("EVAL", script.source, len(keys), *keys, *args)))
        except FAILURES as error:
            raise StoreError(self.code, type(error).__name__) from None

    async def _alone(self, packed: bytes) -> Any:
        (answer,) = await self._bounded_exchange([packed])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _bounded_exchange(self, packed: Sequence[bytes]) -> list[Any]:
        return await self.call(self._exchange(packed))

    async def _exchange(self, packed: Sequence[bytes]) -> list[Any]:
        """Send commands, read an answer or error for each."""
        return await self._wire.exchange(b"".join(packed), len(packed))

    async def ping(self) -> None:
        """Return if the server answers; raise `StoreError` otherwise."""
        await self.call(self.client.execute_command("PING"))

    async def aclose(self) -> None:
        """Wait for the scripts under way, then close."""
        await self._scripts.drain()
        try:
            await self._wire.aclose()
            await self.client.aclose()
        except FAILURES:
            return  # the server is gone, and the sockets with it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
