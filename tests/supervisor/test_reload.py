"""New rules in all workers or in none; what is broken is said and changes nothing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detectors.entities import read_entities
from detectors.paths import PACKS, RULES
from detectors.steward import release, signing
from detectors.steward.publish import publish, roll_back
from gateway.config import load
from gateway.errors import ConfigError
from gateway.policy import load_policy
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
    assert (await it.reload()).ok
    assert workers.told == ["prepare", "commit"]
    assert Path(workers.settings["packs"], "identity.yaml").read_text(encoding="utf-8").startswith("# changed")
    assert it.check.detail == "rules r2, policy p2"
    assert b'redline_rule_reloads_total{outcome="loaded"} 1.0' in it.exposition()


async def test_nothing_new_is_nothing_to_do(options: dict[str, str]) -> None:
    workers = Workers()
    assert (await reloader(options, workers).reload()).outcome == "unchanged"
    assert workers.told == []


@pytest.mark.parametrize("answer", [{"event": "refused", "message": "COPY/identity.yaml:3: no [good]."}, {}])
async def test_one_worker_that_refuses_stops_all(
    options: dict[str, str], packs: Path, answer: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    workers = Workers()
    it = reloader(options, workers)
    change(packs)
    workers.prepared = [{"event": "prepared"}, answer]
    assert not (await it.reload()).ok
    assert workers.told == ["prepare", "abort"]
    assert workers.settings == {}
    assert it.check.ok, "the old rules guard as they did"
    assert "rules r1, policy p1 stays; the new files are refused" in it.check.detail
    assert b"redline_rules_stale 1.0" in it.exposition()
    workers.prepared = [{"event": "prepared"}] * 2
    assert (await it.reload()).ok
    assert "refused" not in it.check.detail
    assert b"redline_rules_stale 0.0" in it.exposition()


async def test_a_worker_that_missed_the_commit_is_replaced(options: dict[str, str], packs: Path) -> None:
    workers = Workers()
    it = reloader(options, workers)
    change(packs)
    workers.committed = [{"event": "committed", "policy": "p2", "rules": "r2"}, {}]
    assert (await it.reload()).ok
    assert workers.told == ["prepare", "commit", "recycle 1"]


async def test_files_that_are_gone_change_nothing(options: dict[str, str], packs: Path) -> None:
    workers = Workers()
    it = reloader(options, workers)
    shutil.rmtree(packs)
    assert not (await it.reload()).ok
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

    async def noted() -> None:
        reloads.append(rounds)
        it._seen = it._files.stamp()

    monkeypatch.setattr(reloading.asyncio, "sleep", pause)
    monkeypatch.setattr(it, "reload", noted)
    with pytest.raises(TimeoutError):
        await it.watch()
    assert reloads == [3]


def test_messages_speak_of_the_originals(options: dict[str, str], packs: Path) -> None:
    copy = RuleFiles(load(None, options, env={})).take()
    assert copy.told(f"{copy.packs[0]}/identity.yaml:3: wrong") == f"{packs}/identity.yaml:3: wrong"


def test_old_copies_go_and_never_the_one_in_force(options: dict[str, str], packs: Path, tmp_path: Path) -> None:
    files = RuleFiles(load(None, options, env={}))
    running = files.take()
    files.note(running, {"rules": "r", "policy": "p"}, 1.0)
    for _ in range(KEPT + 4):  # broken ones, say
        change(packs)
        last = files.take()
    left = {one.name for one in (tmp_path / "state" / "rules").iterdir()}
    assert left == {running.digest, last.digest}
    for number in range(KEPT + 4):
        change(packs)
        files.note(last := files.take(), {"rules": f"r{number}", "policy": "p"}, 2.0 + number)
    assert [one.rules for one in files.kept()][:2] == [f"r{KEPT + 3}", f"r{KEPT + 2}"]
    assert len(list((tmp_path / "state" / "rules").iterdir())) <= KEPT + 1
    assert running.digest not in {one.copy for one in files.kept()}


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


def own(tmp_path: Path, policy: str = "extends: pipl\n") -> str:
    """Policies and entity types of one's own, beside the packs; returns the policy's path."""
    (tmp_path / "policies").mkdir(exist_ok=True)
    file = tmp_path / "policies" / "bank.yaml"
    file.write_text(f"policy: bank\nversion: 1\n{policy}", encoding="utf-8")
    shutil.copy(RULES / "policies" / "pipl.yaml", tmp_path / "policies")
    shutil.copy(RULES / "policies" / "secrets-only.yaml", tmp_path / "policies")
    shutil.copy(RULES / "entities.yaml", tmp_path)
    return str(file)


def test_policies_and_what_they_extend_and_entity_types_are_in_the_copy(
    options: dict[str, str], tmp_path: Path
) -> None:
    given = {**options, "policy": f"{own(tmp_path)},pci-dss", "entities": str(tmp_path / "entities.yaml")}
    files = RuleFiles(load(None, given, env={}))
    copy = files.take()
    names = {path.name for path in (copy.entities.parent / "policies").iterdir()}
    assert names == {"bank.yaml", "pipl.yaml", "secrets-only.yaml", "pci-dss.yaml"}
    running = load_policy(copy.settings["policy"], read_entities(copy.entities))
    assert running.name == "bank-pci-dss"
    for changed in ("policies/pipl.yaml", "entities.yaml"):
        before = files.stamp()
        (tmp_path / changed).write_text((tmp_path / changed).read_text() + "# changed\n")
        assert files.stamp() != before, changed
        assert files.take().digest != copy.digest
    assert copy.told(f"{copy.policy.partition(',')[0]}:3:1: wrong") == f"{given['policy'].partition(',')[0]}:3:1: wrong"
    assert copy.told(f"{copy.entities}:3: wrong") == f"{tmp_path}/entities.yaml:3: wrong"


@pytest.mark.parametrize("name", ["policies/bank.yaml", "policies/pipl.yaml", "entities.yaml"])
def test_a_key_covers_policies_and_entity_types(
    options: dict[str, str], packs: Path, tmp_path: Path, name: str
) -> None:
    public, _ = signing.generate(tmp_path / "key")
    given = {"policy": own(tmp_path), "entities": str(tmp_path / "entities.yaml"), "packs_public_key": str(public)}
    files = RuleFiles(load(None, {**options, **given}, env={}))
    publish(packs, signing.private_key(tmp_path / "key"))
    first = files.take()
    assert first.release == "release 1"
    (tmp_path / name).write_text((tmp_path / name).read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=f"^{tmp_path / name}: This (policy|file of entity types) is not as it was signed"
    ):
        files.take()
    publish(packs, signing.private_key(tmp_path / "key"))
    assert files.take().release == "release 2"
    assert roll_back(packs, key=signing.private_key(tmp_path / "key")).number == 3
    assert "# changed" not in (tmp_path / name).read_text(encoding="utf-8"), "they come back with the packs"
    assert files.take().release == "release 3"


def test_a_release_of_an_older_version_signs_packs_only(options: dict[str, str], packs: Path, tmp_path: Path) -> None:
    public, _ = signing.generate(tmp_path / "key")
    key = signing.private_key(tmp_path / "key")
    now = publish(packs, key).release
    older = replace(now, beside={})
    release.keep(packs, older, signing.sign(older.dump(), key), release.pack_files(packs), {})
    files = RuleFiles(load(None, {**options, "packs_public_key": str(public)}, env={}))
    with pytest.raises(ConfigError, match=r"signs packs only\. Publish again"):
        files.take()


def test_two_policy_files_of_one_name_cannot_lie_side_by_side(options: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "bank.yaml").write_text("policy: other\nversion: 1\nextends: pci-dss\n", encoding="utf-8")
    given = {**options, "policy": f"{own(tmp_path)},{other}/bank.yaml"}
    with pytest.raises(ConfigError, match="another policy file is called bank"):
        RuleFiles(load(None, given, env={})).take()


class TestGoingBack:
    async def test_to_the_copy_before_and_forward_again(self, options: dict[str, str], packs: Path) -> None:
        workers = Workers()
        it = reloader(options, workers)
        first = it.state()["copy"]
        change(packs)
        workers.committed = [{"event": "committed", "policy": "p2", "rules": "r2", "experimental": {"a/b@1": "URL"}}]
        assert (await it.reload()).ok
        assert it.state()["experimental"] == {"a/b@1": "URL"}
        assert [one["copy"] for one in it.state()["kept"]] == [it.state()["copy"], first]
        workers.committed = [{"event": "committed", "policy": "p1", "rules": "r1"}]
        answer = await it.roll_back()
        assert (answer.outcome, answer.rules) == ("loaded", "r1")
        assert Path(workers.settings["packs"]).parent.name == first
        assert it.state()["rolled_back"]
        assert "rolled back, the files on disk are not in force" in it.check.detail
        exposed = it.exposition().decode()
        assert "redline_rules_rolled_back 1.0" in exposed
        assert f'redline_rules_info{{copy="{first[:8]}",policy="p1",release="",rules="r1"}} 1.0' in exposed
        assert exposed.count("redline_rules_info{") == 1
        assert (await it.reload()).outcome == "loaded", "what is on disk, asked for in so many words"
        assert not it.state()["rolled_back"]

    async def test_the_watch_leaves_it_until_files_change(self, options: dict[str, str], packs: Path) -> None:
        it = reloader(options, Workers())
        change(packs)
        await it.reload()
        await it.roll_back()
        assert it._seen == it._files.stamp()

    async def test_nothing_to_go_back_to(self, options: dict[str, str]) -> None:
        workers = Workers()
        it = reloader(options, workers)
        answer = await it.roll_back()
        assert (answer.outcome, answer.reason) == (
            "refused",
            "There is nothing to go back to. Choose one of: none is kept.",
        )
        assert "There is no earlier copy 'ff'" in (await it.roll_back("ff")).reason
        assert workers.told == []
        assert "redline_rules_stale 0.0" in it.exposition().decode(), "nothing is wrong with the files"

    async def test_a_copy_that_was_changed_is_not_used(self, options: dict[str, str], packs: Path) -> None:
        workers = Workers()
        it = reloader(options, workers)
        first = it._running
        change(packs)
        await it.reload()
        file = first.packs[0] / "identity.yaml"
        file.write_text(file.read_text(encoding="utf-8") + "# quietly\n", encoding="utf-8")
        answer = await it.roll_back(first.digest[:6])
        assert "this copy was changed, so it is not used" in answer.reason
        assert workers.told == ["prepare", "commit"]

    async def test_a_worker_that_refuses_stops_all(self, options: dict[str, str], packs: Path) -> None:
        workers = Workers()
        it = reloader(options, workers)
        change(packs)
        await it.reload()
        workers.prepared = [{"event": "refused", "message": "no"}]
        assert not (await it.roll_back()).ok
        assert not it.state()["rolled_back"]
        assert workers.told[-2:] == ["prepare", "abort"]
