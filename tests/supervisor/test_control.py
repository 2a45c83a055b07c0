"""The control socket: one user, one secret, one line; and a clear word where no gateway runs."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.supervisor.control import Control, NotRunning, ask, eraser

from .test_readiness import Said


async def echo(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"asked": dict(asked)}


async def asked(state_dir: Path, command: str = "echo", **words: str) -> Mapping[str, Any]:
    return await asyncio.to_thread(ask, state_dir, command, **words)


@pytest.mark.parametrize("depth", [1, 12], ids=["short", "a path too long for a socket"])
async def test_a_running_gateway_answers_and_leaves_nothing(tmp_path: Path, depth: int) -> None:
    state = tmp_path.joinpath(*["state-folder"] * depth)
    state.mkdir(parents=True)
    control = Control(state, {"echo": echo})
    await control.start()
    where = Path(json.loads((state / "control").read_text())["socket"])
    for path, mode in ((state / "control", 0o600), (where, 0o600), (where.parent, 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert await asked(state, name="张伟") == {"asked": {"name": "张伟"}}
    with pytest.raises(ConfigError, match="does not know that command"):
        await asked(state, "other")
    await control.stop()
    assert list(state.iterdir()) == []
    assert not where.parent.exists()
    with pytest.raises(NotRunning, match="No gateway runs"):
        await asked(state)


async def test_without_the_secret_nothing_is_done(tmp_path: Path) -> None:
    control = Control(tmp_path, {"echo": echo})
    await control.start()
    file = tmp_path / "control"
    said = json.loads(file.read_text())
    file.write_text(json.dumps({**said, "token": "another"}))
    with pytest.raises(ConfigError, match="the token is not this gateway's"):
        await asked(tmp_path)
    for line in (b"[]\n", b"{\n", b'{"token": 5}\n', b"x" * 9000, b""):
        reader, writer = await asyncio.open_unix_connection(said["socket"])
        writer.write(line)
        writer.write_eof()
        assert b"asked" not in await reader.read()
        writer.close()
    await control.stop()
    assert file.exists(), "it is not this gateway's any more"


async def test_of_two_gateways_the_later_one_is_asked(tmp_path: Path) -> None:
    async def second(_: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"who": "second"}

    controls = [Control(tmp_path, {"echo": echo}), Control(tmp_path, {"echo": second})]
    for control in controls:
        await control.start()
    await controls[0].stop()
    assert await asked(tmp_path) == {"who": "second"}
    await controls[1].stop()


@pytest.mark.parametrize("left", ["", "{}", '{"socket": "/nowhere/s", "token": "x"}'])
async def test_what_a_killed_gateway_left_is_no_gateway(tmp_path: Path, left: str) -> None:
    (tmp_path / "control").write_text(left)
    with pytest.raises(NotRunning):
        await asked(tmp_path)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([{"event": "erased", "erased": True}, {"event": "erased", "erased": False}], {"erased": True}),
        ([{"event": "erased", "erased": False}], {"erased": False}),
        ([{"event": "erased", "erased": True}, {}], None),
        ([{"event": "failed"}], None),
    ],
)
async def test_a_scope_is_erased_by_every_worker_or_not_called_erased(
    said: list[dict[str, Any]], answer: dict[str, bool] | None
) -> None:
    erase = eraser(Said(*said))
    words = {"tenant": "bank", "subject": "c_1", "conversation": ""}
    assert (await erase(words) == answer) if answer else "error" in await erase(words)
    assert "error" in await erase({"tenant": "bank"})
