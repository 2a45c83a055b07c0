"""Master keys: private files, rotation that keeps identities, errors that name the mend and no key."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.stores.keys import ENVIRONMENT, FILE_NAME, KeyRing, key_id

KEY = bytes(range(32))
OTHER = bytes(range(32, 64))


def _b64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = KeyRing.resolve(state, {})
    assert KeyRing.resolve(state, {}).ids == first.ids
    file = state / FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in state.iterdir()] == [FILE_NAME]


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    rings: list[KeyRing] = []
    threads = [threading.Thread(target=lambda: rings.append(KeyRing.open(tmp_path / "k"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rings) == 8
    assert len({ring.ids for ring in rings}) == 1


def test_the_environment_comes_first(tmp_path: Path) -> None:
    ring = KeyRing.resolve(tmp_path, {ENVIRONMENT: f"{_b64(KEY)}, {key_id(OTHER)} {_b64(OTHER)}"})
    assert ring.ids == (key_id(KEY), key_id(OTHER))
    assert ring.active == key_id(OTHER)
    assert not list(tmp_path.iterdir())


def test_url_safe_base64_is_read_too() -> None:
    key = b"\xfb\xff" * 16
    assert KeyRing.from_env(base64.urlsafe_b64encode(key).decode()).ids == (key_id(key),)


def test_rotation_wraps_with_the_new_key_and_keeps_identities(tmp_path: Path) -> None:
    old = KeyRing.create(tmp_path / "k")
    new = KeyRing.rotate(tmp_path / "k")
    assert new.ids[0] == old.active
    assert new.active != old.active
    assert new.identity("token") == old.identity("token")
    assert new.wrapping(old.active) == old.wrapping(old.active)
    assert old.wrapping(new.active) is None
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600


def test_purposes_are_separated() -> None:
    ring = KeyRing([KEY])
    derived = {ring.identity("token"), ring.identity("subject"), ring.wrapping(ring.active), KEY}
    assert len(derived) == 4


def test_two_rings_share_nothing() -> None:
    assert KeyRing.generate().identity("token") != KeyRing.generate().identity("token")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622])
def test_a_loosely_kept_file_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "k"
    KeyRing.create(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        KeyRing.load(path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no key in it"),
        ("# only a comment\n", "no key in it"),
        ("not base64 at all\n", "k:1: not a key"),
        (f"{_b64(KEY[:31])}\n", "k:1: not a key"),
        (f"# head\n{_b64(KEY)}\n{key_id(KEY)} {_b64(OTHER)}\n", "k:3: the key does not match its id"),
    ],
)
def test_a_damaged_file_is_told_by_line_and_without_the_key(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "k"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=complaint) as error:
        KeyRing.load(path)
    assert _b64(OTHER) not in str(error.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no master key file"):
        KeyRing.load(tmp_path / "k")
    with pytest.raises(ConfigError, match=r"not a regular file|cannot be read"):
        KeyRing.load(tmp_path)


def test_create_does_not_overwrite(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "k")
    with pytest.raises(FileExistsError):
        KeyRing.create(tmp_path / "k")
    assert KeyRing.load(tmp_path / "k").ids == ring.ids


@pytest.mark.parametrize("keys", [[], [b"short"]])
def test_unusable_keys(keys: list[bytes]) -> None:
    with pytest.raises(ConfigError):
        KeyRing(keys)


def test_repr_shows_ids_only() -> None:
    assert repr(KeyRing([KEY])) == f"KeyRing({key_id(KEY)})"


def test_an_unwritable_state_directory_is_told_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(ConfigError, match=f"cannot be written.*{ENVIRONMENT}"):
        KeyRing.create(tmp_path / "state" / "deep" / "k")
