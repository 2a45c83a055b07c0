"""Nothing of an exchange outlives its time, shown on the real server; and no key lives for ever, even before that."""

from __future__ import annotations

import re
from collections.abc import Callable

import orjson
import pytest

from .bodies import PATHS, body
from .gateway import Gateway
from .ports import eventually
from .positions import JSON, said
from .search import found_in
from .upstream import Upstream
from .valkey import Valkey
from .values import EMAIL, RESIDENT_ID
from .wire import Sent

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-stores")]

TOKEN = re.compile(r"EMAIL_ADDRESS_[A-Z0-9]{12}")
TEXT = f"Mail {EMAIL.value} 身份证 {RESIDENT_ID.value}"


def test_nothing_outlives_its_time(fresh: Callable[..., Gateway], own_valkey: Valkey, upstream: Upstream) -> None:
    """Every key has a time to live from its first moment; after it a token stays a token, and nothing tells of it."""
    short = {"REDLINE_RECORDS_TTL": "3s", "REDLINE_VAULT_TTL": "3s"}
    gateway = fresh(upstream.url, redis_url=own_valkey.url, environment=short).start()
    exchanges = []
    for plane in (gateway.asgi, gateway.mitm):
        for stream in (False, True):
            sent = Sent(PATHS["chat"], orjson.dumps(body("chat", TEXT, stream=stream)), JSON)
            answer = plane.call(sent)
            assert answer.status == 200
            exchanges.append(answer.headers["x-redline-exchange"])
            assert [key for key, left in own_valkey.lifetimes().items() if left == -1] == []
    assert own_valkey.lifetimes()
    dump = own_valkey.dump()
    assert found_in(exchanges[-1], dump)
    assert not found_in(EMAIL.value, dump)
    assert not found_in(RESIDENT_ID.value, dump)
    match = TOKEN.search(upstream.last.text)
    assert match

    assert eventually(lambda: not any(found_in(one, own_valkey.dump()) for one in exchanges), 30)
    assert eventually(lambda: not [key for key in own_valkey.lifetimes() if b"vault" in key], 30)
    late = gateway.asgi.call(said("chat", f"Tell me: {match[0]}"))
    assert late.status == 200
    assert EMAIL.value not in late.body.decode()
    assert gateway.stop() == 0
