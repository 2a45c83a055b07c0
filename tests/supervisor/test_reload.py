"""New rules in all workers or in none; what is broken is said and changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from detectors.paths import PACKS
from detectors.steward import signing
from detectors.steward.publish import publish
from gateway.config import load
from gateway.errors import ConfigError
from gateway.supervisor import reload as reloading
from gateway.supervisor.reload import Reloader
from gateway.supervisor.rulefiles import KEPT, RuleFiles


class Workers:
    """A fleet that says what it is told to say, and writes down what it was told."""

    def __init__(self) -> None:
        self.prepared: list[dict[str, Any]] = [{"event": "prepared"}] * 2
        self.committed: list[dict[str, Any]] = [{"event": "committed", "policy": "p2", "rules": "r2"}] * 2
        self.told: list[str] = []
        self.settings: dict[str, str] = {}

    async def ask_all(self, seconds: float, command: str, words: dict[str, str]) -> list[dict[str, Any]]:
        self.told.append(command)
        return self.prepared

    async def command(self, command: str) -> list[dict[str, Any]]:
        self.told.append(command)
        return self.committed if command == "commit" else []

    async def recycle(self, index: int) -> None:
        self.told.append(f"recycle {index}")

    def use(self, changed: dict[str, str]) -> None:
        self.settings = changed


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    folder = tmp_path / "packs"
    folder.mkdir()
    shutil.copy(PACKS / "hk" / "identity.yaml", folder)
    return folder


@pytest.fixture
def options(tmp_path: Path, packs: Path) -> dict[str, str]:
    return {"packs": str(packs), "state_dir": str(tmp_path / "state")}


def change(packs: Path, text: str = "# changed\n") -> None:
    file = packs / "identity.yaml"
    file.write_text(text + file.read_text(encoding="utf-8"), encoding="utf-8")


def reloader(options: dict[str, str], workers: Workers) -> Reloader:
    files = RuleFiles(load(None, options, env={}))
    return Reloader(files, files.take(), workers, {"policy": "p1", "rules": "r1"})  # type: ignore[arg-type]


async def test_changed_files_go_to_all_workers(options: dict[str, str], packs: Path) -> None:
    workers = Workers()
    it = reloader(options, workers)
    change(packs)
    assert await it.reload()
    assert workers.told == ["prepare", "commit"]
    assert Path(workers.settings["packs"], "identity.yaml").read_text(encoding="utf-8").startswith("# changed")
    assert it.check.detail == "rules r2, policy p2"
    assert b'redline_rule_reloads_total{outcome="loaded"} 1.0' in it.exposition()


async def test_nothing_new_is_nothing_to_do(options: dict[str, str]) -> None:
    workers = Workers()
    assert await reloader(options, workers).reload()
    assert workers.told == []


@pytest.mark.parametrize("answer", [{"event": "refused", "message": "COPY/identity.yaml:3: no [good]."}, {}])
async def test_one_worker_that_refuses_stops_all(
    options: dict[str, str], packs: Path, answer: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    workers = Workers()
    it = reloader(options, workers)
    change(packs)
    workers.prepared = [{"event": "prepared"}, answer]
    assert not await it.reload()
    assert workers.told == ["prepare", "abort"]
    assert workers.settings == {}
    assert it.check.ok, "the old rules guard as they did"
    assert "rules r1, policy p1 stays; the new files are refused" in it.check.detail
    assert b"redline_rules_stale 1.0" in it.exposition()
    workers.prepared = [{"event": "prepared"}] * 2
    assert await it.reload()
    assert "refused" not in it.check.detail
    assert b"redline_rules_stale 0.0" in it.exposition()


async def test_a_worker_that_missed_the_commit_is_replaced(options: dict[str, str], packs: Path) -> None:
    workers = Workers()
    it = reloader(options, workers)
    change(packs)
    workers.committed = [{"event": "committed", "policy": "p2", "rules": "r2"}, {}]
    assert await it.reload()
    assert workers.told == ["prepare", "commit", "recycle 1"]


async def test_files_that_are_gone_change_nothing(options: dict[str, str], packs: Path) -> None:
    workers = Workers()
    it = reloader(options, workers)
    shutil.rmtree(packs)
    assert not await it.reload()
    assert workers.told == []


async def test_the_watch_waits_until_files_rest(
    options: dict[str, str], packs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = reloader(options, Workers())
    rounds = 0
    reloads: list[int] = []

    async def pause(_: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds in {1, 2}:
            change(packs, "# another line\n")
        if rounds > 5:
            raise TimeoutError

    async def noted() -> bool:
        reloads.append(rounds)
        it._seen = it._files.stamp()
        return True

    monkeypatch.setattr(reloading.asyncio, "sleep", pause)
    monkeypatch.setattr(it, "reload", noted)
    with pytest.raises(TimeoutError):
        await it.watch()
    assert reloads == [3]


def test_messages_speak_of_the_originals(options: dict[str, str], packs: Path) -> None:
    copy = RuleFiles(load(None, options, env={})).take()
    assert copy.told(f"{copy.packs[0]}/identity.yaml:3: wrong") == f"{packs}/identity.yaml:3: wrong"


def test_old_copies_go(options: dict[str, str], packs: Path, tmp_path: Path) -> None:
    files = RuleFiles(load(None, options, env={}))
    for _ in range(KEPT + 4):
        change(packs)
        last = files.take()
    copies = [one for one in (tmp_path / "state" / "rules").iterdir() if one.is_dir()]
    assert len(copies) <= KEPT
    assert last.policy.parent in copies


def test_only_signed_packs_where_a_key_is_set(options: dict[str, str], packs: Path, tmp_path: Path) -> None:
    public, _ = signing.generate(tmp_path / "key")
    files = RuleFiles(load(None, {**options, "packs_public_key": str(public)}, env={}))
    with pytest.raises(ConfigError, match="no signed release"):
        files.take()
    publish(packs, signing.private_key(tmp_path / "key"))
    before = files.stamp()
    assert files.take().release == "release 1"
    change(packs)
    assert files.stamp() == before, "an edit is no release"
    with pytest.raises(ConfigError, match="changed after it was published"):
        files.take()
    publish(packs, signing.private_key(tmp_path / "key"))
    assert files.stamp() != before
    assert files.take().release == "release 2"
