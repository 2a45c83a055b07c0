"""All that leans on mitmproxy's private API, and the checks that it still is what this plane was written for.

Rule for the next editor: a new mitmproxy version is a review of `layers/http`, `server.py`, `tls.py`, then
the conformance suite, and only then a new `VERSION`.
"""

from __future__ import annotations

import importlib.util
import inspect
import logging
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import mitmproxy
from mitmproxy import ctx, options, version
from mitmproxy.proxy import layer, server
from mitmproxy.proxy.layers import http as http_layers
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.tls import TlsData

from gateway.errors import ConfigError
from gateway.planes.mitm import ca
from gateway.planes.settings import PlaneSettings


def _open_package(name: str) -> None:
    """Let modules of a package be imported without the package's own `__init__`.

    That of the addons imports all fifty of them, and with them flask and ldap3: a third of a second and 20 MB in
    every worker, and code that a gate had better not hold.
    """
    spec = importlib.util.find_spec(name)
    if name not in sys.modules and spec is not None:
        sys.modules[name] = importlib.util.module_from_spec(spec)
        setattr(mitmproxy, name.rpartition(".")[2], sys.modules[name])


_open_package("mitmproxy.addons")
with warnings.catch_warnings():  # its flow filters, which nothing here uses, lean on names that pyparsing retires
    warnings.simplefilter("ignore")
    from mitmproxy.addons import proxyserver, tlsconfig
    from mitmproxy.master import Master

VERSION: Final = "12.2.3"
NEVER: Final = 86_400 * 365

OPTIONS: Final[Mapping[str, Any]] = {
    "http2": False,
    "http3": False,
    "rawtcp": False,
    "websocket": False,
    "connection_strategy": "lazy",
    "upstream_cert": False,
    "add_upstream_certs_to_client_chain": False,
    "ssl_insecure": False,
    "validate_inbound_headers": True,
    "keep_host_header": False,
    "store_streamed_bodies": False,
    "stream_large_bodies": None,
    "body_size_limit": None,  # the gate limits bodies, and says so in the client's protocol
    "ignore_hosts": [],
    "allow_hosts": [],
    "tcp_hosts": [],
    "udp_hosts": [],
    "client_certs": None,
    "tls_version_client_min": "TLS1_2",
    "tls_version_server_min": "TLS1_2",
    "tcp_timeout": NEVER,  # kills requests whose upstream thinks for long; this plane has its own clocks
    "proxy_debug": False,
}
REFUSED_OPTIONS: Final = ("emudhra", "emudhra_old")
"""12.3.x signs certificates with a compromised public CA where these are on; a build that has them is not ours."""

_SIGNATURES: Final = (
    (http_layers.HttpLayer.get_connection, ("self", "event", "reuse")),
    (http_layers.HttpLayer.make_stream, ("self", "stream_id")),
    (http_layers.HttpLayer.event_to_child, ("self", "child", "event")),
    (http_layers.HttpStream.passthrough, ("self", "event")),
    (http_layers.HttpStream.__init__, ("self", "context", "stream_id")),
    (_http1.Http1Connection.read_body, ("self", "event")),
    (_http1.Http1Connection.mark_done, ("self", "request", "response")),
    (_http1.Http1Server.send, ("self", "event")),
    (server.ConnectionHandler.hook_task, ("self", "hook")),
    (server.ConnectionHandler.server_event, ("self", "event")),
    (server.ConnectionHandler.drain_writers, ("self",)),
    (server.ConnectionHandler.log, ("self", "message", "level", "exc_info")),
    (layer.Layer.handle_event, ("self", "event")),
)


def check_library() -> None:
    """Raise `ConfigError` unless this is the mitmproxy that the plane was written and tested for."""
    if version.VERSION != VERSION:
        raise ConfigError(f"The mitm plane needs mitmproxy {VERSION} exactly; {version.VERSION} is installed.")
    if options.CONF_BASENAME != ca.BASENAME:
        raise ConfigError(f"mitmproxy {version.VERSION} was altered (CONF_BASENAME); reinstall it.")
    for function, names in _SIGNATURES:
        if tuple(inspect.signature(function).parameters) != names:
            raise ConfigError(f"mitmproxy {version.VERSION} was altered ({function.__qualname__}); reinstall it.")


class Runtime:
    """Options and TLS of one server. mitmproxy reads its options from a module global, so they are put there
    around each call; nothing of ours runs under other options."""

    def __init__(self, settings: PlaneSettings, state_dir: Path) -> None:
        check_library()
        ca.certificate_authority(state_dir)
        logging.getLogger("mitmproxy").setLevel(logging.CRITICAL + 1)  # its messages quote heads and bodies
        self.options = options.Options()
        self._master = Master(self.options, with_termlog=False)
        self._master._legacy_log_events.uninstall()  # a root log handler
        self._tls = tlsconfig.TlsConfig()
        self._master.addons.add(proxyserver.Proxyserver(), self._tls)  # type: ignore[no-untyped-call]  # their options
        wanted = {
            **OPTIONS,
            "confdir": str(ca.folder(state_dir)),
            "ssl_verify_upstream_trusted_ca": str(settings.ca_bundle),
            "server": False,
        }
        self.options.update(**wanted)  # type: ignore[no-untyped-call]
        for name, value in wanted.items():
            if getattr(self.options, name) != value:
                raise ConfigError(f"mitmproxy did not accept its option {name}; reinstall mitmproxy {VERSION}.")
        if any(name in self.options for name in REFUSED_OPTIONS):
            raise ConfigError("This mitmproxy can sign with a compromised public CA; install the pinned version.")
        self._use()
        try:
            self._tls.configure({"confdir"})  # type: ignore[no-untyped-call]
        except ValueError:
            home = ca.folder(state_dir)
            raise ConfigError(f"The key in {home} cannot be used; remove the folder and start again.") from None

    def _use(self) -> None:
        ctx.master = self._master
        ctx.options = self.options

    def start_client_tls(self, data: TlsData) -> None:
        self._use()
        self._tls.tls_start_client(data)

    def start_server_tls(self, data: TlsData) -> None:
        self._use()
        self._tls.tls_start_server(data)
