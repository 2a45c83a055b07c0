"""Packs that change under a running gateway: taken up by every worker, refused when broken, signed where asked for."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

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
OLD, NEW = "BDG-482913", "VIP-482913"


def readyz(gateway: Gateway) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", gateway.dashboard_port, timeout=20)) as connection:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["checks"]["rules"]["detail"]


def sees(gateway: Gateway, value: str) -> bool:
    answer = gateway.asgi.call(said("chat", f"my badge is {value}"))
    assert len(answer.headers["x-redline-rules"]) == 16
    return answer.headers["x-redline-entities"] == "API_KEY=1"


def rules(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "gateway.cli", "rules", *arguments], cwd=REPO, check=True, capture_output=True
    )


def test_packs_change_under_a_running_gateway(
    fresh: Callable[..., Gateway], upstream: Upstream, tmp_path: Path
) -> None:
    file = tmp_path / "packs" / "demo.yaml"
    file.parent.mkdir()
    file.write_text(PACK)
    gateway = fresh(upstream.url, workers=2, options=["--packs", str(file.parent), "--no-names"]).start()
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


def test_only_signed_releases_where_a_key_is_set(
    fresh: Callable[..., Gateway], upstream: Upstream, tmp_path: Path
) -> None:
    folder, key = tmp_path / "packs", tmp_path / "key"
    folder.mkdir()
    (folder / "demo.yaml").write_text(PACK)
    rules("keygen", str(key))
    rules("publish", str(folder), "--key", str(key))
    options = ["--packs", str(folder), "--packs-public-key", f"{key}.pub", "--no-names"]
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
