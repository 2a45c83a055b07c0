"""Releases: proof first, versions raised, signed, kept, and taken back. What was tampered with is never verified."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from detectors.files.problems import PackError
from detectors.packs.detector import load_packs
from detectors.steward import release, signing
from detectors.steward.publish import publish, roll_back

from .conftest import BADGE, Write, pack


@pytest.fixture
def folder(write: Write) -> Path:
    return write("# our pack\n" + pack(BADGE)).parent


@pytest.fixture
def keys(tmp_path: Path):
    public, _ = signing.generate(tmp_path / "key")
    return signing.private_key(tmp_path / "key"), signing.public_key(public)


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "demo.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def versions(folder: Path) -> tuple[int, int]:
    (one,) = load_packs([folder]).packs
    return one.version, one.rules[0].version


def test_the_first_release_raises_nothing(folder: Path) -> None:
    done = publish(folder, note="first")
    assert (done.release.number, done.bumps, done.new) == (1, (), ("demo/badge",))
    assert done.release.revision == load_packs([folder]).revision
    assert release.current(folder)[0] == done.release  # type: ignore[index]


def test_nothing_new_is_no_release(folder: Path) -> None:
    first = publish(folder).release
    again = publish(folder)
    assert not again.fresh
    assert again.release == first


def test_a_changed_rule_raises_its_version_and_its_packs(folder: Path) -> None:
    publish(folder)
    edit(folder, "[0-9]{6}", "[0-9]{6,7}")
    done = publish(folder)
    assert [(bump.what, bump.new) for bump in done.bumps] == [("rule demo/badge", 2), ("pack demo", 2)]
    assert done.changed == ("demo/badge",)
    assert versions(folder) == (2, 2)
    assert (folder / "demo.yaml").read_text(encoding="utf-8").startswith("# our pack\n"), "comments stay"


def test_another_example_raises_the_pack_only(folder: Path) -> None:
    publish(folder)
    edit(folder, "        - BDG-111222\n", "        - BDG-111222\n        - BDG-999888\n")
    publish(folder)
    assert versions(folder) == (2, 1)


def test_a_version_raised_by_hand_stays(folder: Path) -> None:
    publish(folder)
    edit(folder, "[0-9]{6}", "[0-9]{6,7}")
    edit(folder, "    version: 1", "    version: 5")
    edit(folder, "version: 1", "version: 7")
    assert publish(folder).bumps == ()
    assert versions(folder) == (7, 5)


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    publish(folder)
    edit(folder, "[0-9]{6}", "[0-9]{6,7}")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert publish(folder, dry=True).bumps
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_does_not_hold_is_not_published(folder: Path) -> None:
    edit(folder, "- BDG-111222", "- BDG-1")
    with pytest.raises(PackError, match="is not found"):
        publish(folder)
    assert not (folder / release.MANIFEST).exists()


def test_roll_back_is_a_new_release_and_a_name_is_never_reused(folder: Path) -> None:
    original = (folder / "demo.yaml").read_bytes()
    publish(folder)
    edit(folder, "[0-9]{6}", "[0-9]{6,7}")
    (folder / "extra.yaml").write_text(pack(BADGE, name="extra"), encoding="utf-8")
    publish(folder)
    back = roll_back(folder)
    assert (back.number, back.note) == (3, "rolled back to release 1")
    assert (folder / "demo.yaml").read_bytes() == original
    assert not (folder / "extra.yaml").exists()
    edit(folder, "[0-9]{6}", "[0-9]{6,8}")
    publish(folder)
    assert versions(folder)[1] == 3, "badge@2 was another rule"
    assert roll_back(folder, 2).files == release.history(folder)[1].release.files
    assert [one.release.number for one in release.history(folder)] == [1, 2, 3, 4, 5]


def test_roll_back_never_loses_work(folder: Path) -> None:
    publish(folder)
    edit(folder, "[0-9]{6}", "[0-9]{6,7}")
    publish(folder)
    edit(folder, "[0-9]{6,7}", "[0-9]{6,8}")
    with pytest.raises(PackError, match="never published"):
        roll_back(folder)
    assert roll_back(folder, discard=True).number == 3


def test_there_must_be_something_to_go_back_to(folder: Path) -> None:
    with pytest.raises(PackError, match="Nothing was published"):
        roll_back(folder)
    publish(folder)
    with pytest.raises(PackError, match="no earlier release with other files"):
        roll_back(folder)
    with pytest.raises(PackError, match=r"no release 9. Choose one of: 1"):
        roll_back(folder, 9)


def test_a_signed_release_is_verified(folder: Path, keys) -> None:
    private, public = keys
    publish(folder, private)
    found, files = release.verified(folder, public)
    assert found.number == 1
    assert files == release.pack_files(folder)
    assert not publish(folder, private).fresh


def _payload(folder: Path) -> None:
    file = folder / release.MANIFEST
    document = orjson.loads(file.read_bytes())
    envelope = signing.parse(file.read_bytes(), file)
    document["payload"] = signing.Envelope(envelope.payload.replace(b'"number": 1', b'"number": 2'), ()).dump()
    document["payload"] = orjson.loads(document["payload"])["payload"]
    file.write_bytes(orjson.dumps(document))


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (lambda folder: edit(folder, "[0-9]{6}", "[0-9]{5}"), "was changed after it was published"),
        (lambda folder: (folder / "more.yaml").write_text(pack(BADGE, name="more")), "is not in the release"),
        (lambda folder: (folder / "demo.yaml").unlink(), "is in the release, but it is gone"),
        (lambda folder: (folder / release.MANIFEST).unlink(), "no signed release"),
        (lambda folder: (folder / release.MANIFEST).write_text("{}"), "no release manifest"),
        (_payload, "signature does not hold"),
    ],
)
def test_what_was_tampered_with_is_refused(folder: Path, keys, tamper, words: str) -> None:
    private, public = keys
    publish(folder, private)
    tamper(folder)
    with pytest.raises(PackError, match=words):
        release.verified(folder, public)


def test_unsigned_or_signed_by_another(folder: Path, keys, tmp_path: Path) -> None:
    publish(folder)
    with pytest.raises(PackError, match="not signed"):
        release.verified(folder, keys[1])
    signing.generate(tmp_path / "other")
    assert publish(folder, signing.private_key(tmp_path / "other")).fresh, "a signature is something new"
    with pytest.raises(PackError, match="signed by key"):
        release.verified(folder, keys[1])


def test_a_signed_release_is_rolled_back_with_a_key_only(folder: Path, keys) -> None:
    publish(folder, keys[0])
    edit(folder, "[0-9]{6}", "[0-9]{6,7}")
    publish(folder, keys[0])
    with pytest.raises(PackError, match="--key FILE"):
        roll_back(folder)
    roll_back(folder, key=keys[0])
    assert release.verified(folder, keys[1])[0].number == 3


def test_a_kept_release_that_was_changed_is_not_used(folder: Path) -> None:
    publish(folder)
    edit(folder, "[0-9]{6}", "[0-9]{6,7}")
    publish(folder)
    file = folder / release.FOLDER / "0001.json"
    file.write_bytes(file.read_bytes().replace(b"[0-9]{6}", b"[0-9]{9}"))
    with pytest.raises(PackError, match="was changed"):
        roll_back(folder)


def test_keys(tmp_path: Path) -> None:
    public, identity = signing.generate(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert signing.key_id(signing.public_key(public)) == identity
    for call, path, words in (
        (signing.generate, tmp_path / "key", "never overwritten"),
        (signing.private_key, public, "no Ed25519 private key"),
        (signing.public_key, tmp_path / "key", "no Ed25519 public key"),
        (signing.public_key, tmp_path / "none", "cannot be read"),
    ):
        with pytest.raises(PackError, match=words):
            call(path)


@pytest.mark.parametrize("name", ["../x.yaml", "/etc/x.yaml", "a\\b.yaml", "x.txt"])
def test_a_manifest_names_only_packs_below_its_folder(name: str) -> None:
    payload = orjson.dumps(
        {"number": 1, "time": "", "revision": "", "files": {name: ""}, "packs": {}, "rules": {}, "note": ""}
    )
    with pytest.raises(PackError, match="no release manifest"):
        release.load_release(payload, "manifest.json")


def test_only_a_folder_is_published(folder: Path) -> None:
    with pytest.raises(PackError, match="Only a folder"):
        publish(folder / "demo.yaml")


def test_since_when_a_rule_is_experimental(folder: Path) -> None:
    edit(folder, "stable", "experimental")
    done = publish(folder)
    assert release.experiments(folder) == {"demo/badge@1": done.release.when}
