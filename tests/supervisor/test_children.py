"""Children that are slow, silent, or cannot start again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from gateway.supervisor import children, fleet
from gateway.supervisor.children import Child
from gateway.supervisor.fleet import Fleet


async def test_a_late_answer_is_not_taken_for_that_of_the_next_command(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child("late", "tests.supervisor.late_child", {}, os.environ)
    await child.start(30)
    try:
        monkeypatch.setattr(children, "COMMAND_SECONDS", 0.05)
        assert await child.command("first") == {}
        monkeypatch.setattr(children, "COMMAND_SECONDS", 30.0)
        assert await child.command("second") == {"answer_to": "second"}
    finally:
        await child.stop(1)
    assert await child.command("third") == {}


async def test_a_child_that_compiles_says_so_and_is_given_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    deadlines: list[float] = []
    reschedule = asyncio.Timeout.reschedule

    def spy(self: asyncio.Timeout, when: float | None) -> None:
        deadlines.append((when or 0) - asyncio.get_running_loop().time())
        reschedule(self, when)

    monkeypatch.setattr(asyncio.Timeout, "reschedule", spy)
    child = Child("slow", "tests.supervisor.compiling_child", {}, os.environ)
    try:
        assert await child.start(30, told.append) == {"event": "ready"}
        assert told == [7]
        assert max(deadlines) > 30
    finally:
        await child.stop(1)


async def test_a_worker_that_cannot_be_configured_again_ends_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "RESTARTS", 1)
    said: list[str] = []
    some = Fleet(1, {"mark": str(tmp_path / "mark")}, os.environ, tmp_path, said.append)
    monkeypatch.setattr(
        some, "_make", lambda _: Child("it", "tests.supervisor.broken_child", some._settings, os.environ)
    )
    await some.start()
    try:
        assert await some.ask("end") == {}
        async with asyncio.timeout(30):
            await some.broken.wait()
        assert "the policy [is] broken" in said
        assert some.alive == 0
    finally:
        await some.stop(1)
