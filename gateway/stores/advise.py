"""What is wrong with a server that Redline did not start itself: sentences for `redline doctor`, each with its mend."""

from __future__ import annotations

from typing import Any, Final

from gateway.errors import StoreError
from gateway.stores.acl import RULES, Role
from gateway.stores.connect import Link, describe
from gateway.stores.servers import MIN_VERSION

_WANTED_POLICY: Final[dict[str, tuple[str, ...]]] = {"vault": ("noeviction",), "log": ("noeviction", "volatile-ttl")}


async def advise(url: str, role: Role) -> list[str]:
    """Needs INFO only. Raises `StoreError` if the server does not answer, `ConfigError` for an unusable URL."""
    async with Link(url, "vault_failed" if role == "vault" else "record_failed", max_connections=1) as link:
        info: dict[str, Any] = await link.call(link.client.info("everything"))
        open_door = await _is_open(link)
    return [*_about(info, role), *([_OPEN_DOOR.format(where=describe(url))] if open_door else [])]


_OPEN_DOOR: Final = "{where} lets this user enumerate keys; give it the least rights: `ACL SETUSER` as documented."


async def _is_open(link: Link) -> bool:
    try:
        await link.call(link.client.execute_command("RANDOMKEY"))
    except StoreError:
        return False
    return True


def _about(info: dict[str, Any], role: Role) -> list[str]:
    said = []
    version = tuple(int(number) for number in str(info.get("redis_version", "0")).split(".")[:3])
    if version < MIN_VERSION:
        said.append(f"The {role} store is version {info.get('redis_version')}; 7.0 or later is needed.")
    if info.get("aof_enabled") or info.get("rdb_saves"):
        said.append(f'The {role} store writes to disk, which outlives every expiry: set `save ""` and `appendonly no`.')
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy not in _WANTED_POLICY[role]:
        wanted = _WANTED_POLICY[role][-1]
        said.append(f"The {role} store drops keys by '{policy}' when it is full: set `maxmemory-policy {wanted}`.")
    if not info.get("maxmemory"):
        said.append(f"The {role} store has no memory limit: set `maxmemory`.")
    return said


def set_user(role: Role, user: str) -> str:
    """The command that gives `user` on a server of your own the rights that the embedded one has; `>…` is to be set."""
    return f"ACL SETUSER {user} on >CHOOSE-A-LONG-RANDOM-PASSWORD resetkeys resetchannels -@all {RULES[role][user]}"
