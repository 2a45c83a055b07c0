"""Runs `redline` in this process, as `main` does, and hears what it said."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.cli import main


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


type Redline = Callable[..., Said]


@pytest.fixture
def redline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Redline:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["redline", *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        heard = capsys.readouterr()
        return Said(code if isinstance(code, int) else 0, heard.out, heard.err)

    return run
