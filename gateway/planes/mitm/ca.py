"""The certificate authority of the forward mode, made once and kept in the state directory.

The supervisor asks for it too, so mitmproxy is imported only where one is made.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from gateway.errors import ConfigError

KEY_BITS: Final = 2048
BASENAME: Final = "mitmproxy"
"""Of the library's files."""


def folder(state_dir: Path) -> Path:
    return state_dir / "proxy-ca"


def certificate_authority(state_dir: Path) -> Path:
    """The CA certificate (PEM) that clients of the forward mode must trust; made now if there is none.

    Safe for several processes that start at once: the first complete folder wins. Raises `ConfigError`.
    """
    home = folder(state_dir)
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not home.exists():
            _create(home)
        _check(home)
    except OSError as error:
        raise ConfigError(f"{home} cannot be used for the proxy's certificate authority: {error.strerror}.") from None
    return home / f"{BASENAME}-ca-cert.pem"


def _create(home: Path) -> None:
    from mitmproxy.certs import CertStore

    draft = Path(tempfile.mkdtemp(prefix="proxy-ca-", dir=home.parent))  # mode 0700
    try:
        CertStore.create_store(draft, BASENAME, KEY_BITS, organization="Redline", cn="Redline local proxy CA")
        CertStore.from_store(draft, BASENAME, KEY_BITS)  # writes its parameter file too
        for file in draft.iterdir():
            file.chmod(0o600)
        draft.rename(home)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not home.exists():  # else another process was first, and its folder serves as well
            raise


def _check(home: Path) -> None:
    key = home / f"{BASENAME}-ca.pem"
    if not key.is_file():
        raise ConfigError(f"{home} holds no certificate authority; remove the folder and start again.")
    for path in (home, key):
        if path.stat().st_mode & 0o077 or path.stat().st_uid != os.getuid():
            raise ConfigError(f"{path} can be read by others; run: chmod go-rwx {path}, or remove {home}.")
    try:
        certificate = x509.load_pem_x509_certificate((home / f"{BASENAME}-ca-cert.pem").read_bytes())
    except ValueError:
        raise ConfigError(f"{home} holds no certificate; remove the folder and start again.") from None
    if certificate.not_valid_after_utc < datetime.now(UTC):
        raise ConfigError(f"The certificate authority in {home} has expired; remove the folder and start again.")
