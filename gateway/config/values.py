"""How one setting is read from text: file, environment and flag all say it the same way.

A parser takes text and returns a value, or raises `BadValue(problem, mend)`; it never quotes a secret.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from gateway.hosts import LOCAL, HostGlob, HostRegion
from gateway.yamlfile import nearest

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SIZES: Final = {"": 1, "b": 1, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
_REGION: Final = re.compile(r"[A-Z][A-Z0-9-]{1,15}")
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


class BadValue(Exception):
    """Not an error for people until somebody adds where the value stood."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost")


def is_private(host: str) -> bool:
    """Loopback, a private address, or a name that only a local network resolves."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith((".local", ".internal", ".localhost", ".lan", ".svc", ".test"))


@dataclass(frozen=True, slots=True)
class Url:
    """An upstream's base address, such as `https://api.example.com` or `http://127.0.0.1:8000/v1`."""

    scheme: str
    host: str
    port: int
    path: str = ""
    """Without a final slash."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == {"http": 80, "https": 443}[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def text(raw: str) -> str:
    if not raw.strip():
        raise BadValue("is empty", "Give it a value.")
    return raw.strip()


def address(raw: str) -> Address:
    host, colon, port = raw.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdecimal() or int(port) > 65535 or not host or re.search(r"[\s/@*]", host):
        raise BadValue(f"{raw!r} is not HOST:PORT", "Write it like 127.0.0.1:8080 or [::1]:8080.")
    return Address(host, int(port))


def url(raw: str) -> Url:
    mend = "Write it like https://api.example.com or http://127.0.0.1:8000/v1."
    try:
        parts = urlsplit(raw.strip())
        port = parts.port
    except ValueError:
        raise BadValue("is not a URL", mend) from None
    if parts.username is not None or parts.password is not None:
        raise BadValue("holds a user name or password", "Leave it out; clients send their own key.")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadValue("is not an http or https URL", mend)
    if parts.query or parts.fragment:
        raise BadValue("holds a query or fragment", mend)
    return Url(parts.scheme, parts.hostname, port or {"http": 80, "https": 443}[parts.scheme], parts.path.rstrip("/"))


def redis_url(raw: str) -> str:
    scheme = raw.strip().partition("://")[0]
    if scheme not in {"redis", "rediss", "unix"} or "://" not in raw:
        raise BadValue("is not a Redis URL", "Write it like redis://127.0.0.1:6379/0, rediss://… or unix:///path.")
    return raw.strip()


def flag(raw: str) -> bool:
    word = raw.strip().lower()
    if word not in _TRUE | _FALSE:
        raise BadValue(f"{raw!r} is neither true nor false", "Write true or false.")
    return word in _TRUE


def path(raw: str) -> Path:
    return Path(text(raw)).expanduser()


def duration(raw: str) -> float:
    """Seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|[smhdw]?)", raw.strip().lower())
    if not found:
        raise BadValue(f"{raw!r} is not a duration", "Write a number of seconds, or one with ms, s, m, h, d or w.")
    seconds = float(found[1]) * _UNITS[found[2] or "s"]
    if not 0 < seconds <= 10 * 365 * 86400:
        raise BadValue(f"{raw!r} is out of range", "Use more than 0 and at most ten years.")
    return seconds


def size(raw: str) -> int:
    """Bytes."""
    found = re.fullmatch(r"(\d+)\s*([kmg]ib|b?)", raw.strip().lower())
    if not found:
        raise BadValue(f"{raw!r} is not a size", "Write a number of bytes, or one with KiB, MiB or GiB.")
    return int(found[1]) * _SIZES[found[2]]


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not re.fullmatch(r"-?\d{1,12}", raw.strip()) or not low <= int(raw) <= high:
            raise BadValue(f"{raw!r} is not a whole number from {low} to {high}", "Choose one in that range.")
        return int(raw)

    return parse


@dataclass(frozen=True, slots=True)
class OneOf:
    """A parser of one of a few words."""

    words: tuple[str, ...]

    def __call__(self, raw: str) -> str:
        word = raw.strip().lower()
        if word not in self.words:
            raise BadValue(f"{raw!r} is not one of its values", nearest(word, self.words))
        return word


def device(raw: str) -> str:
    word = raw.strip().lower()
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,2})?", word):
        raise BadValue(f"{raw!r} is not a device", "Use auto, cpu, cuda, cuda:N or mps.")
    return word


def ner_model(raw: str) -> str:
    """A word, a name, or a folder, which is made absolute: processes of ours need not share a working directory."""
    folder = path(raw)
    return str(folder.absolute()) if folder.is_dir() or raw.strip().startswith(("/", ".", "~")) else text(raw)


def labels(raw: str) -> tuple[str, ...]:
    """`LABEL=TYPE` words; the type may be empty."""
    found = words(raw)
    for word in found:
        label, equals, entity = word.rpartition("=")
        if not label or not equals or not re.fullmatch(r"([A-Z][A-Z0-9_]*)?", entity):
            raise BadValue(f"{word!r} is not LABEL=TYPE", "Write such as PER=PERSON, or MISC= to pass over a label.")
    return found


def sha256(raw: str) -> str:
    digest = raw.strip().lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise BadValue("not a SHA-256", "Write its 64 hexadecimal digits.")
    return digest


def words(raw: str) -> tuple[str, ...]:
    """Several values in one text, separated by commas."""
    return tuple(word.strip() for word in raw.split(",") if word.strip())


def paths(raw: str) -> tuple[Path, ...]:
    return tuple(path(word) for word in words(raw))


def regions(raw: str) -> tuple[HostRegion, ...]:
    """`HOST=REGION`, several separated by commas; the first that fits an upstream counts."""
    return tuple(_region(word) for word in words(raw))


def _region(word: str) -> HostRegion:
    host, equals, region = word.rpartition("=")
    host, region = host.strip(), region.strip().upper()
    if not equals or not host or re.search(r"[/@\s=]", host) or not _REGION.fullmatch(region):
        mend = f"Write HOST=REGION, such as api.example.com=CN; a country's two letters, EEA or the like, or {LOCAL}."
        raise BadValue(f"{word!r} does not say where a host is", mend)
    return HostRegion(f"{host}={region}", HostGlob.compile(host), region)


def ner_servers(raw: str) -> tuple[str, ...]:
    """Addresses of shared NER servers, as `detectors.ner.serving.endpoint.Address` reads them."""
    from detectors.ner.serving.endpoint import Address

    for word in words(raw):
        try:
            Address.parse(word)
        except ValueError as error:
            problem, _, mend = str(error).partition("; ")
            raise BadValue(problem, f"{mend[:1].upper()}{mend[1:]}.") from None
    return words(raw)


MANY: Final = (words, paths, labels, regions, ner_servers)
"""Parsers of several values."""
