"""Where planted values must not be found: logs, metrics, dashboard, Redis, state and temporary folders."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from .gateway import Gateway
from .search import found_in
from .valkey import Valkey
from .values import PLANTED, Planted

PAGES = ("/", "/metrics", "/healthz", "/readyz", "/api/records?limit=500", "/api/counters", "/api/top/entity", "/api/x")
"""Read from the dashboard's listener; one that does not exist answers an error, which is searched too."""


def places(gateway: Gateway, valkey: Valkey | None = None, planted: Sequence[Planted] = PLANTED) -> list[str]:
    """Names of the places that hold a planted value, as `place: entity type` (never the value itself)."""
    sources = [*_outputs(gateway), *_pages(gateway), *_folders(gateway)]
    if valkey is not None:
        sources.append(("redis", valkey.dump()))
    return _hits(sources, planted)


def files(gateway: Gateway, planted: Sequence[Planted] = PLANTED) -> list[str]:
    """The same for what is left when the gateway has ended."""
    return _hits([*_outputs(gateway), *_folders(gateway)], planted)


def _hits(sources: Sequence[tuple[str, bytes]], planted: Sequence[Planted]) -> list[str]:
    return [f"{name}: {one.entity_type}" for name, data in sources for one in planted if found_in(one.value, data)]


def _outputs(gateway: Gateway) -> Iterator[tuple[str, bytes]]:
    yield "stdout", gateway.stdout.encode()
    yield "stderr", gateway.stderr.encode()


def _pages(gateway: Gateway) -> Iterator[tuple[str, bytes]]:
    for page in PAGES:
        with closing(http.client.HTTPConnection("127.0.0.1", gateway.dashboard_port, timeout=10)) as connection:
            connection.request("GET", page)
            answer = connection.getresponse()
            yield f"dashboard {page}", repr(answer.getheaders()).encode() + answer.read()


def _folders(gateway: Gateway) -> Iterator[tuple[str, bytes]]:
    for path in sorted(gateway.root.rglob("*")):
        if _regular(path):
            name = str(path.relative_to(gateway.root))
            yield f"file {name}", name.encode() + path.read_bytes()


def _regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
