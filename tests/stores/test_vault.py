"""What only the real vault can show: ciphertext, expiry, rotation, tampering, and a server that is gone or full."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import select
import signal
from pathlib import Path

import pytest

from gateway.errors import StoreError
from gateway.stores import scopekeys
from gateway.stores.audit import keys_without_ttl
from gateway.stores.embedded import EmbeddedValkey
from gateway.stores.identity import TokenIdentity
from gateway.stores.keys import KeyRing
from gateway.stores.memory import MemoryTokenVault
from gateway.stores.scopekeys import ScopeKey, ScopeKeyCache
from gateway.stores.vault import RedisTokenVault

from .conftest import launcher, start
from .samples import SCOPE, VALUES, closing

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
KEYS = KeyRing([OLD])
ROTATED = KeyRing([OLD, NEW])
NAME = TokenIdentity(KEYS).scope_name(SCOPE)
ORIGINALS = [value for _, value in VALUES]


async def test_the_server_never_holds_plain_text(vault_server: EmbeddedValkey) -> None:
    async with closing(RedisTokenVault(vault_server.url(), KEYS)) as vault:
        await vault.tokenize(SCOPE, VALUES)
    with launcher(vault_server) as admin:
        keys = list(admin.scan_iter())
        held = b"".join(keys) + b"".join(admin.dump(key) for key in keys)
        held += b"".join(field + value for key in keys for field, value in admin.hgetall(key).items())
    for text in [*ORIGINALS, SCOPE.tenant, SCOPE.subject, SCOPE.conversation]:
        assert text.encode() not in held


async def test_the_memory_of_the_server_never_holds_plain_text(vault_server: EmbeddedValkey) -> None:
    """Freed memory included: what was never there cannot linger."""
    async with closing(RedisTokenVault(vault_server.url(), KEYS)) as vault:
        (token, *_) = await vault.tokenize(SCOPE, [("CN_RESIDENT_ID", "11010519491231002X"), ("PERSON", "欧阳娜娜")])
        await vault.detokenize(SCOPE, [token])
    memory = _memory(vault_server.pid)
    assert token.encode() in memory  # the search does find what is there
    assert b"11010519491231002X" not in memory
    assert "欧阳娜娜".encode() not in memory
    assert SCOPE.conversation.encode() not in memory


def _memory(pid: int) -> bytes:
    """All writable memory of a process of ours."""
    held = []
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as mem:
        for line in maps:
            span, mode = line.split()[:2]
            if mode.startswith("rw"):
                start, end = (int(part, 16) for part in span.split("-"))
                mem.seek(start)
                held.append(mem.read(end - start))
    return b"".join(held)


async def test_every_key_has_a_time_to_live(vault_server: EmbeddedValkey) -> None:
    async with closing(RedisTokenVault(vault_server.url(), KEYS, ttl_seconds=60)) as vault:
        for number in range(20):
            await vault.tokenize(dataclasses.replace(SCOPE, conversation=str(number)), VALUES)
    assert await keys_without_ttl(vault_server.url("launcher")) == []
    with launcher(vault_server) as admin:
        assert admin.dbsize() == 20
        assert all(0 < admin.pttl(key) <= 60_000 for key in admin.scan_iter())


async def test_the_audit_finds_what_would_stay(vault_server: EmbeddedValkey) -> None:
    with launcher(vault_server) as admin:
        admin.hset("v:left", "g", "1")
    assert await keys_without_ttl(vault_server.url("launcher")) == ["v:left"]


async def test_use_slides_the_expiry_up_to_the_hard_cap(vault_server: EmbeddedValkey) -> None:
    with launcher(vault_server) as admin:
        async with closing(RedisTokenVault(vault_server.url(), KEYS, ttl_seconds=100, cap_seconds=1000)) as vault:
            tokens = await vault.tokenize(SCOPE, VALUES)
            admin.pexpire(NAME, 5_000)
            await vault.detokenize(SCOPE, tokens)
            assert 95_000 < admin.pttl(NAME) <= 100_000
            admin.pexpire(NAME, 5_000)
            await vault.tokenize(SCOPE, VALUES)
            assert 95_000 < admin.pttl(NAME) <= 100_000
            seconds, micros = admin.time()
            admin.hset(NAME, "x", seconds * 1000 + micros // 1000 + 30_000)  # as if begun long ago
            await vault.detokenize(SCOPE, tokens)
            assert 25_000 < admin.pttl(NAME) <= 30_000
            await vault.tokenize(SCOPE, VALUES)
            assert 25_000 < admin.pttl(NAME) <= 30_000


async def test_nothing_is_left_after_expiry_and_tokens_come_again(vault_server: EmbeddedValkey) -> None:
    async with closing(RedisTokenVault(vault_server.url(), KEYS, ttl_seconds=0.05, cap_seconds=0.05)) as vault:
        tokens = await vault.tokenize(SCOPE, VALUES)
        with launcher(vault_server) as admin:
            async with asyncio.timeout(20):
                while admin.info("keyspace"):  # the server's own sweep, not a look-up, removes it
                    await asyncio.sleep(0)
            assert admin.dump(NAME) is None
        assert await vault.detokenize(SCOPE, tokens) == [None] * 4
        assert await vault.tokenize(SCOPE, VALUES) == tokens


@pytest.mark.parametrize("advance", [59.0, 61.0])
async def test_the_vault_in_memory_expires_alike(advance: float) -> None:
    now = [0.0]
    vault = MemoryTokenVault(KEYS, ttl_seconds=60, cap_seconds=100, clock=lambda: now[0])
    tokens = await vault.tokenize(SCOPE, VALUES)
    now[0] = advance
    assert await vault.detokenize(SCOPE, tokens) == (ORIGINALS if advance < 60 else [None] * 4)
    now[0] = 101
    assert await vault.detokenize(SCOPE, tokens) == [None] * 4


async def test_erasure_in_one_worker_is_seen_by_the_other(vault_server: EmbeddedValkey) -> None:
    url = vault_server.url()
    async with closing(RedisTokenVault(url, KEYS)) as one, closing(RedisTokenVault(url, KEYS)) as two:
        tokens = await one.tokenize(SCOPE, VALUES)
        assert await two.detokenize(SCOPE, tokens) == ORIGINALS
        await two.erase(SCOPE)
        assert await one.detokenize(SCOPE, tokens) == [None] * 4
        assert await one.tokenize(SCOPE, VALUES[:1]) == tokens[:1]  # under a data key of its own
        assert await two.detokenize(SCOPE, tokens) == [ORIGINALS[0], None, None, None]


@pytest.mark.parametrize("how", ["erased elsewhere", "expired"])
async def test_a_destroyed_data_key_never_comes_back(vault_server: EmbeddedValkey, how: str) -> None:
    """Whoever kept a copy of the ciphertext, and even of a later scope, cannot open the earlier one."""
    url = vault_server.url()
    async with closing(RedisTokenVault(url, KEYS)) as one, closing(RedisTokenVault(url, KEYS)) as two:
        tokens = await one.tokenize(SCOPE, VALUES)
        with launcher(vault_server) as admin:
            before = admin.hgetall(NAME)
            await two.erase(SCOPE) if how == "erased elsewhere" else admin.pexpire(NAME, 0)
            await one.tokenize(SCOPE, VALUES)  # its cache still holds the old key
            after = admin.hgetall(NAME)
    assert before[b"g"] != after[b"g"]
    key = scopekeys.unwrap(KEYS, NAME, after[b"g"], after[b"k"])
    assert key is not None
    old, new = (held[f"t:{tokens[0]}".encode()] for held in (before, after))
    assert key.open(NAME, tokens[0], "PERSON", new) == ORIGINALS[0]
    assert key.open(NAME, tokens[0], "PERSON", old) is None


async def test_rotation_opens_the_old_and_wraps_anew(vault_server: EmbeddedValkey) -> None:
    url = vault_server.url()
    async with closing(RedisTokenVault(url, KEYS)) as before, closing(RedisTokenVault(url, ROTATED)) as after:
        tokens = await before.tokenize(SCOPE, VALUES)
        assert _wrapped_by(vault_server) == KEYS.active
        assert await after.detokenize(SCOPE, tokens) == ORIGINALS
        assert _wrapped_by(vault_server) == ROTATED.active
        assert after.stats["rewrapped"] == 1
        assert await after.tokenize(SCOPE, VALUES) == tokens
        assert after.stats["rewrapped"] == 1
    assert await keys_without_ttl(vault_server.url("launcher")) == []


async def test_a_worker_without_the_new_key_fails_closed(vault_server: EmbeddedValkey) -> None:
    url = vault_server.url()
    async with closing(RedisTokenVault(url, ROTATED)) as new, closing(RedisTokenVault(url, KEYS)) as old:
        tokens = await new.tokenize(SCOPE, VALUES)
        assert await old.detokenize(SCOPE, tokens) == [None] * 4
        with pytest.raises(StoreError, match="vault_failed"):
            await old.tokenize(SCOPE, VALUES)
        assert old.stats["unopenable"] == 2
        assert await new.detokenize(SCOPE, tokens) == ORIGINALS


def _wrapped_by(server: EmbeddedValkey) -> str:
    with launcher(server) as admin:
        return scopekeys.wrapped_by(admin.hget(NAME, "k"))


async def test_a_tampered_value_is_none_and_counted(vault_server: EmbeddedValkey) -> None:
    async with closing(RedisTokenVault(vault_server.url(), KEYS)) as vault:
        tokens = await vault.tokenize(SCOPE, VALUES)
        with launcher(vault_server) as admin:
            fields = [f"t:{token}" for token in tokens]
            blobs = admin.hmget(NAME, fields)
            admin.hset(NAME, fields[0], blobs[1])  # swapped
            admin.hset(NAME, fields[1], blobs[1][:-1] + bytes([blobs[1][-1] ^ 1]))  # a bit
            admin.hset(NAME, fields[2], b"")  # cut off
        assert await vault.detokenize(SCOPE, tokens) == [None, None, None, ORIGINALS[3]]
        assert vault.stats["tampered"] == 3


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\x02" + b"0" * 100, b"\x01" + b"\xff" * 100])
async def test_a_tampered_data_key_restores_nothing_and_mints_nothing(
    vault_server: EmbeddedValkey, damage: bytes
) -> None:
    async with closing(RedisTokenVault(vault_server.url(), KEYS)) as vault:
        tokens = await vault.tokenize(SCOPE, VALUES)
    with launcher(vault_server) as admin:
        admin.hset(NAME, "k", damage)
    async with closing(RedisTokenVault(vault_server.url(), KEYS)) as vault:
        assert await vault.detokenize(SCOPE, tokens) == [None] * 4
        with pytest.raises(StoreError):
            await vault.tokenize(SCOPE, VALUES)


async def test_the_data_key_of_another_scope_does_not_open_this_one(vault_server: EmbeddedValkey) -> None:
    other = dataclasses.replace(SCOPE, tenant="thief")
    async with closing(RedisTokenVault(vault_server.url(), KEYS)) as vault:
        tokens = await vault.tokenize(SCOPE, VALUES)
    with launcher(vault_server) as admin:  # whoever can write to the server copies the whole scope under his own
        admin.copy(NAME, TokenIdentity(KEYS).scope_name(other))
    async with closing(RedisTokenVault(vault_server.url(), KEYS)) as vault:
        assert await vault.detokenize(other, tokens) == [None] * 4
        assert await vault.detokenize(SCOPE, tokens) == ORIGINALS


def test_a_sealed_value_opens_in_its_place_only() -> None:
    key = ScopeKey.generate()
    blob = key.seal("v:1", "PERSON_X", "PERSON", "张三")
    assert key.open("v:1", "PERSON_X", "PERSON", blob) == "张三"
    assert key.open("v:2", "PERSON_X", "PERSON", blob) is None
    assert key.open("v:1", "PERSON_Y", "PERSON", blob) is None
    assert key.open("v:1", "PERSON_X", "LOCATION", blob) is None
    assert ScopeKey.generate().open("v:1", "PERSON_X", "PERSON", blob) is None
    assert "张三" not in repr(key)
    assert key.material.hex() not in repr(key)


def test_the_cache_is_bounded_and_short_lived() -> None:
    now = [0.0]
    cache = ScopeKeyCache(2, 10, clock=lambda: now[0])
    keys = {name: ScopeKey.generate() for name in "abc"}
    cache.put("a", keys["a"])
    cache.put("b", keys["b"])
    assert cache.get("a") is keys["a"]
    cache.put("c", keys["c"])
    assert cache.get("b") is None  # the least recently used
    assert len(cache) == 2
    now[0] = 11
    assert cache.get("a") is None
    assert len(cache) == 1


async def _fill(vault: RedisTokenVault) -> StoreError:
    for number in range(10_000):
        try:
            await vault.tokenize(SCOPE, [("PRIVATE_KEY", f"{number:04}" + "k" * 3996)])
        except StoreError as error:
            return error
    raise AssertionError("the server took more than it may")


async def test_a_full_vault_refuses_new_values_and_restores_old_ones() -> None:
    server = start("vault", maxmemory="3mb")
    try:
        async with closing(RedisTokenVault(server.url(), KEYS)) as vault:
            tokens = await vault.tokenize(SCOPE, VALUES)
            failure = await _fill(vault)
            assert failure.code == "vault_failed"
            assert "kkkk" not in repr(failure.__dict__)
            with pytest.raises(StoreError):
                await vault.tokenize(dataclasses.replace(SCOPE, conversation="new"), [("PRIVATE_KEY", "k" * 4000)])
            assert await vault.detokenize(SCOPE, tokens) == ORIGINALS
            assert await vault.tokenize(SCOPE, VALUES) == tokens
            with pytest.raises(StoreError, match="vault_failed"):
                await vault.ping()
        assert await keys_without_ttl(server.url("launcher")) == []
    finally:
        server.stop()


async def test_ping_leaves_nothing_behind_that_stays(vault_server: EmbeddedValkey) -> None:
    async with closing(RedisTokenVault(vault_server.url("gateway"), KEYS)) as vault:
        await vault.ping()
    assert await keys_without_ttl(vault_server.url("launcher")) == []


async def test_a_dead_server_is_an_error_in_bounded_time() -> None:
    server = start("vault")
    try:
        async with closing(RedisTokenVault(server.url(), KEYS)) as vault:
            tokens = await vault.tokenize(SCOPE, VALUES)
            end = os.pidfd_open(server.pid)
            os.kill(server.pid, signal.SIGKILL)
            select.select([end], [], [], 20)
            os.close(end)
            async with asyncio.timeout(10):
                for attempt in (vault.tokenize(SCOPE, VALUES), vault.detokenize(SCOPE, tokens), vault.ping()):
                    with pytest.raises(StoreError, match="vault_failed"):
                        await attempt
                with pytest.raises(StoreError, match="vault_failed"):
                    await vault.erase(SCOPE)
    finally:
        server.stop()


async def test_a_paused_server_is_an_error_in_bounded_time_and_mends_itself() -> None:
    server = start("vault")
    try:
        async with closing(RedisTokenVault(server.url(), KEYS, call_seconds=0.1, max_connections=2)) as vault:
            tokens = await vault.tokenize(SCOPE, VALUES)
            os.kill(server.pid, signal.SIGSTOP)
            async with asyncio.timeout(10):
                outcomes = await asyncio.gather(
                    *(vault.detokenize(SCOPE, tokens) for _ in range(8)), return_exceptions=True
                )
            assert all(isinstance(outcome, StoreError) for outcome in outcomes)
            os.kill(server.pid, signal.SIGCONT)
        async with closing(RedisTokenVault(server.url(), KEYS)) as vault:
            assert await vault.detokenize(SCOPE, tokens) == ORIGINALS
    finally:
        server.stop()


async def test_a_server_that_forgot_the_scripts_is_taught_again(vault_server: EmbeddedValkey) -> None:
    async with closing(RedisTokenVault(vault_server.url(), KEYS)) as vault:
        tokens = await vault.tokenize(SCOPE, VALUES)
        with launcher(vault_server) as admin:
            admin.script_flush()
        assert await vault.detokenize(SCOPE, tokens) == ORIGINALS


async def test_a_connection_that_was_cut_while_idle_costs_no_request(vault_server: EmbeddedValkey) -> None:
    async with closing(RedisTokenVault(vault_server.url(), KEYS)) as vault:
        tokens = await vault.tokenize(SCOPE, VALUES)
        with launcher(vault_server) as admin:
            admin.execute_command("CLIENT", "KILL", "USER", "gateway")
        for _ in range(3):  # the event loop turns, as it does between two requests, and sees the end
            await asyncio.sleep(0)
        assert await vault.detokenize(SCOPE, tokens) == ORIGINALS


async def test_more_requests_than_connections_wait_their_turn(vault_server: EmbeddedValkey) -> None:
    async with closing(RedisTokenVault(vault_server.url(), KEYS, max_connections=2)) as vault:
        minted = await asyncio.gather(*(vault.tokenize(SCOPE, VALUES) for _ in range(100)))
        assert {tuple(tokens) for tokens in minted} == {tuple(minted[0])}
    with launcher(vault_server) as admin:
        assert len([client for client in admin.client_list() if client["user"] == "gateway"]) == 0
