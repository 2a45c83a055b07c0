"""Addresses of networks and mailboxes."""

from __future__ import annotations

import ipaddress
from typing import Final

_FILES: Final = frozenset(
    (
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "ico",
        "bmp",
        "css",
        "js",
        "ts",
        "tsx",
        "jsx",
        "map",
        "json",
        "yaml",
        "yml",
        "xml",
        "html",
        "htm",
        "md",
        "txt",
        "log",
        "py",
        "rb",
        "go",
        "rs",
        "java",
        "class",
        "jar",
        "exe",
        "dll",
        "zip",
        "gz",
        "tar",
        "mp3",
        "mp4",
        "pdf",
        "csv",
        "lock",
        "local",
        "localhost",
        "invalid",
    )
)
"""Last labels that are no domain: `logo@2x.png`."""
_NOT_PEOPLE: Final = frozenset(("git@github.com", "git@gitlab.com", "git@bitbucket.org", "git@gitee.com"))


_DOMAINS = frozenset(
    [
        "com",
        "cn",
        "net",
        "org",
        "edu",
        "gov",
        "io",
        "info",
        "biz",
        "me",
        "co",
        "uk",
        "us",
        "eu",
        "de",
        "fr",
        "jp",
        "kr",
        "hk",
        "tw",
        "sg",
        "au",
        "ca",
        "in",
        "ru",
        "br",
    ]
)
"""Before a file's suffix these make a file that is named after an address: `wang@example.com.txt`."""


def email(value: str) -> bool:
    """Its last label is a domain and not a file name such as `logo@2x.png`; it is nobody's Git remote."""
    local, _, domain = value.rpartition("@")
    if ".." in value or local.startswith(".") or local.endswith("."):
        return False
    labels = domain.lower().split(".")
    if (labels[-1] in _FILES and labels[-2] not in _DOMAINS) or any(
        label.startswith("-") or label.endswith("-") for label in labels
    ):
        return False
    return value.lower() not in _NOT_PEOPLE


def ipv4(value: str) -> bool:
    """A host's address: not loopback, link-local, unspecified, multicast, broadcast, a mask, a network or reserved."""
    octets = value.split(".")
    first = int(octets[0])
    if first in (0, 127) or first >= 224:
        return False
    return octets[1:] != ["0", "0", "0"] and (first != 169 or octets[1] != "254")


def ipv6(value: str) -> bool:
    """A host's address. `::1`, `::`, and short forms that are more likely code (`a::b`) do not count."""
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return False
    return value.count(":") >= 3 or (any(char.isdecimal() for char in value) and len(value) >= 8)


def mac(value: str) -> bool:
    """Not the broadcast or the null address, and of one separator."""
    text = value.lower()
    return (
        text[:2] * 6 != "".join(char for char in text if char.isalnum())
        and len({c for c in text if not c.isalnum()}) == 1
    )
