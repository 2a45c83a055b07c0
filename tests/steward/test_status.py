"""Promoting and demoting: one word changes, after the examples have held."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.files.problems import PackError
from detectors.packs.detector import read_packs
from detectors.packs.rules import Rule, Status
from detectors.steward.status import set_status

from .conftest import BADGE, Write, pack

TRIED = BADGE.replace("status: stable", "status: experimental   # since the move, 工牌")


def rule(file: Path, name: str = "badge") -> Rule:
    return next(one for one in read_packs([file]).rules if one.id == name)


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        ("status: experimental   # since the move, 工牌", Status.STABLE, "status: stable   # since the move, 工牌"),
        ("status: experimental", Status.TEST, "status: test"),
        ("status: 'experimental'", Status.STABLE, "status: 'stable'"),
        ('"status":   "stable"', Status.EXPERIMENTAL, '"status":   "experimental"'),
    ],
)
def test_one_word_changes(write: Write, before: str, status: Status, after: str) -> None:
    other = BADGE.replace("id: badge", "id: desk").replace("BDG", "DSK")
    text = "# ours\n" + pack(other, BADGE.replace("status: stable", before), name="demo")
    file = write(text)
    set_status(rule(file), status)
    assert file.read_text(encoding="utf-8") == text.replace(before, after)
    assert [rule(file, name).status for name in ("badge", "desk")] == [status, Status.STABLE]


def test_examples_must_hold_first_and_in_every_wrapping(write: Write) -> None:
    file = write(pack(TRIED.replace("BDG-111222", "BDG-1")))
    before = file.read_bytes()
    with pytest.raises(PackError, match=r"demo\.yaml:\d+: Rule 'badge', "):
        set_status(rule(file), Status.STABLE)
    assert file.read_bytes() == before
    file = write(pack(BADGE.replace("BDG-111222", "BDG-1")))
    set_status(rule(file), Status.EXPERIMENTAL)
    assert rule(file).status is Status.EXPERIMENTAL, "what does not hold may be taken out of use"


def test_a_line_that_cannot_be_changed_is_told(write: Write) -> None:
    folded = TRIED.replace("status: experimental   # since the move, 工牌", "status:\n      experimental")
    file = write(pack(folded))
    with pytest.raises(PackError, match=r"Write `status: stable` by hand"):
        set_status(rule(file), Status.STABLE)
    assert "experimental" in file.read_text(encoding="utf-8")
