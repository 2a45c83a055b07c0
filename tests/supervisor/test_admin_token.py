"""The token of those who may change rules: made once, for its owner only; a bad one is told and never quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.errors import ConfigError
from gateway.supervisor import admin_token


def config(folder: Path, **given: str) -> Config:
    return load(None, {"state_dir": str(folder), **given}, env={})


def test_made_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is the gateway running"):
        admin_token.read(config(tmp_path))
    token = admin_token.made(config(tmp_path))
    assert len(token) >= 43
    assert admin_token.made(config(tmp_path)) == admin_token.read(config(tmp_path)) == token
    assert (tmp_path / "admin-token").stat().st_mode & 0o077 == 0


def test_one_of_your_own(tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_text("k" * 32 + "\n", encoding="ascii")
    assert admin_token.made(config(tmp_path, admin_token_file=str(file))) == "k" * 32
    assert not (tmp_path / "admin-token").exists()


@pytest.mark.parametrize("text", ["", "far-too-little", "two words " * 5, "k" * 31, "é" * 40])
def test_no_token(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        admin_token.made(config(tmp_path, admin_token_file=str(file)))
    assert str(caught.value).startswith(f"{file}: ")
    assert not text or text not in str(caught.value)
