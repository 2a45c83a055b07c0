"""Ports, looked at before anything starts: SO_REUSEPORT would let two gateways share one without a word."""

from __future__ import annotations

import errno
import socket

from gateway.config import Address, Config
from gateway.errors import ConfigError


def check_free(config: Config) -> None:
    """Raise ConfigError for an address that cannot be listened on."""
    wanted = {"listen": config.listen, "proxy_listen": config.proxy_listen, "dashboard_listen": config.dashboard_listen}
    for name, address in wanted.items():
        if address is not None and address.port:
            _check(name, address)


def _check(name: str, address: Address) -> None:
    flag = f"--{name.replace('_', '-')}"
    try:
        family, kind, _, _, where = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"{flag}: {address} is in use. Stop what listens there, or choose another port."
            ) from None
        if error.errno in {errno.EACCES, errno.EPERM}:
            raise ConfigError(f"{flag}: {address} needs privileges. Choose a port above 1023.") from None
        raise ConfigError(f"{flag}: {address} cannot be listened on. Name an address of this machine.") from None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
