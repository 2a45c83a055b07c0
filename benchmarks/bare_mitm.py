"""mitmproxy as a library with the fewest addons that make it a reverse proxy, and nothing of ours: the yardstick.

`python -m benchmarks.bare_mitm PORT UPSTREAM_PORT`
"""

from __future__ import annotations

import contextlib
import logging
import sys
import types

import uvloop
from mitmproxy import http, options
from mitmproxy.addons import core, errorcheck, next_layer, proxyserver, tlsconfig
from mitmproxy.master import Master
from mitmproxy.utils import asyncio_utils


class Flowing:
    """Stock mitmproxy holds an answer until it is whole; this lets event streams flow, as Redline does."""

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if flow.response is not None and "event-stream" in flow.response.headers.get("content-type", ""):
            flow.response.stream = True


async def serve(port: int, upstream: int) -> None:
    chosen = options.Options(
        mode=[f"reverse:http://127.0.0.1:{upstream}"], listen_host="127.0.0.1", listen_port=port, http2=False
    )
    master = Master(chosen, with_termlog=False)
    master.addons.add(
        core.Core(),
        proxyserver.Proxyserver(),
        next_layer.NextLayer(),
        tlsconfig.TlsConfig(),
        errorcheck.ErrorCheck(),
        Flowing(),
    )
    master._legacy_log_events.uninstall()  # type: ignore[no-untyped-call]
    master._legacy_log_events = types.SimpleNamespace(uninstall=lambda: None)  # type: ignore[assignment]
    logging.getLogger().setLevel(logging.WARNING)
    chosen.update(connection_strategy="lazy")  # type: ignore[no-untyped-call]
    asyncio_utils.set_eager_task_factory = contextlib.nullcontext  # type: ignore[assignment]  # uvloop cannot have one
    await master.run()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
