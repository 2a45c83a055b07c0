"""Packs that change under a running gateway: taken up by every worker, refused when broken, signed where asked for."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.commands.rules import rules as commands

from .gateway import REPO, Gateway
from .ports import eventually
from .positions import said
from .upstream import Upstream

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-rules")]

PACK = """\
pack: demo
version: 1
area: demo
title: Demo
rules:
  - id: badge
    version: 1
    entity_type: API_KEY
    description: Badge of our company.
    status: stable
    patterns: ['BDG-[0-9]{6}']
    boundary: alnum
    score: 0.9
    references: ['https://example.com/handbook']
    examples:
      match: [BDG-123456, BDG-654321, my badge BDG-111222]
      no_match:
        - {text: BDG-12345, why: a digit short}
        - {text: ABDG-123456, why: a piece of a word}
        - {text: BDG 123456, why: no hyphen}
"""
BADGE_TWO = PACK.partition("rules:\n")[2].replace("BDG", "DSK").replace("id: badge", "id: desk")
BADGE_TWO = BADGE_TWO.replace("status: stable", "status: experimental   # since the move")
OLD, NEW, TRIED = "BDG-482913", "VIP-482913", "DSK-482913"


def readyz(gateway: Gateway) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", gateway.dashboard_port, timeout=20)) as connection:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["checks"]["rules"]["detail"]


def sees(gateway: Gateway, value: str) -> bool:
    answer = gateway.asgi.call(said("chat", f"my badge is {value}"))
    assert len(answer.headers["x-redline-rules"]) == 16
    return answer.headers["x-redline-entities"] == "API_KEY=1"


def rules(*arguments: str) -> str:
    """`redline rules …`, in this process: what is tested runs in others."""
    done = CliRunner(env={"COLUMNS": "200"}).invoke(commands, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def reload(gateway: Gateway, *arguments: str) -> str:
    where = ("--dashboard-listen", f"127.0.0.1:{gateway.dashboard_port}", "--state-dir", str(gateway.state_dir))
    return rules("reload", *where, *arguments)


def get(gateway: Gateway, path: str) -> Any:
    with closing(http.client.HTTPConnection("127.0.0.1", gateway.dashboard_port, timeout=20)) as connection:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())


def post(gateway: Gateway, what: str, token: str = "") -> tuple[int, str]:
    """Status, and what became of it."""
    token = token or (gateway.state_dir / "admin-token").read_text().strip()
    with closing(http.client.HTTPConnection("127.0.0.1", gateway.dashboard_port, timeout=60)) as connection:
        connection.request("POST", f"/api/rules/{what}", headers={"authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body)["outcome"] if body.startswith(b"{") else ""


def test_packs_change_under_a_running_gateway(
    fresh: Callable[..., Gateway], upstream: Upstream, tmp_path: Path
) -> None:
    file = tmp_path / "packs" / "demo.yaml"
    file.parent.mkdir()
    file.write_text(PACK)
    entities = tmp_path / "entities.yaml"
    shutil.copy(REPO / "rules" / "entities.yaml", entities)
    options = ["--packs", str(file.parent), "--entities", str(entities), "--ner-model", "off"]
    gateway = fresh(upstream.url, workers=2, options=options).start()
    assert sees(gateway, OLD)

    file.write_text(PACK.replace("[0-9]{6}", "[0-9]+"))
    assert eventually(lambda: "rules not loaded, the old ones stay" in gateway.stderr, 30), "the watch sees it"
    assert f"{file}:11: A pattern of rule 'badge' has an unbounded repeat" in gateway.stderr.replace("\n", " ")
    status, detail = readyz(gateway)
    assert (status, "the new files are refused" in detail) == (200, True)
    for worker in gateway.workers():
        worker.kill()
    assert eventually(lambda: readyz(gateway)[0] == 200 and len(gateway.workers()) == 2, 40)
    assert all(sees(gateway, OLD) for _ in range(6)), "restarted workers run what the others ran"

    file.write_text(PACK.replace("BDG", "VIP"))
    gateway.signal(signal.SIGHUP)
    assert eventually(lambda: sees(gateway, NEW), 30)
    assert all(sees(gateway, NEW) and not sees(gateway, OLD) for _ in range(6)), "every worker has changed over"
    assert "refused" not in readyz(gateway)[1]
    over_http(gateway, file)
    new_entity_type(gateway, file, entities)


def new_entity_type(gateway: Gateway, file: Path, entities: Path) -> None:
    """It comes with a rule that finds it, and its tokens are tokens at once."""
    with entities.open("a", encoding="utf-8") as types:
        types.write("  DESK_ID: {category: contact, zh: 工位, en: Desk, description: A desk.}\n")
    file.write_text(PACK.replace("API_KEY", "DESK_ID").replace("BDG", "DSK"))
    assert eventually(lambda: post(gateway, "reload")[1] != "refused", 20)
    for _ in range(4):
        answer = gateway.asgi.call(said("chat", f"my desk is {TRIED}"))
        assert answer.headers["x-redline-entities"] == "DESK_ID=1"
        assert answer.headers["x-redline-action"] == "transform"


def over_http(gateway: Gateway, file: Path) -> None:
    """An experimental rule observes; promoted, it acts; and an emergency is one command long."""
    assert post(gateway, "reload", token="x" * 43) == (401, "")
    file.write_text(PACK + BADGE_TWO)
    assert post(gateway, "reload")[1] == "loaded"
    answer = gateway.asgi.call(said("chat", f"my badge is {OLD} and {TRIED}"))
    assert answer.headers["x-redline-entities"] == "API_KEY=1"
    (record,) = get(gateway, f"/api/records/{answer.headers['x-redline-exchange']}")["records"]
    assert (record["observed"], record["observed_new"]) == ({"demo/desk@1": 1}, {"demo/desk@1": 1})
    assert record["policy_rules"] == {"default/credentials": 1}
    assert record["rules_revision"] == get(gateway, "/api/rules")["rules"]
    told = rules("shadow", "--packs", str(file.parent), "--dashboard-listen", f"127.0.0.1:{gateway.dashboard_port}")
    assert re.search(r"demo/desk@1 +API_KEY +1 +1 ", told)

    assert "was experimental, and is stable now" in rules("promote", "demo/desk", "--packs", str(file.parent))
    assert ": rules " in reload(gateway)  # the watch may have been faster
    assert all(sees(gateway, TRIED) for _ in range(4)), "in every worker"
    file.write_text(PACK.replace("[BDG-123456", "[BDG-1"))
    assert post(gateway, "reload")[1] == "refused"
    assert reload(gateway, "--back").startswith("loaded: rules ")
    assert not sees(gateway, TRIED)
    assert "rolled back" in readyz(gateway)[1]


def test_only_signed_releases_where_a_key_is_set(
    fresh: Callable[..., Gateway], upstream: Upstream, tmp_path: Path
) -> None:
    folder, key = tmp_path / "packs", tmp_path / "key"
    folder.mkdir()
    (folder / "demo.yaml").write_text(PACK)
    rules("keygen", str(key))
    rules("publish", str(folder), "--key", str(key))
    options = ["--packs", str(folder), "--packs-public-key", f"{key}.pub", "--ner-model", "off"]
    gateway = fresh(upstream.url, options=options).start()
    assert "(release 1)" in readyz(gateway)[1]

    (folder / "demo.yaml").write_text(PACK.replace("BDG", "VIP"))
    gateway.signal(signal.SIGHUP)
    assert eventually(lambda: "changed after it was published" in gateway.stderr.replace("\n", " "), 20)
    assert sees(gateway, OLD)
    rules("publish", str(folder), "--key", str(key))
    assert eventually(lambda: "(release 2)" in readyz(gateway)[1], 30)
    assert sees(gateway, NEW)
    rules("rollback", str(folder), "--key", str(key))
    assert eventually(lambda: "(release 3)" in readyz(gateway)[1], 30)
    assert sees(gateway, OLD)
