"""The clients file holds hashes; who is listed is found by the bare key."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gateway.config import Client, Clients
from gateway.errors import ConfigError

KEY = "rk-example-0001"
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()
GOOD = f"clients:\n- name: web-shop\n  tenant: bank-7\n  key_sha256: {DIGEST}\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "clients.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_found_by_key(tmp_path: Path) -> None:
    clients = Clients.load(write(tmp_path, GOOD))
    assert clients.find(KEY) == Client("web-shop", "bank-7")
    assert clients.find("other") is None
    assert clients.anonymous
    assert DIGEST not in repr(clients)


def test_without_a_file_everybody_is_let_in() -> None:
    assert Clients.load(None).find(KEY) is None
    assert Clients.load(None).anonymous


def test_only_listed_ones(tmp_path: Path) -> None:
    assert not Clients.load(write(tmp_path, GOOD + "anonymous: refuse\n")).anonymous


@pytest.mark.parametrize(
    ("text", "where", "told"),
    [
        ("anonymous: refuse", "1:1", "'clients' is missing"),
        ("clients: {}", "1:10", "must be a list"),
        (GOOD + "anonymous: yes", "5:12", "unknown anonymous 'yes'"),
        (GOOD.replace("tenant", "tennant"), "3:3", "Did you mean 'tenant'?"),
        (GOOD.replace("name: web-shop", "name: web shop"), "2:9", "not a plain name"),
        (GOOD.replace(DIGEST, KEY), "4:15", "not a SHA-256 in hex"),
        (GOOD + GOOD.replace("clients:\n", "").replace("web-shop", "other"), "5:3", "is also that of 'web-shop'"),
        ("clients:\n- name: a", "2:3", "'key_sha256' is missing"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, where: str, told: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        Clients.load(path)
    assert str(caught.value).startswith(f"{path}:{where}: ")
    assert told in str(caught.value)
    assert KEY not in str(caught.value), "a key written by mistake is not repeated"
