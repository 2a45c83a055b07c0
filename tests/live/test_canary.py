"""Every kind of exchange with planted values, then a search of every place where something could have stayed."""

from __future__ import annotations

import http.client
from collections.abc import Callable

import orjson
import pytest

from . import canary
from .attacks import ATTACKS
from .bodies import PATHS, PROTOCOLS, body
from .gateway import Gateway
from .positions import JSON, POSITIONS
from .upstream import Upstream
from .valkey import Valkey
from .values import EMAIL, PLANTED
from .wire import Plane, Sent

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-canary")]

EVERYTHING = " ".join(planted.value for planted in PLANTED)


def positions(plane: Plane) -> None:
    for position in POSITIONS:
        for planted in PLANTED:
            sent = position.plant("chat", planted.value)
            fits = position.planted == planted or (planted == EMAIL and not position.name.startswith("separators"))
            if sent is not None and fits:  # an address does not come in groups of four
                plane.call(sent)


def streams(plane: Plane) -> None:
    for protocol in PROTOCOLS:
        plane.call(Sent(PATHS[protocol], orjson.dumps(body(protocol, EVERYTHING, stream=True)), JSON))


def attacks(plane: Plane) -> None:
    for attack in ATTACKS:
        if "bomb" in attack.name or "oversize" in attack.name:
            continue  # test_fail_closed_input sends them, and its gateway is searched as well
        with plane.connect() as wire:
            wire.send(attack.make(plane.host, plane.prefix))
            try:
                wire.answer()
            except (http.client.HTTPException, ConnectionError):
                continue


@pytest.mark.parametrize("policy", ["default", "strict-block", "observe"])
def test_planted_values_stay_nowhere(
    policy: str, fresh: Callable[..., Gateway], own_valkey: Valkey, upstream: Upstream
) -> None:
    """Excerpts on and the log at its loudest: the most that could ever be kept.

    The memory of the record server is searched as well, freed bytes included: records come to it scrubbed, vault
    values as ciphertext.
    """
    loud = {"REDLINE_LOG_LEVEL": "debug", "REDLINE_EXCERPT": "true"}
    gateway = fresh(upstream.url, policy, redis_url=own_valkey.url, environment=loud).start()
    for plane in (gateway.asgi, gateway.mitm):
        for exchange in (positions, streams, attacks):
            exchange(plane)
    assert own_valkey.lifetimes()
    assert canary.places(gateway, own_valkey) == []
    memory = own_valkey.memory()
    assert b"EMAIL_ADDRESS" in memory
    assert [planted.entity_type for planted in PLANTED if planted.value.encode() in memory] == []
    sings(gateway, own_valkey)
    assert gateway.stop() == 0
    assert canary.files(gateway) == []
    assert gateway.leftovers() == []


def sings(gateway: Gateway, valkey: Valkey) -> None:
    """A value that is really there is found: in Redis, in a file of the state folder."""
    with valkey.client() as client:
        client.set("left", EMAIL.value, ex=60)
    left = gateway.state_dir / "left"
    left.write_text(EMAIL.value)
    found = canary.places(gateway, valkey)
    left.unlink()
    assert found == ["file state/left: EMAIL_ADDRESS", "redis: EMAIL_ADDRESS"]
