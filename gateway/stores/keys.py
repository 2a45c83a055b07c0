"""Master keys: where they come from, their rotation, and the purpose-separated keys made of them.

A key ring is a list, oldest first, that only grows:
- the **newest** key wraps the data keys of the vault (`wrapping`); older ones still open what they wrapped;
- the **oldest** key is the root of identity (`identity`): it names scopes, tokens, subjects and hashes. These must not
  change at a rotation, or running conversations would lose their tokens. To give identity up too, start a new ring.

The file (mode 0600) holds one key a line: `<key id> <base64 of 32 bytes>`. The id is a fingerprint of the key, so a
damaged line is noticed. The environment variable holds the same keys, separated by commas, ids optional.
Rule for the next editor: no key, and no piece of the file, ever gets into a message.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import ConfigError

ENVIRONMENT: Final = "REDLINE_MASTER_KEYS"
FILE_NAME: Final = "master.keys"
KEY_BYTES: Final = 32
MAX_BYTES: Final = 1 << 20
"""Of the file."""

_HEADER: Final = (
    "# Redline master keys, oldest first; the last one wraps new data keys. Keep this file secret and backed up:\n"
    "# without it no token can be restored. Never remove or reorder a line.\n"
)


class KeyRing:
    """Immutable; `repr` shows key ids only."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys`: 32 bytes each, oldest first."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ConfigError(f"A master key must have {KEY_BYTES} bytes, and at least one is needed.")
        self._keys = {key_id(key): key for key in keys}
        self.active: str = key_id(keys[-1])
        """Id of the key that wraps from now on."""
        self._root = keys[0]
        self._derived: dict[tuple[str, str], bytes] = {}

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def identity(self, purpose: str) -> bytes:
        """32 bytes for keyed hashes of `purpose`; the same through every rotation."""
        return self._derive(self._root, "identity", purpose)

    def wrapping(self, kid: str) -> bytes | None:
        """32 bytes that wrap data keys; None for a key id that this ring does not hold."""
        key = self._keys.get(kid)
        return None if key is None else self._derive(key, "wrapping", kid)

    def _derive(self, key: bytes, use: str, purpose: str) -> bytes:
        if (use, purpose) not in self._derived:
            info = f"redline/v1/{use}/{purpose}".encode()
            self._derived[use, purpose] = HKDF(SHA256(), KEY_BYTES, None, info).derive(key)
        return self._derived[use, purpose]

    @classmethod
    def generate(cls) -> Self:
        """A ring of one random key that is kept nowhere: for tests and offline use."""
        return cls([secrets.token_bytes(KEY_BYTES)])

    @classmethod
    def resolve(cls, state_dir: Path, environ: Mapping[str, str] = os.environ) -> Self:
        """From the environment if it has the keys, else from the state directory, where they are made at first."""
        if value := environ.get(ENVIRONMENT):
            return cls.from_env(value)
        return cls.open(state_dir / FILE_NAME)

    @classmethod
    def from_env(cls, value: str) -> Self:
        entries = [entry.split() for entry in value.split(",") if entry.strip()]
        return cls([_parse(entry, f"{ENVIRONMENT}, key {number}") for number, entry in enumerate(entries, 1)])

    @classmethod
    def open(cls, path: Path) -> Self:
        """Load the file, or make it. Processes that start together get the same keys."""
        if not path.exists():
            with contextlib.suppress(FileExistsError):
                return cls.create(path)
        return cls.load(path)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new file with one key; `FileExistsError` if there is one already."""
        key = secrets.token_bytes(KEY_BYTES)
        _publish(path, _HEADER + _line(key), replace=False)
        return cls([key])

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises `ConfigError` for a missing, damaged, or loosely kept file."""
        lines = _read_private(path).splitlines()
        rows = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
        if not rows:
            raise ConfigError(f"{path}: no key in it; restore it from a backup, or remove it to start a new ring.")
        return cls([_parse(row, f"{path}:{number}") for number, row in rows])

    @classmethod
    def rotate(cls, path: Path) -> Self:
        """Append a new key, which wraps from now on. Running processes take it up at their next start."""
        text = _read_private(path)
        cls.load(path)
        _publish(path, text.rstrip("\n") + "\n" + _line(secrets.token_bytes(KEY_BYTES)), replace=True)
        return cls.load(path)


def key_id(key: bytes) -> str:
    """Eight hex digits; tells nothing about the key."""
    return hashlib.sha256(b"redline/v1/key-id/" + key).hexdigest()[:8]


def _line(key: bytes) -> str:
    return f"{key_id(key)} {base64.b64encode(key).decode()}\n"


def _parse(words: Sequence[str], where: str) -> bytes:
    try:
        key = base64.b64decode(words[-1], altchars=b"-_" if {"-", "_"} & set(words[-1]) else None, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES or len(words) > 2:
        raise ConfigError(
            f"{where}: not a key; expected base64 of {KEY_BYTES} bytes, such as `openssl rand -base64 32` prints."
        )
    if len(words) == 2 and words[0] != key_id(key):
        raise ConfigError(f"{where}: the key does not match its id, so the line is damaged; restore it from a backup.")
    return key


def _read_private(path: Path) -> str:
    """The text of a file that nobody else can read; follows links, as mounted secrets are links."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no master key file; restore it, or start without it to make a new one.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); make it readable for its owner.") from None
    try:
        _check_private(path, os.fstat(descriptor))
        return os.read(descriptor, MAX_BYTES).decode("ascii", "replace")
    finally:
        os.close(descriptor)


def _check_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{path}: not a regular file; the master keys must be in a file of mode 0600.")
    if status.st_uid not in (os.geteuid(), 0):
        raise ConfigError(f"{path}: belongs to another user; run `chown {os.geteuid()} {path}`.")
    if status.st_mode & 0o077:
        raise ConfigError(f"{path}: others can read the master keys; run `chmod 600 {path}`.")


def _publish(path: Path, text: str, *, replace: bool) -> None:
    """Write a new file of mode 0600 whole, or not at all. `FileExistsError` without `replace`, if there is one."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_whole(path, text, replace=replace)
    except FileExistsError:
        raise
    except OSError as error:
        raise ConfigError(
            f"{path}: the master keys cannot be written ({error.strerror}); make {path.parent} a writable folder, "
            f"choose another state directory, or set {ENVIRONMENT}."
        ) from None


def _write_whole(path: Path, text: str, *, replace: bool) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            fresh.replace(path)
        else:
            os.link(fresh, path)  # unlike a rename, it never replaces what another process has just put there
    finally:
        fresh.unlink(missing_ok=True)
