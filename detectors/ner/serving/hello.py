"""Who a shared NER server says it is, asked once and blocking: at start, before there is an event loop."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from detectors.ner.serving.front import Model
from detectors.types import DetectorError

if TYPE_CHECKING:
    from detectors.ner.serving.endpoint import Address

PAUSE: Final = 0.2
LARGEST: Final = 1 << 20


def tls_context(ca: Path | None) -> ssl.SSLContext:
    """Raises ValueError, one sentence."""
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except (OSError, ssl.SSLError):
        raise ValueError(f"{ca}: not a PEM file of certificates") from None


def ask_model(addresses: Sequence[Address], token: str, context: ssl.SSLContext | None, seconds: float) -> Model:
    """The first answer of any of them, within so many seconds. Raises ValueError, one sentence with the mend."""
    until = time.monotonic() + seconds
    problem = ""
    while True:
        for address in addresses:
            try:
                return _asked(address, token, context, max(0.5, until - time.monotonic()))
            except _Said as said:
                raise ValueError(f"{address}: {said}") from None
            except ssl.SSLCertVerificationError as error:
                raise ValueError(f"{address}: {_unverified(error.verify_code)}") from None
            except (OSError, http.client.HTTPException):
                problem = f"{address}: no NER server answers there; start it, or correct the address"
        if time.monotonic() + PAUSE > until:
            raise ValueError(problem)
        time.sleep(PAUSE)


def _unverified(code: int) -> str:
    """What is wrong with a certificate, by OpenSSL's number."""
    match code:
        case 9 | 10:
            return "its certificate has expired, or is not valid yet; renew it, and check both clocks"
        case 62 | 64:
            return "its certificate is for another name; use the name that it is for in ner_server"
    return "its certificate cannot be verified; name its CA in ner_server_ca"


class _Said(Exception):
    """The server answered, and cannot be used."""


class _Unix(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("ner", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _asked(address: Address, token: str, context: ssl.SSLContext | None, timeout: float) -> Model:
    parts = urlsplit(address.url)
    connection: http.client.HTTPConnection
    if address.socket is not None:
        connection = _Unix(address.socket, timeout)
    elif parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        connection.request("GET", f"{parts.path}/v1/model", headers=headers)
        answer = connection.getresponse()
        body = answer.read(LARGEST)
    finally:
        connection.close()
    if answer.status == 401:
        raise _Said("it does not know our token; set ner_server_token to what its --token-file holds")
    try:
        return Model.of(json.loads(body) if answer.status == 200 else {})
    except (ValueError, AttributeError, DetectorError):
        raise _Said("it does not answer like a NER server; correct the address") from None
