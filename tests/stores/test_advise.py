"""Advice about servers that are not ours."""

from __future__ import annotations

import pytest

from gateway.errors import StoreError
from gateway.stores.acl import RULES, Role
from gateway.stores.advise import advise, set_user
from gateway.stores.embedded import EmbeddedValkey
from gateway.stores.vault import RedisTokenVault

from .conftest import launcher, start
from .samples import SCOPE, VALUES, closing
from .test_vault import KEYS


@pytest.mark.parametrize("role", ["vault", "log"])
async def test_the_embedded_servers_need_no_advice(
    vault_server: EmbeddedValkey, log_server: EmbeddedValkey, role: Role
) -> None:
    server = vault_server if role == "vault" else log_server
    assert await advise(server.url("gateway"), role) == []


async def test_each_fault_has_its_mend() -> None:
    server = start("log")
    try:
        with launcher(server) as admin:
            admin.config_set("maxmemory-policy", "allkeys-lru")
            admin.config_set("maxmemory", "0")
            admin.config_set("appendonly", "yes")
        said = await advise(server.url("launcher"), "vault")
    finally:
        server.stop()
    assert len(said) == 4
    for mend in ("appendonly no", "maxmemory-policy noeviction", "set `maxmemory`", "ACL SETUSER"):
        assert sum(mend in sentence for sentence in said) == 1
    assert all("://launcher" not in sentence for sentence in said)


async def test_a_server_that_does_not_answer() -> None:
    with pytest.raises(StoreError, match="vault_failed"):
        await advise("redis://127.0.0.1:1/0", "vault")


@pytest.mark.parametrize(("role", "user"), [(role, user) for role, users in RULES.items() for user in users])
def test_the_documented_command_is_accepted(log_server: EmbeddedValkey, role: Role, user: str) -> None:
    with launcher(log_server) as admin:
        admin.execute_command(*set_user(role, user).replace(user, f"copy-of-{user}", 1).split())
        admin.acl_deluser(f"copy-of-{user}")


async def test_a_user_made_by_that_command_suffices(vault_server: EmbeddedValkey) -> None:
    command = set_user("vault", "gateway").replace("gateway", "outsider", 1)
    with launcher(vault_server) as admin:
        admin.execute_command(*command.split())
    url = f"unix://outsider:CHOOSE-A-LONG-RANDOM-PASSWORD@{vault_server.directory}/s"
    async with closing(RedisTokenVault(url, KEYS)) as vault:
        tokens = await vault.tokenize(SCOPE, VALUES)
        assert await vault.detokenize(SCOPE, tokens) == [value for _, value in VALUES]
    with launcher(vault_server) as admin:
        admin.acl_deluser("outsider")
