"""The settings of shared NER servers: what is taken, what is refused at start, and what then reads names."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from detectors.names import NameDetector
from detectors.ner.serving.remote import RemoteNer
from gateway.config import load
from gateway.errors import ConfigError
from gateway.ner import finds_names, ner_detectors, seconds
from gateway.supervisor.dump import dump
from gateway.supervisor.ner import SharedNer
from tests.ner.served import WordRuntime, shared


def test_settings_that_could_leak_or_cannot_work_are_refused(tmp_path: Path) -> None:
    refused = {
        "ner.internal:9000": "is not the address of a server. Write it like https://",
        "unix://run/ner.sock": "is not the address of a socket",
        "https://user:pw@ner.internal": "holds a user name or password",
        "http://8.8.8.8:9000": "plain http would send texts to 8.8.8.8 unencrypted",
        "https://ner-1:1,http://ner.example.com": "plain http would send texts to ner.example.com",
    }
    for given, says in refused.items():
        with pytest.raises(ConfigError, match=says):
            load(None, {"ner_server": given}, env={})
    with pytest.raises(ConfigError, match=r"--ner-server-ca: .*no such file"):
        load(None, {"ner_server": "https://a", "ner_server_ca": str(tmp_path / "ca.pem")}, env={})
    with pytest.raises(ConfigError, match="Did you mean 'rules-only'"):
        load(None, {"ner_on_timeout": "rules_only"}, env={})


def test_servers_survive_the_way_to_the_workers_and_the_token_does_not_print() -> None:
    given = {"ner_server": "https://a:1,unix:///b c.sock,http://127.0.0.1:9", "ner_server_token": "t" * 20}
    config = load(None, given, env={})
    assert config.ner_server == ("https://a:1", "unix:///b c.sock", "http://127.0.0.1:9")
    assert load(None, dump(config), env={}) == config
    assert "ttt" not in repr(config)
    assert config.ner_on_timeout == "block"


def test_time_is_left_to_decide_without_the_model() -> None:
    for given, expected in (({}, 8.0), ({"inspect_timeout": "1s"}, 0.8), ({"ner_timeout": "500ms"}, 0.5)):
        assert seconds(load(None, given, env={})) == expected


async def test_a_server_reads_instead_of_a_model_here(tmp_path: Path) -> None:
    async with shared(WordRuntime(), tmp_path / "ner.sock") as url:
        config = load(None, {"ner_server": url, "ner_model": "off", "names": True}, env={})
        assert finds_names(config)
        shared_ner = await asyncio.to_thread(SharedNer.start, config)
        assert shared_ner.socket == ""
        assert WordRuntime().describe() in shared_ner.described  # what really runs, and on which device
        names, server = await asyncio.to_thread(ner_detectors, config)
        assert isinstance(names, NameDetector)
        assert isinstance(server, RemoteNer)
        (alone,) = await asyncio.to_thread(ner_detectors, load(None, {"ner_server": url}, env={}))
        assert isinstance(alone, RemoteNer)
        await asyncio.gather(server.aclose(), alone.aclose())


def test_a_server_that_is_not_there_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.ner.serving.remote.connect.__kwdefaults__", {**_defaults(), "start_timeout": 0.01})
    with pytest.raises(ConfigError, match=r"--ner-server: .*no NER server answers there; start it, or correct"):
        ner_detectors(load(None, {"ner_server": f"unix://{tmp_path}/none"}, env={}))


def _defaults() -> dict[str, object]:
    from detectors.ner.serving.remote import connect

    return dict(connect.__kwdefaults__ or {})
