"""The cache on disk saves time and decides nothing: with it, without it, or with a broken one, rules are the same."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from detectors import diskcache
from detectors.files.problems import PackError
from detectors.matching import finder
from detectors.packs.detector import RuleDetector, load_packs

PACK = """\
pack: cached
version: 1
area: global
title: For a test
regulations: [GDPR]
rules:
  - id: staff
    version: 1
    entity_type: PERSON
    description: A staff number.
    status: stable
    patterns: ['STAFF-[0-9]{6}']
    boundary: word
    score: 0.9
    references: ['https://example.com']
    examples:
      match:
        - {text: STAFF-123456, value: STAFF-123456}
        - {text: 工号STAFF-123456。, value: STAFF-123456}
        - {text: 'id: STAFF-000001', value: STAFF-000001}
      no_match: [{text: STAFF-12, why: short}, {text: STAFF-ABCDEF, why: letters}, {text: XSTAFF-123456, why: word}]
"""
TEXT = "工号STAFF-123456和STAFF-654321"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "cache"
    monkeypatch.setenv(diskcache.VARIABLE, str(home))
    diskcache.folder.cache_clear()
    yield home
    diskcache.folder.cache_clear()


def findings(pack: Path) -> list[tuple[int, int, str]]:
    finder._compile.cache_clear()
    return [(f.start, f.end, f.rule) for f in RuleDetector(load_packs([pack])).find(TEXT)]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    file = tmp_path / "pack.yaml"
    file.write_text(PACK, encoding="utf-8")
    return file


def test_warm_and_cold_find_the_same(cache: Path, pack: Path) -> None:
    cold = findings(pack)
    assert {file.name.split("-")[0] for file in cache.iterdir()} >= {"yaml", "hs", "proven"}
    assert findings(pack) == cold == [(2, 14, "cached/staff@1"), (15, 27, "cached/staff@1")]


@pytest.mark.parametrize("damage", [b"", b"x", b"\0" * 4096])
def test_a_damaged_entry_is_a_miss(cache: Path, pack: Path, damage: bytes) -> None:
    cold = findings(pack)
    for file in cache.iterdir():
        file.write_bytes(damage)
    assert findings(pack) == cold


def test_a_changed_pack_is_read_anew_and_tried_anew(cache: Path, pack: Path) -> None:
    findings(pack)
    pack.write_text(PACK.replace("STAFF-[0-9]{6}", "STAFF-[0-9]{7}"), encoding="utf-8")
    with pytest.raises(PackError, match="is not found"):
        findings(pack)


def test_a_folder_that_others_may_write_is_not_used(cache: Path, pack: Path) -> None:
    cache.mkdir(mode=0o700)
    cache.chmod(0o770)
    findings(pack)
    assert diskcache.folder() is None
    assert not list(cache.iterdir())


def test_it_can_be_switched_off(cache: Path, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, diskcache.VARIABLE, "off")
    diskcache.folder.cache_clear()
    findings(pack)
    assert not cache.exists()


def test_what_is_in_use_is_not_what_goes_first(cache: Path) -> None:
    """One set of packs is a hundred entries: many small ones that come and go must not push them out."""
    diskcache.put("in-use", b"x")
    os.utime(cache / "in-use", (0, 0))
    assert diskcache.get("in-use") == b"x"
    for number in range(diskcache._LARGEST - 1):
        (cache / f"once-{number}").touch()
        os.utime(cache / f"once-{number}", (1, 1))
    diskcache.put("one-more", b"y")
    assert diskcache.get("in-use") == b"x"
    assert len(list(cache.iterdir())) == diskcache._LARGEST


def test_one_at_a_time_makes_what_takes_long(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with diskcache.turn():
        pass
    monkeypatch.setattr(diskcache, "PATIENCE_SECONDS", 0.1)
    with diskcache.turn():
        began = time.monotonic()
        with diskcache.turn():  # another process, which does not wait for ever
            assert time.monotonic() - began >= 0.1


def test_without_a_folder_there_is_no_turn_to_wait_for(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, diskcache.VARIABLE, "off")
    diskcache.folder.cache_clear()
    with diskcache.turn(), diskcache.turn():
        assert not cache.exists()
