"""Where a request of the reverse planes goes: the configured model server, by protocol."""

from __future__ import annotations

from gateway.config import Config, Url
from gateway.planes.refusals import plane_refusal
from gateway.protocols import identify
from gateway.types import RequestHead, Target

_VERSION = "/v1"


class Router:
    """(method, raw path with query) → Target. A base URL that ends in /v1 and a path that begins with it share it."""

    def __init__(self, config: Config, local: Url | None) -> None:
        """`local`: the model server that this gateway started itself, if it did."""
        self._config = config
        self._local = local

    def __call__(self, method: str, raw: str) -> Target:
        path, _, query = raw.partition("?")
        probe = Target("http", "gateway.invalid", 80, path, query)
        base = self._config.upstream_for(identify(RequestHead(method, probe, ())).protocol) or self._local
        if base is None:
            raise plane_refusal("upstream_unreachable")
        prefix = _shared(base.path, path)
        return Target(base.scheme, base.host, base.port, prefix + path, query, prefix)


def _shared(base: str, path: str) -> str:
    """What stands before the client's path: the base URL's, without a /v1 that the path brings itself."""
    if base.endswith(_VERSION) and (path == _VERSION or path.startswith(_VERSION + "/")):
        return base.removesuffix(_VERSION)
    return base
