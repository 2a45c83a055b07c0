"""What every plane is told at start. Unsafe values refuse to start."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import certifi

from gateway.errors import ConfigError
from gateway.types import Limits

LARGEST_BUNDLE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. Every wait of a plane has one; none may be switched off."""

    header: float = 10.0
    """First byte of a request head (or of a TLS handshake) to its last."""
    body_idle: float = 30.0
    """Between two pieces of a request body."""
    request: float = 600.0
    """A whole request, however steadily it drips."""
    keep_alive: float = 30.0
    """An idle client connection."""
    hook: float = 30.0
    """One call of the gate."""
    connect: float = 10.0
    """DNS, TCP and TLS towards the upstream."""
    first_byte: float = 300.0
    """Whole request sent to response head; as long as the slowest model thinks."""
    upstream_idle: float = 300.0
    """Between two pieces of a response body."""
    client_idle: float = 60.0
    """A client that does not read what is sent to it."""
    linger: float = 2.0
    """How long a refused request's remaining body is read and dropped, so that the client sees the refusal."""
    drain: float = 10.0
    """How long open exchanges may go on after the plane was told to stop."""

    def __post_init__(self) -> None:
        for setting in fields(self):
            if not 0 < getattr(self, setting.name) < 86_400:
                raise ConfigError(f"planes.timeouts.{setting.name} must be above 0 and below 86400 seconds.")


@dataclass(frozen=True, slots=True)
class PlaneSettings:
    limits: Limits = field(default_factory=Limits)
    timeouts: Timeouts = field(default_factory=Timeouts)
    ca_bundle: Path = field(default_factory=lambda: Path(certifi.where()))
    """The only roots that an upstream certificate may chain to (PEM). Verification cannot be switched off."""
    allow_non_loopback: bool = False
    """Whether a plane may listen where other machines reach it."""
    max_connections: int = 1024
    """Client connections per process; above it new ones get 503."""
    max_upstream_connections: int = 1024
    """Upstream connections per process and host."""
    unix_hosts: Mapping[str, Path] = field(default_factory=dict)
    """Upstream hosts that are reached through a Unix socket of this machine (asgi plane): name → path."""
    upstream_keep_alive: float = 4.0
    """Idle upstream connections are dropped sooner than model servers drop them (5 s is a common default)."""

    def __post_init__(self) -> None:
        if self.max_connections < 1 or self.max_upstream_connections < 1:
            raise ConfigError("planes.max_connections and planes.max_upstream_connections must be at least 1.")
        if self.limits.headers < 1024:
            raise ConfigError("limits.headers must be at least 1024 bytes: smaller heads refuse ordinary clients.")
        check_bundle(self.ca_bundle)


def check_bundle(path: Path) -> None:
    """Raise `ConfigError` unless `path` is a PEM file with at least one certificate."""
    try:
        if path.stat().st_size > LARGEST_BUNDLE:
            raise ConfigError(f"{path} is too large for a CA bundle; name a PEM file of root certificates.")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError):
        raise ConfigError(f"{path} cannot be read as a CA bundle; name a PEM file of root certificates.") from None
    if not context.cert_store_stats()["x509_ca"]:
        raise ConfigError(f"{path} holds no CA certificate; upstream certificates could not be verified.")


def upstream_tls(settings: PlaneSettings) -> ssl.SSLContext:
    """A context that trusts `settings.ca_bundle` and nothing else, and checks host names."""
    context = ssl.create_default_context(cafile=settings.ca_bundle)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bind(host: str, port: int, settings: PlaneSettings, backlog: int = 1024) -> socket.socket:
    """A listening TCP socket that several worker processes may share (`SO_REUSEPORT`).

    Raises `ConfigError` if the address is not loopback and was not allowed, or cannot be bound.
    """
    if not settings.allow_non_loopback and not is_loopback(host):
        raise ConfigError(
            f"Listening on {host} would let other machines in; use 127.0.0.1, or allow it with allow_non_loopback."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        raise ConfigError(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    listener.setblocking(False)
    return listener
