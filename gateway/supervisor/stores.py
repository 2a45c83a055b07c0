"""The two stores: servers of our own, or those that the configuration names."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.config import Config
from gateway.stores.embedded import EmbeddedValkey


@dataclass(slots=True)
class Stores:
    """URLs for the gateway and the dashboard; they hold passwords, so they do not print."""

    vault: str = field(repr=False)
    log: str = field(repr=False)
    dashboard: str = field(repr=False)
    servers: tuple[EmbeddedValkey, ...] = ()

    @property
    def described(self) -> str:
        if not self.servers or self.servers[0].binary is None:
            return "the configured Redis"
        return f"{self.servers[0].binary.release}, embedded: vault and decision log apart, in memory only"

    def stop(self) -> None:
        for server in self.servers:
            server.stop()


def open_stores(config: Config) -> Stores:
    """Blocks for a fraction of a second; call it before the event loop runs, from the main thread."""
    if config.redis_url is not None:
        return Stores(config.vault_redis_url or config.redis_url, config.redis_url, config.redis_url)
    vault, log = EmbeddedValkey("vault"), EmbeddedValkey("log")
    try:
        vault.start()
        log.start()
    except BaseException:
        vault.stop()
        log.stop()
        raise
    return Stores(vault.url("gateway"), log.url("gateway"), log.url("dashboard"), (log, vault))
