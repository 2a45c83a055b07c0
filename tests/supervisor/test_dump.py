"""What the supervisor hands to its workers is the configuration that it was given."""

from __future__ import annotations

from pathlib import Path

from gateway.config import load
from gateway.hosts import region_of
from gateway.supervisor.dump import dump
from gateway.supervisor.run import _regions


def test_a_dumped_configuration_loads_to_the_same_one(tmp_path: Path) -> None:
    config = load(
        None,
        {
            "listen": "[::1]:8123",
            "proxy_listen": "127.0.0.1:8124",
            "upstream": "http://127.0.0.1:9/v1",
            "upstream_allow": ["127.0.0.1", "*.example.com"],
            "upstream_regions": "*.example.com:443=cn, local=LOCAL",
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


class Local:
    url = "http://local-model"


def test_the_model_that_we_started_is_local_whatever_is_said_of_others() -> None:
    config = load(None, {"upstream_regions": "*=US"}, env={})
    regions = load(None, dump(config) | _regions(config, Local()), env={}).upstream_regions  # type: ignore[arg-type]
    assert [region_of(host, regions) for host in ("local-model:80", "local-model:81", "api.test:443")] == [
        *("LOCAL", "US", "US"),
    ]
    assert _regions(config, None) == {}


def test_the_defaults_survive_too() -> None:
    config = load(None, {}, env={})
    assert load(None, dump(config), env={}) == config
