"""`redline check` and `redline doctor`: what is wrong is told with place and mend, before anything starts."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from detectors.paths import PACKS

from .conftest import Redline

POLICY = "policy: mine\nversion: 1\ndefault: {action: tokenise}\nrules: []\n"


def test_check_on_what_ships(redline: Redline) -> None:
    said = redline("check")
    assert said.code == 0, said.err
    for name in ("entity types", "rule packs", "policy default", "policy observe", "policy strict-block"):
        assert name in said.out
    assert "shadow mode" in said.out


@pytest.fixture
def packs(tmp_path: Path) -> tuple[str, str]:
    """A few rules, where rules are not the matter."""
    (tmp_path / "packs").mkdir()
    shutil.copy(PACKS / "hk" / "identity.yaml", tmp_path / "packs")
    return "--packs", str(tmp_path / "packs")


def test_check_says_what_a_policy_does_and_why(redline: Redline, packs: tuple[str, str]) -> None:
    said = redline("check", *packs, "--policy", "pipl", "--decisions", "--region", "CN")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("request, policy pipl@"))
    assert lines[start].endswith("upstream in CN")
    blocked, *_ = (line for line in lines[start:] if line.startswith("block"))
    assert blocked.split()[:3] == ["block", "0.50", "secrets-only/credentials"]
    sensitive = [line for line in lines[start:] if " pipl/sensitive " in line]
    assert all(line.startswith("tokenize  0.30") and "PIPL Art. 28, 51" in line for line in sensitive)
    assert {"government_id", "financial", "health"} <= {word for line in sensitive for word in line.split()}
    assert lines[-1] == "not searched: every type is allowed.", "answers hold tokens"
    assert redline("check", *packs, "--decisions", "--region", "the moon").err.startswith("redline: --region: ")


def test_check_says_where_upstreams_are(redline: Redline, packs: tuple[str, str]) -> None:
    where = ("--upstream", "https://api.example.cn", "--upstream-anthropic", "https://a.example.com:8443")
    for options, told in (
        (("--policy", "default", *where), "policy default does not ask"),
        (("--policy", "pipl"), "the local model is LOCAL"),
        (
            ("--policy", "default,gdpr", *where, "--upstream-regions", "*.cn=CN"),
            "a.example.com:8443 not known, so it counts as abroad",
        ),
        (("--policy", "pipl", *where, "--upstream-regions", "*.cn=CN"), "api.example.cn:443 CN, a.example.com"),
    ):
        assert told in redline("check", *packs, *options).out


def test_check_tells_every_problem(redline: Redline, tmp_path: Path) -> None:
    policy, packs, clients = tmp_path / "mine.yaml", tmp_path / "pack.yaml", tmp_path / "clients.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    packs.write_text("pack: [", encoding="utf-8")
    clients.write_text("clients: {}\n", encoding="utf-8")
    said = redline("check", "--policy", str(policy), "--packs", str(packs), "--clients-file", str(clients))
    assert said.code == 2
    assert f"{policy}:3:19: unknown effect or operator 'tokenise'. Did you mean 'tokenize'?" in said.err
    assert f"{packs}:" in said.err
    assert f"{clients}:1:10: clients must be a list" in said.err
    assert said.out == ""


def test_check_on_a_broken_configuration(redline: Redline, tmp_path: Path) -> None:
    path = tmp_path / "redline.yaml"
    path.write_text("policy: default\nlisten: nowhere\n", encoding="utf-8")
    said = redline("check", "--config", str(path))
    assert (said.code, said.err) == (
        2,
        f"redline: {path}:2:9: listen: 'nowhere' is not HOST:PORT. Write it like 127.0.0.1:8080 or [::1]:8080.\n",
    )


def test_doctor_says_what_really_runs(redline: Redline, tmp_path: Path) -> None:
    free = ("--listen", "127.0.0.1:0", "--dashboard-listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:9")
    said = redline("doctor", *free)
    for what in (
        "redline",
        "packages",
        "rules",
        "policy",
        "names",
        "ner model",
        "stores",
        "state",
        "vault key",
        "upstream",
    ):
        assert f" {what} " in said.out
    assert "mitmproxy" in said.out
    assert "extra [ner]" in said.out
    assert "embedded" in said.out
    assert said.code == 1, "nothing answers at the upstream"
    assert "1 thing to mend." in said.err


def test_doctor_names_the_mend(redline: Redline, tmp_path: Path) -> None:
    state = tmp_path / "open"
    state.mkdir(mode=0o755)
    state.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as upstream, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = redline(
            "doctor",
            *("--listen", f"127.0.0.1:{port}", "--dashboard-listen", "127.0.0.1:0", "--state-dir", str(state)),
            *("--upstream", f"http://127.0.0.1:{upstream.getsockname()[1]}", "--policy", "defualt"),
            *("--ner-model", "off"),
        )
    assert said.code == 1
    assert f"127.0.0.1:{port}: Address already in use" in said.out
    assert f"chmod 700 {state}" in said.out
    assert "Did you mean 'default'?" in said.out
    assert "Names pass unseen" in said.out
    assert "4 things to mend." in said.err


def test_doctor_does_not_touch_anything(redline: Redline, tmp_path: Path) -> None:
    redline("doctor", "--state-dir", str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
