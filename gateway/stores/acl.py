"""Who may do what on which server: least rights, as Redis ACL rules (7.0 and later).

Two servers with different users: the log server and the vault server. The dashboard has no user on the vault.
What is not listed is refused. In particular nobody but the launcher may enumerate keys: SCAN, KEYS and RANDOMKEY
ignore key patterns, and HGETALL or DUMP would copy a whole scope.
"""

from __future__ import annotations

from typing import Final, Literal

type Role = Literal["vault", "log"]

_CONNECTION: Final = "+auth +hello +ping +info"

LAUNCHER: Final = "launcher"
"""All rights: readiness, clean-up and the audit for keys without a time to live. Its password stays in the parent."""

RULES: Final[dict[str, dict[str, str]]] = {
    "vault": {
        "gateway": f"~v:* {_CONNECTION} +eval +evalsha +time +hget +hmget +hset +hsetnx +pexpireat +unlink",
        LAUNCHER: "~* &* +@all",
    },
    "log": {
        "gateway": "~rec:* ~idx:* ~ctr:* ~top:* &live:* "
        f"{_CONNECTION} +eval +evalsha +set +zadd +zincrby +hincrby +expire +publish",
        "dashboard": "%R~rec:* %R~idx:* %R~ctr:* %R~top:* &live:* "
        f"{_CONNECTION} +get +mget +pttl +zcard +zrevrangebyscore +zunion +hgetall +subscribe +unsubscribe",
        LAUNCHER: "~* &* +@all",
    },
}


def users(role: Role) -> tuple[str, ...]:
    return tuple(RULES[role])
