"""`redline vault`: master keys, and forgetting."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.commands.options import Config, with_settings
from gateway.errors import ConfigError
from gateway.types import Scope

vault = typer.Typer(help="Rotate the master key; erase what a conversation left.", no_args_is_help=True)


@vault.command("rotate-key")
@with_settings("state_dir")
def rotate_key(config: Config) -> None:
    """Add a new master key that wraps data keys from the next start on; older ones still open what they wrapped."""
    import os

    from gateway.stores.keys import ENVIRONMENT, FILE_NAME, KeyRing

    if os.environ.get(ENVIRONMENT):
        raise ConfigError(f"The keys come from {ENVIRONMENT}. Append a new key there, after a comma.")
    ring = KeyRing.rotate(config.state_dir / FILE_NAME)
    typer.echo(f"{ring.active} wraps from the next start on; {len(ring.ids)} keys in the ring.")


@vault.command("erase")
@with_settings("state_dir", "redis_url", "vault_redis_url")
def erase(
    tenant: Annotated[str, typer.Argument(help="Tenant, as records name it.")],
    subject: Annotated[str, typer.Argument(help="Client, as records name it.")],
    config: Config,
    conversation: Annotated[str, typer.Argument(help="Conversation; empty where clients name none.")] = "",
) -> None:
    """Destroy the data key of one conversation, and so every value in it. It cannot be undone.

    Without --redis-url, the gateway that runs with this --state-dir is asked to.
    """
    url = config.vault_redis_url or config.redis_url
    if url is None:
        erased = _ask(config, tenant, subject, conversation)
    else:
        erased = asyncio.run(_erase(url, config, Scope(tenant, subject, conversation)))
    typer.echo("erased" if erased else "nothing was stored for this scope")


def _ask(config: Config, tenant: str, subject: str, conversation: str) -> bool:
    """The embedded vault is reached through the gateway that runs it."""
    from gateway.supervisor import control

    try:
        answer = control.ask(config.state_dir, "erase", tenant=tenant, subject=subject, conversation=conversation)
    except control.NotRunning as error:
        raise ConfigError(
            f"{error} An embedded vault ends with its gateway, and all its values with it. "
            "A vault that outlives its gateway is named with --redis-url."
        ) from None
    return bool(answer["erased"])


async def _erase(url: str, config: Config, scope: Scope) -> bool:
    from gateway.stores.keys import KeyRing
    from gateway.stores.vault import RedisTokenVault

    store = RedisTokenVault(url, KeyRing.resolve(config.state_dir))
    try:
        return await store.erase(scope)
    finally:
        await store.aclose()
