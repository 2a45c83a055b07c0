"""Where settings come from, what wins, and how every mistake is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.config import Address, Config, Url, load, settings
from gateway.errors import ConfigError


def test_defaults_are_safe() -> None:
    config = load(None, {}, {})
    assert config.listen.loopback
    assert config.dashboard_listen.loopback
    assert config.proxy_listen is None
    assert config.policy == "default"
    assert not config.excerpt
    assert config == Config()


def test_flags_win_over_environment_over_file(tmp_path: Path) -> None:
    path = tmp_path / "redline.yaml"
    path.write_text("workers: 2\npolicy: observe\nrecords_ttl: 1h\n", encoding="utf-8")
    config = load(path, {"workers": "4", "policy": None}, {"REDLINE_WORKERS": "3", "REDLINE_POLICY": "strict-block"})
    assert (config.workers, config.policy, config.records_ttl) == (4, "strict-block", 3600)
    assert load(None, {}, {"REDLINE_CONFIG": str(path)}).workers == 2


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("listen", "[::1]:9000", Address("::1", 9000)),
        ("listen", "localhost:0", Address("localhost", 0)),
        ("upstream", "https://api.example.com", Url("https", "api.example.com", 443)),
        ("upstream", "http://127.0.0.1:8000/v1/", Url("http", "127.0.0.1", 8000, "/v1")),
        ("upstream", "http://[::1]:8000", Url("http", "::1", 8000)),
        ("upstream", "http://vllm:8000", Url("http", "vllm", 8000)),
        ("upstream", "http://10.1.2.3", Url("http", "10.1.2.3", 80)),
        ("upstream", "", None),
        ("workers", " 8 ", 8),
        ("names", "off", False),
        ("names", "Yes", True),
        ("records_ttl", "90", 90.0),
        ("records_ttl", "1.5h", 5400.0),
        ("vault_ttl", "2w", 1_209_600.0),
        ("inspect_timeout", "250ms", 0.25),
        ("limit_body", "2 GiB", 2**31),
        ("limit_headers", "65536", 65536),
        ("upstream_allow", "a.example.com, *.example.org", ("a.example.com", "*.example.org")),
        ("ner_device", "cuda:1", "cuda:1"),
        ("plane", "MITM", "mitm"),
        ("redis_url", "rediss://cache.internal:6380/0", "rediss://cache.internal:6380/0"),
        ("redis_url", "unix:///run/valkey.sock", "unix:///run/valkey.sock"),
    ],
)
def test_values(name: str, raw: str, value: object) -> None:
    overrides: dict[str, object] = {name: raw}
    if name == "limit_body":
        overrides["limit_decoded"] = "4GiB"
    assert getattr(load(None, overrides, {}), name) == value
    variable = {f"REDLINE_{key.upper()}": str(each) for key, each in overrides.items()}
    assert getattr(load(None, {}, variable), name) == value


def test_values_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "redline.yaml"
    path.write_text(
        "upstream:\nworkers: 3\nnames: false\nupstream_allow: [a.test, b.test]\nlimit_depth: 12\nvault_ttl: 3600.5\n",
        encoding="utf-8",
    )
    config = load(path, {}, {})
    assert config.upstream is None
    assert (config.workers, config.names, config.limit_depth, config.vault_ttl) == (3, False, 12, 3600.5)
    assert config.upstream_allow == ("a.test", "b.test")
    assert config.limits.depth == 12


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"listen": "8080"}, "--listen: '8080' is not HOST:PORT. Write it like 127.0.0.1:8080 or [::1]:8080."),
        ({"listen": "127.0.0.1:99999"}, "is not HOST:PORT"),
        ({"listen": "*:80"}, "is not HOST:PORT"),
        ({"listen": "0.0.0.0:8080"}, "--listen: 0.0.0.0:8080 is reachable from other machines"),
        ({"listen": "[::]:8080"}, "is reachable from other machines"),
        ({"listen": "gateway.example.com:8080"}, "is reachable from other machines"),
        ({"dashboard_listen": "10.0.0.7:8081"}, "--dashboard-listen: 10.0.0.7:8081 is reachable"),
        ({"proxy_listen": "192.168.1.2:8082"}, "--proxy-listen: 192.168.1.2:8082 is reachable"),
        ({"dashboard_listen": "127.0.0.1:8080"}, "--dashboard-listen: port 8080 is already used by listen"),
        ({"upstream": "api.example.com"}, "--upstream: is not an http or https URL"),
        ({"upstream": "ftp://api.example.com"}, "is not an http or https URL"),
        ({"upstream": "https://api.example.com?x=1"}, "holds a query"),
        ({"upstream": "https://api.example.com:x"}, "is not a URL"),
        ({"upstream": "http://api.example.com"}, "plain http would send data to api.example.com unencrypted"),
        ({"upstream": "http://8.8.8.8:80"}, "plain http"),
        ({"upstream": "http://127.0.0.1:8080/v1"}, "is the gateway itself"),
        ({"upstream": "http://localhost:8081"}, "is the gateway itself"),
        (
            {"upstream": "https://api.example.com", "upstream_allow": "api.example.org"},
            "is not on the list upstream_allow",
        ),
        ({"upstream_regions": "api.example.com"}, "--upstream-regions: 'api.example.com' does not say where a host is"),
        ({"upstream_regions": "a.test=CN,b.test=the moon"}, "'b.test=the moon' does not say where a host is"),
        ({"upstream_regions": "https://a.test=CN"}, "Write HOST=REGION, such as api.example.com=CN"),
        ({"entities": "/nowhere/entities.yaml"}, "--entities: /nowhere/entities.yaml: no such file"),
        ({"upstream_openai": "http://api.example.com"}, "--upstream-openai: plain http"),
        ({"workers": "0"}, "--workers: '0' is not a whole number from 1 to 256"),
        ({"workers": "two"}, "is not a whole number"),
        ({"names": "perhaps"}, "neither true nor false"),
        ({"plane": "mtm"}, "--plane: 'mtm' is not one of its values. Did you mean 'mitm'?"),
        ({"records_ttl": "7 days"}, "is not a duration"),
        ({"records_ttl": "0"}, "is out of range"),
        ({"records_ttl": "99999d"}, "is out of range"),
        ({"limit_body": "16MB"}, "is not a size"),
        ({"limit_body": "128MiB"}, "limit_decoded"),
        ({"limit_headers": "10"}, "too small"),
        ({"ner_device": "gpu"}, "is not a device"),
        ({"redis_url": "127.0.0.1:6379"}, "is not a Redis URL"),
        ({"vault_redis_url": "redis://127.0.0.1"}, "needs redis_url as well"),
        ({"upstream_ca": "/no/such.pem"}, "--upstream-ca: /no/such.pem: no such file"),
        ({"clients_file": "/no/such.yaml"}, "no such file"),
        ({"ner_model": "/no/such"}, "--ner-model: /no/such: no such folder"),
        ({"policy": " "}, "--policy: is empty"),
    ],
)
def test_mistakes(overrides: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, overrides, {})
    assert told in str(caught.value)
    assert str(caught.value)[-1] in ".?"


@pytest.mark.parametrize(
    "overrides",
    [
        {"listen": "0.0.0.0:8080", "allow_non_loopback": True},
        {"upstream": "http://api.example.com", "allow_plain_upstream": True},
        {"upstream": "https://eu.api.example.com", "upstream_allow": ["*.example.com"]},
        {"listen": "127.0.0.1:0", "dashboard_listen": "127.0.0.1:0"},
    ],
)
def test_unsafe_is_possible_when_it_is_said(overrides: dict[str, object]) -> None:
    load(None, overrides, {})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wrokers: 2", ":1:1: unknown key 'wrokers' in the configuration. Did you mean 'workers'?"),
        ("policy: default\nworkers: many\n", ":2:10: workers: 'many' is not a whole number"),
        ("workers: 2\nworkers: 3\n", ":2:1: the key 'workers' occurs twice"),
        ("workers: [1, 2]", ":1:10: workers must be one value, not a list"),
        ("upstream_allow: [1]", ":1:18: upstream_allow must be text, not a number"),
        ("upstream_allow: ['a,b']", ":1:18: upstream_allow holds a comma"),
        ("listen: 0.0.0.0:80", ":1:9: listen: 0.0.0.0:80 is reachable"),
        ("- a", ":1:1: the configuration must be a mapping"),
        ("upstream: [", "Mend the YAML there"),
    ],
)
def test_mistakes_in_a_file(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "redline.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, {}, {})
    assert str(caught.value).startswith(f"{path}:")
    assert told in str(caught.value)


def test_a_misspelt_variable_is_a_mistake_and_a_foreign_one_is_not() -> None:
    with pytest.raises(
        ConfigError, match=r"REDLINE_UPSTRAEM: there is no such setting. Did you mean 'REDLINE_UPSTREAM'"
    ):
        load(None, {}, {"REDLINE_UPSTRAEM": "x"})
    kubernetes = {
        "REDLINE_SERVICE_HOST": "10.0.0.1",
        "REDLINE_PORT_8080_TCP_ADDR": "10.0.0.1",
        "REDLINE_PORT": "tcp://",
    }
    load(None, {}, kubernetes)


def test_secrets_do_not_print() -> None:
    secret = "redis://user:hunter2@127.0.0.1:6379"
    config = load(None, {"redis_url": secret, "vault_redis_url": secret}, {})
    assert "hunter2" not in repr(config)
    with pytest.raises(ConfigError) as caught:
        load(None, {"redis_url": "http://user:hunter2@127.0.0.1"}, {})
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        load(None, {"upstream": "https://user:hunter2@api.example.com"}, {})
    assert "hunter2" not in str(caught.value)


def test_upstreams_by_protocol() -> None:
    given = {"upstream": "https://a.example.com", "upstream_anthropic": "https://b.example.com"}
    config = load(None, given, {})
    assert str(config.upstream_for("openai")) == "https://a.example.com"
    assert str(config.upstream_for("anthropic")) == "https://b.example.com"
    assert load(None, {}, {}).upstream_for("openai") is None


def test_the_state_folder_follows_the_desktop_standard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert load(None, {}, {}).state_dir == tmp_path / "redline"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load(None, {}, {}).state_dir == Path("/home/somebody/.local/state/redline")


@pytest.mark.parametrize("name", list(settings()))
def test_every_setting_has_a_sentence_and_a_usable_default(name: str) -> None:
    line = settings()[name]
    assert line.help.endswith(".")
    assert "\n" not in line.help
    assert line.env == f"REDLINE_{name.upper()}"
    given: dict[str, Any] = {name: line.default} if line.default else {}
    assert getattr(load(None, given, {}), name) == getattr(Config(), name)
