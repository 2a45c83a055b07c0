"""The lists in a configuration: loaded, copied for the workers, and no way around a signature."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.entities import load_entities
from detectors.packs.rules import RuleSet
from detectors.refine import Refiner
from detectors.refine.steering import SHIPPED
from detectors.steward.publish import publish
from detectors.steward.signing import generate, private_key
from gateway.config import load
from gateway.errors import ConfigError
from gateway.steering import refiner_of, silenced, steering_of, with_denied
from gateway.supervisor.rulefiles import RuleFiles

ENTITIES = load_entities()
DENY = "deny:\n  - {id: d, type: PERSON, reason: r, entries: [Xaver Quill], file: more.txt}\n"
BADGE = """\
pack: demo-badge
version: 1
area: demo
rules:
  - {id: badge, version: 1, entity_type: API_KEY, status: stable, patterns: ['BDG-[0-9]{6}'], boundary: none,
     score: 0.9, examples: {match: [BDG-123456, BDG-654321, BDG-111222],
                no_match: [{text: BDG-12, why: short}, {text: BDG, why: bare}, {text: 'BDG 123456', why: blank}]}}
"""
ALLOW = "allow:\n  - {id: a, types: [PERSON], reason: r, entries: [Xaver Quill]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "deny.yaml").write_text(DENY, "utf-8")
    (folder / "more.txt").write_text("Yara Zimt\n", "utf-8")
    return folder


def options(tmp_path: Path, *lists: Path, **more: str) -> dict[str, str]:
    return {"state_dir": str(tmp_path / "state"), "lists": ",".join(map(str, lists)), **more}


def test_workers_run_from_a_copy_that_says_the_same(tmp_path: Path, folder: Path) -> None:
    config = load(None, options(tmp_path, folder), env={})
    files = RuleFiles(config)
    copy = files.take()
    assert [path.is_relative_to(tmp_path / "state") for path in copy.lists] == [True]
    assert copy.settings["lists"] == ",".join(map(str, copy.lists))
    copied = load(None, {**options(tmp_path), "lists": copy.settings["lists"]}, env={})
    assert steering_of(copied, ENTITIES).digest == steering_of(config, ENTITIES).digest
    assert copy.told(f"{copy.lists[0]}/deny.yaml:2: wrong") == f"{folder}/deny.yaml:2: wrong"
    stamp = files.stamp()
    (folder / "more.txt").write_text("Yara Zimt\nZacharias Ohm\n", "utf-8")
    assert files.stamp() != stamp, "an entry in a text file is a change as well"
    assert files.take().digest != copy.digest


def test_the_shipped_lists_are_the_default(tmp_path: Path) -> None:
    config = load(None, options(tmp_path), env={})
    copy = RuleFiles(config).take()
    assert len(copy.lists) == len(SHIPPED)
    copied = load(None, options(tmp_path, *copy.lists), env={})
    assert steering_of(copied, ENTITIES).digest == steering_of(config, ENTITIES).digest


def test_where_rules_are_signed_only_deny_lists_may_be_ones_own(tmp_path: Path, folder: Path) -> None:
    public, _ = generate(tmp_path / "key")
    key = {"packs_public_key": str(public)}
    rules = with_denied(RuleSet((), "x"), steering_of(load(None, options(tmp_path, folder, **key), env={}), ENTITIES))
    assert len(rules.rules) == 1
    assert steering_of(load(None, options(tmp_path, **key), env={}), ENTITIES).own == frozenset()
    (folder / "allow.yaml").write_text(ALLOW.replace("Xaver", "Other"), "utf-8")
    with pytest.raises(ConfigError, match="There is no signed release"):
        steering_of(load(None, options(tmp_path, folder, **key), env={}), ENTITIES)


def test_a_signed_release_covers_the_lists_beside_the_packs(tmp_path: Path, folder: Path) -> None:
    public, _ = generate(tmp_path / "key")
    packs, lists = tmp_path / "mine" / "packs", tmp_path / "mine" / "lists"
    packs.mkdir(parents=True)
    lists.mkdir()
    (packs / "badge.yaml").write_text(BADGE, "utf-8")
    (lists / "allow.yaml").write_text(ALLOW.replace("Xaver", "Other"), "utf-8")
    publish(packs, private_key(tmp_path / "key"))
    kept = (packs / ".releases" / "0001.json").read_text("utf-8")
    assert "Quill" not in kept, "hashes only: deny lists hold what nobody may see"
    key = {"packs_public_key": str(public), "packs": str(packs)}

    def read() -> frozenset[str]:
        return steering_of(load(None, options(tmp_path, lists, **key), env={}), ENTITIES).own

    assert read() == {"allow"}
    (lists / "allow.yaml").write_text(ALLOW.replace("Xaver", "Third"), "utf-8")
    with pytest.raises(ConfigError, match="This list is not part of release 1"):
        read()
    publish(packs, private_key(tmp_path / "key"))
    assert read() == {"allow"}
    (lists / "names.txt").write_text("Fourth\n", "utf-8")
    with pytest.raises(ConfigError, match=r"names.txt: This list is not part of release 2"):
        read()


def test_settings_reach_the_refiner(tmp_path: Path, folder: Path) -> None:
    (folder / "allow.yaml").write_text(ALLOW, "utf-8")
    with pytest.raises(ConfigError, match="denied by group 'd'"):
        steering_of(load(None, options(tmp_path, folder), env={}), ENTITIES)
    config = load(None, {**options(tmp_path), "consistency": "false"}, env={})
    assert refiner_of(config, steering_of(config, ENTITIES)).consistency is None


def test_a_threshold_of_one_turns_a_type_off(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("thresholds: {LOCATION: 1, PERSON/zh: 1}\n", "utf-8")
    found = steering_of(load(None, options(tmp_path, tmp_path / "t.yaml"), env={}), ENTITIES)
    assert silenced(Refiner(found), ENTITIES) == {"LOCATION"}
    assert silenced(None, ENTITIES) == frozenset()
