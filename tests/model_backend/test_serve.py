"""Starting and stopping: who may connect, what is refused, what ends the server."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_backend import confine
from model_backend.__main__ import main
from model_backend.attest import attest
from model_backend.hosting import Placeless, ServeError, on_exit
from model_backend.serve import Options, _check_address, _listen


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_other_hosts_need_a_word(host: str) -> None:
    with pytest.raises(ServeError, match="--allow-remote-clients"):
        _check_address(Options(Path("m"), host=host))
    _check_address(Options(Path("m"), host=host, allow_remote=True))


def test_a_socket_is_private(tmp_path: Path) -> None:
    path = tmp_path / "private" / "model.sock"
    for _ in range(2):  # the second takes the place of a stale one
        with _listen(Options(Path("m"), uds=path)):
            assert path.stat().st_mode & 0o777 == 0o600
            assert path.parent.stat().st_mode & 0o777 == 0o700


def test_an_open_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(ServeError, match="chmod 700"):
        _listen(Options(Path("m"), uds=tmp_path / "model.sock"))


def test_a_file_is_not_overwritten(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "model.sock").write_text("mine")
    with pytest.raises(ServeError, match="not a socket"):
        _listen(Options(Path("m"), uds=tmp_path / "model.sock"))
    with pytest.raises(ServeError, match="shorter"):
        _listen(Options(Path("m"), uds=tmp_path / ("x" * 120)))


def test_a_taken_port_is_told() -> None:
    with _listen(Options(Path("m"))) as first, pytest.raises(ServeError, match="is taken"):
        _listen(Options(Path("m"), port=first.getsockname()[1]))


def test_refusals_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_text("")
    command = [sys.executable, "-m", "model_backend", "serve", "--model", str(tmp_path), "--isolate", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no manifest" in done.stderr
    assert done.stderr.count("\n") == 1
    assert main(["manifest", "verify", str(tmp_path)]) == 2
    capsys.readouterr()


async def test_the_end_of_another_process_is_noticed() -> None:
    ended = asyncio.Event()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
    on_exit(asyncio.get_running_loop(), process.pid, ended.set)
    assert not ended.is_set()
    assert process.stdin is not None
    process.stdin.close()
    await asyncio.wait_for(ended.wait(), 30)
    await process.wait()


CONFINED = """
import os, socket, sys, tempfile
from model_backend import confine
alone = confine.leave_network()
handle, path = tempfile.mkstemp()
assert confine.forbid_file_writes() and confine.is_undumpable()
try:
    os.write(handle, b"x")
except OSError:
    os.unlink(path)
else:
    sys.exit("a file was written")
if alone:
    try:
        socket.create_connection(("127.0.0.1", 9), 1)
    except OSError as error:
        sys.exit(0 if error.errno in (101, 99) else f"reached: {error}")
"""


def test_a_confined_process_has_neither_network_nor_files() -> None:
    done = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, text=True, check=False, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr


def test_nothing_is_promised_without_proof() -> None:
    metadata = attest(local=False, weights_sha256="ab").metadata()
    assert metadata["local_execution"] == "unverified"
    assert metadata["input_saved"] == "unverified"  # this process may write files
    assert metadata["data_uploaded"] == ("unverified" if not confine.network_is_empty() else False)


def test_logs_tell_the_place_only() -> None:
    try:
        raise ValueError("zhang@example.com")
    except ValueError:
        record = logging.LogRecord("lib", logging.ERROR, "f", 7, "got %s", ("zhang@example.com",), sys.exc_info())
    assert Placeless().format(record) == "ERROR lib:7"
    assert os.getpid() > 0
