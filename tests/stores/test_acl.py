"""Least rights, as a table of what each user is refused on a real server."""

from __future__ import annotations

import pytest
import redis

from gateway.stores.embedded import EmbeddedValkey

from .conftest import client_of, launcher

READ_ALL = ["SCAN 0", "KEYS *", "RANDOMKEY", "DBSIZE", "DUMP rec:{0}:x.request", "MONITOR", "SORT rec:{0}:x.request"]
ADMIN = [
    "CONFIG GET *",
    "ACL LIST",
    "ACL LOG",
    "CLIENT LIST",
    "CLIENT KILL ID 1",
    "SLOWLOG GET",
    "SAVE",
    "BGSAVE",
    "SHUTDOWN NOSAVE",
    "REPLICAOF NO ONE",
    "MIGRATE h 1 k 0 1",
    "MODULE LIST",
    "FLUSHALL",
    "FLUSHDB",
    "SWAPDB 0 1",
    "SCRIPT LOAD x",
    "FUNCTION LIST",
    "SELECT 1",
]
REFUSED = {
    ("vault", "gateway"): [
        *READ_ALL,
        *ADMIN,
        "HGETALL v:x",
        "HKEYS v:x",
        "HSCAN v:x 0",
        "PERSIST v:x",
        "RENAME v:x v:y",
        "COPY v:x v:y",
        "GET rec:{0}:x.request",
        "HGET other g",
        "SUBSCRIBE live:records",
    ],
    ("log", "gateway"): [
        *READ_ALL,
        *ADMIN,
        "GET rec:{0}:x.request",
        "MGET rec:{0}:x.request",
        "ZRANGE idx:{0}:all::0 0 -1",
        "HGETALL ctr:{0}:m:0",
        "SET other 1",
        "HSET v:x g 1",
        "PERSIST rec:{0}:x.request",
        "SUBSCRIBE live:records",
        "PUBLISH elsewhere 1",
    ],
    ("log", "dashboard"): [
        *READ_ALL,
        *ADMIN,
        "SET rec:{0}:x.request 1",
        "DEL rec:{0}:x.request",
        "UNLINK rec:{0}:x.request",
        "EXPIRE rec:{0}:x.request 1",
        "ZADD idx:{0}:all::0 1 a",
        "HINCRBY ctr:{0}:m:0 a 1",
        "EVAL x 0",
        "EVALSHA x 0",
        "GET v:x",
        "GET other",
        "PUBLISH live:records 1",
        "SUBSCRIBE elsewhere",
    ],
}


@pytest.mark.parametrize(
    ("role", "user", "command"),
    [(role, user, command) for (role, user), commands in REFUSED.items() for command in commands],
)
def test_refused(vault_server: EmbeddedValkey, log_server: EmbeddedValkey, role: str, user: str, command: str) -> None:
    server = {"vault": vault_server, "log": log_server}[role]
    with client_of(server.url(user)) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command.split())


def test_a_script_has_no_more_rights_than_its_user(log_server: EmbeddedValkey) -> None:
    source = "return redis.call('GET', KEYS[1])"
    with client_of(log_server.url("gateway")) as client, pytest.raises(redis.exceptions.ResponseError, match="ACL"):
        client.execute_command("EVAL", source, 1, "rec:{0}:x.request")


def test_the_default_user_is_off(log_server: EmbeddedValkey) -> None:
    with launcher(log_server) as admin:
        assert "off" in admin.acl_getuser("default")["flags"]
