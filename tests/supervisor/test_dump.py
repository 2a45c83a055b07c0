"""What the supervisor hands to its workers is the configuration that it was given."""

from __future__ import annotations

from pathlib import Path

from gateway.config import load
from gateway.supervisor.dump import dump


def test_a_dumped_configuration_loads_to_the_same_one(tmp_path: Path) -> None:
    config = load(
        None,
        {
            "listen": "[::1]:8123",
            "proxy_listen": "127.0.0.1:8124",
            "upstream": "http://127.0.0.1:9/v1",
            "upstream_allow": ["127.0.0.1", "*.example.com"],
            "packs": [str(tmp_path / "a"), str(tmp_path / "b")],
            "state_dir": str(tmp_path),
            "names": False,
            "vault_ttl": "1500ms",
            "records_ttl": "7d",
            "limit_body": "3MiB",
            "redis_url": "redis://:secret@127.0.0.1:6379/0",
        },
        env={},
    )
    assert load(None, dump(config), env={}) == config


def test_the_defaults_survive_too() -> None:
    config = load(None, {}, env={})
    assert load(None, dump(config), env={}) == config
