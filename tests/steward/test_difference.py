from __future__ import annotations

from pathlib import Path

import pytest

from detectors.files.problems import PackError
from detectors.packs.detector import read_packs
from detectors.steward import difference, samples

from .conftest import BADGE, Write, pack

TEXT = "first line\nbadge BDG-123456 and BDG-777777\n工牌BDG-222333。\n"


def changes(write: Write, old: str, new: str) -> list[tuple[str, str]]:
    before, after = read_packs([write(pack(old), "a.yaml")]), read_packs([write(pack(new), "b.yaml")])
    found = difference.compare(before, after, [samples.of_text(TEXT)])
    return [(change.kind.value, change.place) for change in found]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("x", "x", []),
        ("[0-9]{6}", "[0-6]{6}", [("lost", "2:22")]),
        ("with_context: 0.95", "with_context: 0.9", [("score", "2:7"), ("score", "2:22"), ("score", "3:3")]),
        ("id: badge", "id: pass", [("rule", "2:7"), ("rule", "2:22"), ("rule", "3:3")]),
        ("version: 1", "version: 2", []),
    ],
)
def test_changes(write: Write, old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert changes(write, BADGE, BADGE.replace(old, new)) == expected
    turned = {"lost": "new"}
    assert changes(write, BADGE.replace(old, new), BADGE) == [(turned.get(k, k), place) for k, place in expected]


def test_a_change_does_not_print_its_value(write: Write) -> None:
    rules = read_packs([write(pack(BADGE))]), read_packs([write(pack(BADGE.replace("BDG", "XXX")), "b.yaml")])
    found = list(difference.compare(*rules, [samples.of_text(TEXT)]))
    assert found
    assert "BDG-123456" not in repr(found)
    assert difference.totals(found) == {("lost", "demo/badge"): 3}


def test_a_folder_is_a_sample_and_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.txt").write_text("\ufeffone")
    (tmp_path / "two.bin").write_bytes(b"\x89PNG\0\0")
    skipped: list[str] = []
    (one,) = samples.read(tmp_path, skipped)
    assert (one.name, one.text) == (str(tmp_path / "a" / "one.txt"), "one")
    assert skipped == [str(tmp_path / "two.bin")]
    with pytest.raises(PackError, match="no such file"):
        list(samples.read(tmp_path / "nowhere", skipped))


def test_places_are_lines_and_columns() -> None:
    sample = samples.of_text("ab\n\ncd")
    assert [sample.place(at) for at in (0, 1, 2, 3, 4, 5)] == ["1:1", "1:2", "1:3", "2:1", "3:1", "3:2"]
