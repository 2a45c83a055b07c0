"""Whose exchange it is: one client, one subject; never the credential itself."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from gateway.clients import ClientDirectory, credential
from gateway.config import Clients
from gateway.errors import Refusal
from gateway.stores.identity import subject_hash
from gateway.stores.keys import KeyRing
from gateway.types import Headers, RequestHead, RequestMeta, Target

KEYS = KeyRing.generate()


def meta(headers: Headers = (), address: str = "10.0.0.1") -> RequestMeta:
    return RequestMeta(RequestHead("POST", Target("https", "h", 443, "/"), headers), address, "test")


def directory(path: Path | None = None) -> ClientDirectory:
    return ClientDirectory(Clients.load(path), lambda secret: subject_hash(KEYS, secret))


BASIC = base64.b64encode(b"user:key-1").decode()

CREDENTIALS = [
    (b"authorization", b"Bearer key-1", "key-1"),
    (b"authorization", b"bearer  key-1 ", "key-1"),
    (b"x-api-key", b"key-1", "key-1"),
    (b"api-key", b"key-1", "key-1"),
    (b"authorization", f"Basic {BASIC}".encode(), "user:key-1"),
    (b"authorization", b"Basic not*base64", "Basic not*base64"),
    (b"x-other", b"key-1", ""),
]


@pytest.mark.parametrize(("name", "value", "expected"), CREDENTIALS)
def test_the_key_is_found_however_it_is_sent(name: bytes, value: bytes, expected: str) -> None:
    assert credential(((name, value),)) == expected


def test_one_key_is_one_subject_from_everywhere_and_is_not_in_it() -> None:
    clients = directory()
    bearer = clients.scope(meta(((b"authorization", b"Bearer sk-abcdefghijklm1"),)))
    assert clients.scope(meta(((b"x-api-key", b"sk-abcdefghijklm1"),), "10.9.9.9")) == bearer
    assert clients.scope(meta(((b"x-api-key", b"sk-abcdefghijklm2"),))) != bearer
    assert "abcdefghijklm1" not in repr(bearer)


@pytest.mark.parametrize("key", [b"EMPTY", b"any", b"ollama", b"sk-no-key", b"Bearer"])
def test_a_key_that_everybody_has_is_nobody(key: bytes) -> None:
    clients = directory()
    here, there = (clients.scope(meta(((b"x-api-key", key),), address)) for address in ("10.0.0.1", "10.0.0.2"))
    assert here != there
    assert here == clients.scope(meta(((b"authorization", b"Bearer " + key),), "10.0.0.1"))
    forged = base64.b64encode(b"10.0.0.1 " + key + b" " * 16)
    assert clients.scope(meta(((b"authorization", b"Basic " + forged),), "10.0.0.2")) not in (here, there)


def test_passwords_that_are_no_text_are_told_apart() -> None:
    clients = directory()
    one, other = (base64.b64encode(b"user:password-" + byte * 8) for byte in (b"\xfe", b"\xff"))
    assert clients.scope(meta(((b"authorization", b"Basic " + one),))) != clients.scope(
        meta(((b"authorization", b"Basic " + other),))
    )


def test_without_a_key_the_address_tells_clients_apart() -> None:
    clients = directory()
    assert clients.scope(meta(address="10.0.0.1")) != clients.scope(meta(address="10.0.0.2"))
    assert clients.scope(meta(((b"x-api-key", b"10.0.0.1"),))) != clients.scope(meta(address="10.0.0.1"))


def test_conversations_are_scopes_of_their_own() -> None:
    one, two = (directory().scope(meta(((b"x-redline-conversation", name),))) for name in (b"one", b"two"))
    assert (one.subject, one.conversation, two.conversation) == (two.subject, "one", "two")


def test_where_only_listed_clients_are_let_in_others_are_refused(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"key-1").hexdigest()
    file = tmp_path / "clients.yaml"
    file.write_text(f"clients:\n  - {{name: shop, tenant: bank, key_sha256: {digest}}}\nanonymous: refuse\n")
    clients = directory(file)
    assert clients.scope(meta(((b"authorization", b"Bearer key-1"),))).tenant == "bank"
    for headers in ((), ((b"authorization", b"Bearer key-2"),)):
        with pytest.raises(Refusal) as refusal:
            clients.scope(meta(headers))
        assert refusal.value.status == 401
