"""Patterns over hosts and plain texts, for policies and allow lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

LOCAL: Final = "LOCAL"
"""The region of what this gateway runs on its own machine."""


@dataclass(frozen=True, slots=True)
class Glob:
    """`*` stands for any run of characters, `?` for one; everything else for itself, whatever its case."""

    source: str
    pattern: re.Pattern[str] = field(repr=False, compare=False)

    @classmethod
    def compile(cls, source: str) -> Glob:
        body = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in source)
        return cls(source, re.compile(body, re.IGNORECASE | re.DOTALL))

    def matches(self, text: str) -> bool:
        return self.pattern.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class HostGlob:
    """A host, or `host:port`; without a port it matches every port. `*.example.com` is not `example.com`."""

    host: Glob
    port: str

    @classmethod
    def compile(cls, source: str) -> HostGlob:
        host, port = split_host(source)
        return cls(Glob.compile(host), port)

    def matches(self, upstream: str) -> bool:
        host, port = split_host(upstream)
        return self.port in {"", "*", port} and self.host.matches(host)


@dataclass(frozen=True, slots=True)
class HostRegion:
    """Where the hosts of a pattern are: a country's two letters, a group of countries, or LOCAL."""

    source: str
    """As it was written, `HOST=REGION`."""
    host: HostGlob
    region: str

    def __str__(self) -> str:
        return self.source


def region_of(upstream: str, regions: Sequence[HostRegion]) -> str:
    """The first that fits says it; empty: nobody does."""
    return next((one.region for one in regions if one.host.matches(upstream)), "")


def split_host(text: str) -> tuple[str, str]:
    """`host:port`, `[v6]:port`, `host` or a bare v6 address → (host without brackets and final dot, port or "")."""
    head, colon, port = text.rpartition(":")
    if (
        not colon
        or (":" in head and not head.endswith("]"))
        or not (port.isascii() and (port.isdigit() or port == "*"))
    ):
        head, port = text, ""
    return head.removeprefix("[").removesuffix("]").rstrip(".").lower(), port
