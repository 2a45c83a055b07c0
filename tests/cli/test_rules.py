"""`redline rules …` as a steward uses it: what is printed, what is masked, how it exits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from detectors.paths import PACKS

from .conftest import Redline

ID = "11010519491231002X"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    folder = tmp_path / "packs"
    shutil.copytree(PACKS / "hk", folder / "hk", ignore=lambda *_: {"numbers.yaml"})
    shutil.copytree(PACKS / "cn", folder / "cn")
    return folder


def edit(folder: Path, old: str, new: str, name: str = "hk/identity.yaml") -> None:
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_test(redline: Redline, packs: Path) -> None:
    said = redline("rules", "test", "--packs", str(packs))
    assert said.code == 0, said.err
    assert "hk-identity" in said.out
    assert "all hold" in said.out
    for wrapping in ("plain", "JSON", "form", "base64", "full-width", "Han"):
        assert wrapping in said.out


def test_test_of_one_rule_and_one_file(redline: Redline, packs: Path) -> None:
    assert "1 rule," in redline("rules", "test", "identity-card", "--packs", str(packs)).out
    assert "1 rule," in redline("rules", "test", str(packs / "hk" / "identity.yaml")).out
    said = redline("rules", "test", "identity-crad", "--packs", str(packs))
    assert (said.code, "Did you mean 'identity-card'" in said.err) == (2, True)


def test_test_names_what_does_not_hold(redline: Redline, packs: Path) -> None:
    edit(packs, "A123456(3)已核對, value: A123456(3)", "A123456(4)已核對, value: A123456(4)")
    said = redline("rules", "test", "--packs", str(packs))
    assert said.code == 1
    assert "hk/identity.yaml:25: Rule 'identity-card', plain: this match example is not found." in said.err
    assert "FAILS" in said.out
    said = redline("rules", "test", "--packs", str(packs), "--json", "identity-card")
    assert json.loads(said.out)[0]["failures"][0]["wrapping"] == "plain"


def test_a_pack_that_does_not_load_is_told(redline: Redline, packs: Path) -> None:
    edit(packs, "boundary: alnum", "boundary: alnumm")
    said = redline("rules", "test", "--packs", str(packs))
    assert said.code == 2
    assert "identity.yaml:16: Unknown boundary 'alnumm'" in said.err
    assert "Traceback" not in said.err


def test_lint(redline: Redline, packs: Path) -> None:
    edit(packs, "    references: ['https://en.wikipedia.org/wiki/Hong_Kong_identity_card']\n", "")
    said = redline("rules", "lint", "--packs", str(packs), "hk")
    assert said.code == 1
    assert "warning [references] Rule 'identity-card' has no references" in said.out
    edit(packs, "boundary: alnum", "boundary: alnumm")
    said = redline("rules", "lint", "--packs", str(packs), "--json")
    assert json.loads(said.out)[0]["level"] == "error"


def test_try_masks_unless_asked(redline: Redline, packs: Path) -> None:
    text = f"我的身份证是{ID}"
    said = redline("rules", "try", text, "--packs", str(packs))
    assert said.code == 0, said.err
    assert ID not in said.out + said.err
    for words in ("6-24", "CN_RESIDENT_ID", "身份证: 0.95", "cn_resident_id holds", "as written", "(18)"):
        assert words in said.out
    assert ID in redline("rules", "try", text, "--packs", str(packs), "--show").out


def test_try_on_files_and_folders(redline: Redline, packs: Path, tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "a.txt").write_text(f"first\nid card {ID}\n", encoding="utf-8")
    (tmp_path / "sample" / "b.bin").write_bytes(b"\0\1")
    said = redline("rules", "try", str(tmp_path / "sample"), "--packs", str(packs), "--json")
    (found,) = json.loads(said.out)
    assert (found["place"], found["finding"]) == ("2:9", True)
    assert "value" not in found
    assert "b.bin: no text, skipped" in said.err
    said = redline("rules", "try", f"id card {ID}", "--packs", str(packs), "--rule", "hk")
    assert "0 findings" in said.out


def test_diff(redline: Redline, packs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(packs, other)
    edit(other, "boundary: alnum\n", "boundary: number\n")
    sample = tmp_path / "sample.txt"
    sample.write_text("hkid A123456(3) and hkid 3.A123456(3)\n", encoding="utf-8")
    arguments = ("rules", "diff", str(packs), str(other), "--on", str(sample))
    assert "Nothing changes" in redline("rules", "diff", str(packs), str(packs), "--on", str(sample)).out
    said = redline(*arguments)
    assert said.code == 0
    assert f"{sample}:1:28" in said.out
    assert "A123456" not in said.out
    assert redline(*arguments, "--strict").code == 1
    assert json.loads(redline(*arguments, "--json", "--show").out)[0]["value"] == "A123456(3)"


def test_new_then_test(redline: Redline, packs: Path) -> None:
    arguments = ("rules", "new", "staff-badge", "--area", "demo", "--entity", "API_KEY", "--packs", str(packs))
    said = redline(*arguments, "--pattern", "BDG-[0-9]{6}")
    assert said.code == 0, said.err
    assert redline("rules", "test", str(packs / "demo" / "staff-badge.yaml")).code == 0
    assert "exists already" in redline(*arguments).err
    assert "patterns: []" in redline(*arguments, "--print").out


def test_import(redline: Redline, tmp_path: Path) -> None:
    source = tmp_path / "gitleaks.toml"
    source.write_text("[[rules]]\nid='acme'\nregex='''\\bacme_[a-z0-9]{24}\\b'''\n[[rules]]\nid='p'\npath='''x'''\n")
    out = tmp_path / "out.yaml"
    said = redline("rules", "import", str(source), "--out", str(out))
    assert said.code == 0, said.err
    assert "1 of 2 rules taken" in said.out
    assert redline("rules", "test", str(out)).code == 0
    assert "exists already" in redline("rules", "import", str(source), "--out", str(out)).err
    assert "THEIRS=OURS" in redline("rules", "import", str(source), "--entity", "x", "--out", str(out) + "2").err


def test_publish_roll_back_and_check(redline: Redline, packs: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    assert redline("rules", "keygen", str(key)).code == 0
    assert "Published release 1" in redline("rules", "publish", str(packs), "--key", str(key)).out
    assert "Nothing has changed" in redline("rules", "publish", str(packs), "--key", str(key)).out
    edit(packs, "without_context: 0.35", "without_context: 0.36")
    checked = ("check", "--packs", str(packs), "--packs-public-key", f"{key}.pub")
    assert "was changed after it was published" in redline(*checked).err
    said = redline("rules", "publish", str(packs), "--key", str(key), "--dry-run")
    assert "rule hk-identity/identity-card" in said.out
    assert "Would publish release 2" in said.out
    assert "Published release 2" in redline("rules", "publish", str(packs), "--key", str(key)).out
    assert "release 2, signature holds" in redline(*checked).out
    assert redline("rules", "rollback", str(packs)).code == 2
    assert "Release 3 is in force" in redline("rules", "rollback", str(packs), "--key", str(key)).out
    assert "rolled back to release 1" in redline("rules", "rollback", str(packs), "--list").out


def test_list_and_show(redline: Redline, packs: Path) -> None:
    said = redline("rules", "list", "--packs", str(packs), "hk")
    assert "hk-identity/identity-card@1" in said.out
    assert "1 rule in 1 pack;" in said.out
    said = redline("rules", "show", "resident-id-18", "--packs", str(packs))
    for words in ("cn_resident_id", "no ASCII letter or digit", "PIPL", "candidates in 1,000"):
        assert words in said.out
    assert "names" in redline("rules", "show", "cn-identity", "--packs", str(packs)).err
    assert json.loads(redline("rules", "show", "plate", "--packs", str(packs), "--json").out)["entity_type"]


def test_help_names_every_command(redline: Redline) -> None:
    said = redline("rules", "--help")
    commands = ("test", "lint", "try", "diff", "new", "import", "publish", "rollback", "keygen", "list", "show")
    assert all(command in said.out for command in commands)
    assert "rules" in redline("--help").out


def test_promote_and_demote(redline: Redline, packs: Path) -> None:
    where = ("--packs", str(packs))
    file = packs / "hk" / "identity.yaml"
    before = file.read_bytes()
    said = redline("rules", "demote", "hk-identity/identity-card", *where)
    assert (said.code, "was stable, and is experimental now" in said.out.replace("\n", " ")) == (0, True), said.err
    assert "See `redline rules shadow`" in said.out or "see `redline rules shadow`" in said.out
    assert "is experimental already" in redline("rules", "demote", "identity-card", *where).out
    assert "No gateway answers" in redline("rules", "shadow", *where, "--dashboard-listen", "127.0.0.1:9").err
    edit(packs, "A123456(3)已核對, value: A123456(3)", "A123456(4)已核對, value: A123456(4)")
    said = redline("rules", "promote", "identity-card", *where)
    assert (said.code, "hk/identity.yaml:25: Rule 'identity-card'" in said.err) == (2, True)
    edit(packs, "A123456(4)已核對, value: A123456(4)", "A123456(3)已核對, value: A123456(3)")
    assert redline("rules", "promote", "identity-card", "--to", "best", *where).code == 2
    assert "and is stable now" in redline("rules", "promote", "identity-card", *where).out
    assert file.read_bytes() == before


def test_a_release_covers_policies_beside_the_packs(redline: Redline, packs: Path) -> None:
    policy = packs.parent / "policies" / "bank.yaml"
    policy.parent.mkdir()
    policy.write_text("policy: bank\nversion: 1\nextends: pipll\n", encoding="utf-8")
    said = redline("rules", "publish", str(packs))
    assert (said.code, f"{policy}:3:10: extends 'pipll'" in said.err) == (2, True)
    policy.write_text("policy: bank\nversion: 1\nextends: pipl\n", encoding="utf-8")
    said = redline("rules", "publish", str(packs), "--dry-run")
    assert (said.code, "1 policies" in said.out) == (0, True), said.err


def test_reload_needs_a_gateway_and_its_token(redline: Redline, tmp_path: Path) -> None:
    where = ("--state-dir", str(tmp_path), "--dashboard-listen", "127.0.0.1:9")
    assert "Is the gateway running, with this state folder?" in redline("rules", "reload", *where).err
    (tmp_path / "admin-token").write_text("t" * 43, encoding="ascii")
    for options in ((), ("--back",), ("--list",)):
        said = redline("rules", "reload", *where, *options)
        assert (said.code, "No gateway answers at http://127.0.0.1:9" in said.err) == (2, True)
