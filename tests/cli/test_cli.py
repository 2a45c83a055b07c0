"""What every command has in common: help, quick start, errors for people."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import gateway.supervisor
from gateway.config import Address, Config, settings

from .conftest import Redline

COMMANDS = ("up", "check", "doctor", "explain", "detect", "records", "vault", "docs", "version")
HEAVY = (
    "torch",
    "transformers",
    "mitmproxy",
    "aiohttp",
    "redis",
    "starlette",
    "prometheus_client",
    "jinja2",
)


def test_help_names_every_command(redline: Redline) -> None:
    said = redline("--help")
    assert said.code == 0
    for command in COMMANDS:
        assert f" {command} " in said.out
    assert "redline up --upstream https://api.openai.com" in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(redline: Redline, command: str) -> None:
    said = redline(command, "--help")
    assert said.code == 0
    assert "Usage: redline" in said.out


def test_up_has_a_flag_for_every_setting(redline: Redline) -> None:
    said = redline("up", "--help")
    for line in settings().values():
        assert line.flag in said.out
    assert "--no-sample" in said.out
    assert "--config" in said.out


def test_starting_imports_nothing_heavy() -> None:
    code = f"import gateway.cli, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_up_hands_its_configuration_to_the_supervisor(
    redline: Redline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Config] = []
    monkeypatch.setattr(gateway.supervisor, "run", lambda config: seen.append(config) or 3)
    said = redline(
        "up",
        *("--listen", "127.0.0.1:7001", "--dashboard-listen", "127.0.0.1:7002", "--proxy-listen", "127.0.0.1:7003"),
        *("--upstream", "http://127.0.0.1:9/v1", "--state-dir", str(tmp_path), "--policy", "observe"),
        *("--redis-url", "redis://127.0.0.1:6379", "--workers", "4", "--no-sample", "--names"),
        *("--upstream-allow", "127.0.0.1", "--upstream-allow", "*.example.com"),
    )
    assert said.code == 3, "its exit code is the supervisor's"
    (config,) = seen
    assert config.listen == Address("127.0.0.1", 7001)
    assert config.proxy_listen == Address("127.0.0.1", 7003)
    assert (str(config.upstream), config.state_dir, config.policy) == ("http://127.0.0.1:9/v1", tmp_path, "observe")
    assert (config.workers, config.sample, config.names) == (4, False, True)
    assert config.upstream_allow == ("127.0.0.1", "*.example.com")


def test_a_file_is_read_and_flags_win(redline: Redline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Config] = []
    monkeypatch.setattr(gateway.supervisor, "run", lambda config: seen.append(config) or 0)
    path = tmp_path / "redline.yaml"
    path.write_text("workers: 2\nsample: false\npolicy: strict-block\n", encoding="utf-8")
    assert redline("up", "--config", str(path), "--policy", "observe").code == 0
    assert (seen[0].workers, seen[0].sample, seen[0].policy) == (2, False, "observe")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("up", "--listen", "0.0.0.0:8080"), "redline: --listen: 0.0.0.0:8080 is reachable from other machines."),
        (("up", "--config", "/no/such.yaml"), "redline: /no/such.yaml: no such file. Check the path."),
        (("explain", "/no/such.json"), "redline: /no/such.json: cannot be read"),
        (("explain", "-", "--policy", "defualt"), "Did you mean 'default'?"),
        (("explain", "/dev/null", "--route", "chat"), "--route: 'chat' is not a route."),
        (("records", "--dashboard-listen", "127.0.0.1:9"), "No gateway answers at http://127.0.0.1:9."),
        (("vault", "erase", "t", "c"), "No gateway runs with the state folder"),
        (("vault", "rotate-key"), "no master key file"),
    ],
)
def test_expected_failures_are_one_sentence(redline: Redline, arguments: tuple[str, ...], told: str) -> None:
    said = redline(*arguments)
    assert said.code == 2
    assert told in said.err
    assert "Traceback" not in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_unknown_flags_and_commands(redline: Redline) -> None:
    assert redline("up", "--lissten", "x").code == 2
    assert redline("upp").code == 2


def test_an_unexpected_failure_quotes_nothing(redline: Redline, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Config) -> int:
        return int("zhang@example.com")

    monkeypatch.setattr(gateway.supervisor, "run", broken)
    said = redline("up")
    assert said.code == 70
    assert "internal error ValueError at " in said.err
    assert "zhang" not in said.err


def test_version(redline: Redline) -> None:
    assert redline("version").out.startswith("redline ")


def test_docs_print_the_table(redline: Redline) -> None:
    assert "| `listen` |" in redline("docs").out


def test_exit_codes_of_the_real_thing() -> None:
    command = [sys.executable, "-m", "gateway.cli", "up", "--policy", "default", "--workers", "none"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "redline: --workers: 'none' is not a whole number from 1 to 256. Choose one in that range.\n"
    )
