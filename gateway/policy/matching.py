"""`when`, `unless`, `upstreams` and `regions` of a policy file, read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.hosts import LOCAL, Glob, HostGlob
from gateway.policy.model import ANY, Match
from gateway.types import Direction
from gateway.yamlfile import Value, nearest

_MATCH: Final = frozenset({"route", "upstream", "region", "tenant", "client", "direction"})
_CODE: Final = re.compile(r"[A-Z]{2}")
"""ISO 3166-1, and EU."""
_GROUP: Final = re.compile(r"[A-Z][A-Z0-9-]{1,15}")


@dataclass(frozen=True, slots=True)
class Regions:
    """Groups of countries that this policy names, such as `EEA`. A group's own name counts as one of its members,
    so that a configuration may say `EEA` where it knows no more."""

    groups: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, value: Value | None) -> Regions:
        groups: dict[str, frozenset[str]] = {}
        for name, members in value.mapping("regions").items() if value is not None else ():
            if not _GROUP.fullmatch(name) or _CODE.fullmatch(name) or name == LOCAL:
                members.fail(f"{name!r} is no name for a group of countries", "Use 3 to 16 of A-Z, 0-9 and '-'.")
            for item in members.texts(name):
                if not _CODE.fullmatch(item.scalar):
                    item.fail(f"{item.scalar!r} is no country", "Use its two letters (ISO 3166), such as CN or DE.")
            groups[name] = frozenset({name, *(item.scalar for item in members.texts(name))})
        return cls(groups)

    def of(self, value: Value) -> frozenset[str]:
        items = value.texts("region")
        if not items:
            value.fail("region is empty", "List at least one region, or remove the key to match all.")
        found: set[str] = set()
        for item in items:
            name = item.scalar
            if name not in self.groups and name != LOCAL and not _CODE.fullmatch(name):
                known = nearest(name, [LOCAL, *self.groups])
                item.fail(f"unknown region {name!r}", f"{known} Or write a country's two letters, such as CN.")
            found |= self.groups.get(name, {name})
        return frozenset(found)


def match(value: Value, regions: Regions) -> Match:
    keys = value.mapping("a match", _MATCH)
    direction = keys["direction"].choice("direction", tuple(Direction)) if "direction" in keys else None
    return Match(
        route=_routes(keys["route"]) if "route" in keys else (),
        upstream=hosts(keys["upstream"], "upstream") if "upstream" in keys else (),
        tenant=_globs(keys["tenant"], "tenant") if "tenant" in keys else (),
        client=_globs(keys["client"], "client") if "client" in keys else (),
        direction=Direction(direction) if direction else None,
        region=regions.of(keys["region"]) if "region" in keys else frozenset(),
    )


def unless(value: Value, regions: Regions) -> Match:
    if value.tag == "map" and not value.entries:
        value.fail("an empty `unless` excepts every message", "Name what is excepted, or remove it.")
    return match(value, regions)


def hosts(value: Value, what: str) -> tuple[HostGlob, ...]:
    items = value.texts(what)
    if not items:
        value.fail(f"{what} is empty", "List at least one host, or remove the key to allow every host.")
    for item in items:
        if "/" in item.scalar or "@" in item.scalar or " " in item.scalar:
            item.fail(
                f"{item.scalar!r} is not a host", "Write the host alone, such as `api.example.com` or `*.internal`."
            )
    return tuple(HostGlob.compile(item.scalar) for item in items)


def _globs(value: Value, what: str) -> tuple[Glob, ...]:
    items = value.texts(what)
    if not items:
        value.fail(f"{what} is empty", "List at least one pattern, or remove the key to match all.")
    return tuple(Glob.compile(item.scalar) for item in items)


def _routes(value: Value) -> tuple[Glob, ...]:
    for item in value.texts("route"):
        if "/" not in item.scalar and item.scalar != ANY:
            item.fail(
                f"{item.scalar!r} is not a route", "Write `protocol/operation`, such as `openai/chat.completions`."
            )
    return _globs(value, "route")
