"""Ed25519 signatures over a release, in the DSSE envelope (in-toto's 'Dead Simple Signing Envelope', version 1).

An envelope is one file, so that what is signed and its signature change together.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from detectors.files.problems import PackError

PAYLOAD_TYPE: Final = "application/vnd.redline.packs.v1+json"


@dataclass(frozen=True, slots=True)
class Envelope:
    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]
    """(key id, signature)"""

    def dump(self) -> bytes:
        document = {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(self.payload).decode(),
            "signatures": [{"keyid": key, "sig": base64.b64encode(sig).decode()} for key, sig in self.signatures],
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def parse(data: bytes, file: Path | str) -> Envelope:
    try:
        document = orjson.loads(data)
        kind = document["payloadType"]
        payload = base64.b64decode(document["payload"], validate=True)
        signed = tuple((str(s["keyid"]), base64.b64decode(s["sig"], validate=True)) for s in document["signatures"])
    except (ValueError, KeyError, TypeError, binascii.Error):
        kind, payload, signed = "", b"", ()
    if kind != PAYLOAD_TYPE:
        raise PackError.one(file, 0, "This is no release manifest. Run `redline rules publish` again.")
    return Envelope(payload, signed)


def _signed_bytes(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: no payload can be taken for one of another type."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, key: Ed25519PrivateKey | None) -> Envelope:
    """Without a key: an envelope without signature, good for gateways that ask for none."""
    if key is None:
        return Envelope(payload, ())
    return Envelope(payload, ((key_id(key.public_key()), key.sign(_signed_bytes(payload))),))


def verify(envelope: Envelope, key: Ed25519PublicKey, file: Path | str) -> bytes:
    """The payload, if this key has signed it. Raises `PackError`."""
    if not envelope.signatures:
        mend = "Publish with `redline rules publish --key FILE`."
        raise PackError.one(file, 0, f"The release is not signed, and this gateway asks for a signature. {mend}")
    wanted = key_id(key)
    for name, signature in envelope.signatures:
        if name != wanted:
            continue
        try:
            key.verify(signature, _signed_bytes(envelope.payload))
        except InvalidSignature:
            raise PackError.one(
                file, 0, "The signature does not hold: the manifest was changed. Publish again."
            ) from None
        return envelope.payload
    names = ", ".join(name for name, _ in envelope.signatures)
    raise PackError.one(file, 0, f"The release is signed by key {names}; this gateway trusts {wanted}. Check the keys.")


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def generate(path: Path) -> tuple[Path, str]:
    """Write a private key (readable by its owner only) and `PATH.pub`; returns the latter and the key id."""
    key = Ed25519PrivateKey.generate()
    public = path.with_name(path.name + ".pub")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    except FileExistsError:
        raise PackError.one(
            path, 0, "The file exists already; a key is never overwritten. Choose another name."
        ) from None
    except OSError as error:
        raise PackError.one(path, 0, f"The key cannot be written ({error.strerror}). Check the folder.") from None
    return public, key_id(key.public_key())


def private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(_read(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise PackError.one(path, 0, "This is no Ed25519 private key (PEM). Make one with `redline rules keygen`.")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        mend = "Name the .pub file that `redline rules keygen` wrote."
        raise PackError.one(path, 0, f"This is no Ed25519 public key (PEM). {mend}")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackError.one(path, 0, f"The key cannot be read ({error.strerror}). Check its path and rights.") from None
