"""The token vault on Redis or Valkey: one hash per scope, one atomic script per call, ciphertext only.

    v:<keyed hash of the scope>     expires: sliding, up to a hard cap set when the scope began
      g   generation                names the data key
      k   the data key, wrapped by a master key
      x   the hard cap, Unix milliseconds by the server's clock
      h:<keyed hash of type, value>  → token
      t:<token>                      → version ‖ nonce ‖ AES-256-GCM(value), bound to scope, token and type

Tokens are deterministic (see `identity.py`). Where two values of a scope meet on one token, the second gets its next
candidate. Deleting the hash destroys the data key, and with it every value of the scope.
Rules for the next editor of the scripts
1. A scope gets its expiry in the step that begins it, before any value: no key is ever without one.
2. The first write must be one that a full server refuses (HSET, not PEXPIREAT): the server checks its memory limit at
   a script's first write only, and would let all the others pass.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.errors import StoreError
from gateway.stores.connect import Link, Script
from gateway.stores.identity import CANDIDATES, TokenIdentity
from gateway.stores.keys import KeyRing
from gateway.stores.scopekeys import ScopeKey, ScopeKeyCache, unwrap, wrap, wrapped_by
from gateway.tokens import parse
from gateway.types import Scope

TTL_SECONDS: Final = 24 * 3600
CAP_SECONDS: Final = 7 * 24 * 3600
BATCH: Final = 1000
"""Values in one script: bounds how long the server is busy, and what Lua can unpack."""

_SLIDE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function slide(ttl, cap)
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(now + ttl, cap)))
end
"""

_MINT = Script(
    _SLIDE
    + """
local generation = redis.call('HGET', KEYS[1], 'g')
local cap
if not generation then
  if ARGV[2] == '' then return {} end
  cap = now + ARGV[4]
  redis.call('HSET', KEYS[1], 'g', ARGV[1], 'k', ARGV[2], 'x', string.format('%.0f', cap))
  slide(tonumber(ARGV[3]), cap)
elseif generation ~= ARGV[1] then
  return {generation, redis.call('HGET', KEYS[1], 'k')}
else
  cap = tonumber(redis.call('HGET', KEYS[1], 'x'))
end
local tokens = {}
for i = 5, #ARGV, 3 do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  if not held and redis.call('HSETNX', KEYS[1], 't:' .. ARGV[i + 1], ARGV[i + 2]) == 1 then
    held = ARGV[i + 1]
    redis.call('HSET', KEYS[1], ARGV[i], held)
  end
  tokens[#tokens + 1] = held or ''
end
slide(tonumber(ARGV[3]), cap)
return {tokens}
"""
)
"""KEYS: scope. ARGV: generation, wrapped key ('' for one that was read from here), TTL ms, cap ms,
then (index, token, ciphertext) for each value. Returns {tokens}, '' where another value holds the token;
{generation, wrapped key} if ARGV's is not the scope's; {} if the scope is gone and there is no new key to begin it."""

_FETCH = Script(
    _SLIDE
    + """
local head = redis.call('HMGET', KEYS[1], 'g', 'k', 'x')
if not head[1] then return {} end
slide(tonumber(ARGV[1]), tonumber(head[3]))
return {head[1], head[2], redis.call('HMGET', KEYS[1], unpack(ARGV, 2))}
"""
)
"""KEYS: scope. ARGV: TTL ms, then `t:<token>` fields. Returns {} or {generation, wrapped key, ciphertexts}."""

_REWRAP = Script("""
if redis.call('HGET', KEYS[1], 'k') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'k', ARGV[2])
return 1
""")


_PROBE = Script(
    _SLIDE
    + """
redis.call('HSET', KEYS[1], 'g', '')
slide(tonumber(ARGV[1]), now + ARGV[1])
"""
)
_PROBE_KEY: Final = "v:"
"""No scope's: their names are 32 digits longer."""
_PROBE_MILLISECONDS: Final = 10_000


class RedisTokenVault:
    """Implements `TokenVault`. Every failure of the store is `StoreError('vault_failed')`; nothing else is raised."""

    def __init__(
        self,
        url: str,
        keys: KeyRing,
        *,
        ttl_seconds: float = TTL_SECONDS,
        cap_seconds: float = CAP_SECONDS,
        cached_scopes: int = 4096,
        cache_seconds: float = 300,
        max_connections: int = 32,
        call_seconds: float = 1.0,
    ) -> None:
        self._link = Link(url, "vault_failed", max_connections=max_connections, call_seconds=call_seconds)
        self._keys = keys
        self._identity = TokenIdentity(keys)
        self._ttl = max(1, round(ttl_seconds * 1000))
        self._cap = max(self._ttl, round(cap_seconds * 1000))
        self._cache = ScopeKeyCache(cached_scopes, cache_seconds)
        self._stats: Counter[str] = Counter()

    @property
    def stats(self) -> Mapping[str, int]:
        """Counts since start: `minted`, `restored`, `unknown`, `tampered`, `unopenable`, `collisions`, `rewrapped`."""
        return dict(self._stats)

    async def tokenize(self, scope: Scope, values: Sequence[tuple[str, str]]) -> Sequence[str]:
        name = self._identity.scope_name(scope)
        tokens: list[str] = []
        for batch in _batches(values):
            tokens += await self._tokenize(name, batch)
        self._stats["minted"] += len(tokens)
        return tokens

    async def _tokenize(self, name: str, values: Sequence[tuple[str, str]]) -> list[str]:
        tokens = [""] * len(values)
        for attempt in range(CANDIDATES):
            open_ = [position for position, token in enumerate(tokens) if not token]
            minted = await self._mint(name, [values[position] for position in open_], attempt)
            for position, token in zip(open_, minted, strict=True):
                tokens[position] = token
            if all(tokens):
                return tokens
            self._stats["collisions"] += tokens.count("")
        raise StoreError("vault_failed", "no free token")

    async def _mint(self, name: str, values: Sequence[tuple[str, str]], attempt: int) -> list[str]:
        """Tokens, "" where the candidate is taken. Follows the scope when it was begun, erased or renewed elsewhere.

        A data key from the cache never begins a scope: that would bring an erased key back to life.
        """
        key, fresh = self._cache.get(name), b""
        for _ in range(4):
            if key is None:
                key = ScopeKey.generate()
                fresh = wrap(self._keys, name, key)
            answer = await self._link.run(_MINT, [name], self._mint_arguments(name, key, fresh, values, attempt))
            if len(answer) == 1:
                self._cache.put(name, key)
                return [token.decode() for token in answer[0]]
            self._cache.drop(name)
            key, fresh = (await self._opened(name, *answer) if answer else None), b""
        raise StoreError("vault_failed", "the scope kept changing")

    def _mint_arguments(
        self, name: str, key: ScopeKey, fresh: bytes, values: Sequence[tuple[str, str]], attempt: int
    ) -> list[bytes | int | str]:
        arguments: list[bytes | int | str] = [key.generation, fresh, self._ttl, self._cap]
        for entity_type, value in values:
            token = self._identity.token(name, entity_type, value, attempt)
            arguments += (key.index(entity_type, value), token, key.seal(name, token, entity_type, value))
        return arguments

    async def detokenize(self, scope: Scope, tokens: Sequence[str]) -> Sequence[str | None]:
        """None also for what was tampered with, or is wrapped by a master key that is no longer there."""
        name = self._identity.scope_name(scope)
        values: list[str | None] = []
        for batch in _batches(tokens):
            values += await self._detokenize(name, batch)
        self._stats["restored"] += len(values) - values.count(None)
        return values

    async def _detokenize(self, name: str, tokens: Sequence[str]) -> list[str | None]:
        """Only what the grammar knows is asked for: the rest is text that no vault ever made."""
        asked = {token: parsed[0] for token in tokens if (parsed := parse(token)) is not None}
        found = await self._fetch(name, asked) if asked else {}
        self._stats["unknown"] += sum(token not in found for token in tokens)
        return [found.get(token) for token in tokens]

    async def _fetch(self, name: str, asked: Mapping[str, str]) -> dict[str, str | None]:
        """`asked`: token → entity type. Answers those that the scope holds; None for one that does not open."""
        answer = await self._link.run(_FETCH, [name], [self._ttl, *(f"t:{token}" for token in asked)])
        if not answer:
            return {}
        generation, wrapped, blobs = answer
        held = {token: blob for token, blob in zip(asked, blobs, strict=True) if blob is not None}
        try:
            key = await self._opened(name, generation, wrapped)
        except StoreError as error:
            if error.detail != _UNOPENABLE:
                raise
            return dict.fromkeys(held)
        values = {token: key.open(name, token, asked[token], blob) for token, blob in held.items()}
        self._stats["tampered"] += sum(value is None for value in values.values())
        return values

    async def _opened(self, name: str, generation: bytes, wrapped: bytes) -> ScopeKey:
        """The scope's data key, from the cache if it is still this one; rewraps it after a rotation.

        A key that cannot be opened is an error, never a reason to begin the scope anew: this process may simply
        not have been told of the newest master key.
        """
        key = self._cache.get(name)
        if key is None or key.generation != generation:
            key = unwrap(self._keys, name, generation, wrapped)
            if key is None:
                self._stats["unopenable"] += 1
                raise StoreError("vault_failed", _UNOPENABLE)
            self._cache.put(name, key)
        if self._is_older(wrapped_by(wrapped)):
            await self._rewrap(name, wrapped, key)
        return key

    def _is_older(self, kid: str) -> bool:
        """Only forward: a process that lacks the newest key must not wrap back to an older one."""
        return kid in self._keys.ids and kid != self._keys.active

    async def _rewrap(self, name: str, wrapped: bytes, key: ScopeKey) -> None:
        with contextlib.suppress(StoreError):  # upkeep: the next use tries again
            self._stats["rewrapped"] += int(
                await self._link.run(_REWRAP, [name], [wrapped, wrap(self._keys, name, key)])
            )

    async def erase(self, scope: Scope) -> bool:
        name = self._identity.scope_name(scope)
        self._cache.drop(name)
        return bool(await self._link.call(self._link.client.unlink(name)))

    async def ping(self) -> None:
        """Whether a value could be stored now: a full server and a replica still answer PING."""
        await self._link.run(_PROBE, [_PROBE_KEY], [_PROBE_MILLISECONDS])

    async def aclose(self) -> None:
        await self._link.aclose()


_UNOPENABLE: Final = "data key cannot be opened"


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
