"""`redline up`: the gateway, in the foreground."""

from __future__ import annotations

import typer

from gateway.commands.options import Config, with_settings


@with_settings()
def up(config: Config) -> None:
    """Start the gateway and stay in the foreground until Ctrl-C or SIGTERM.

    Prints [bold]ready http://HOST:PORT[/bold] when it serves. Clients use http://HOST:PORT/v1 as their base URL.

    Without --upstream a small local demo model answers. Every flag is also a key of the --config file and an
    environment variable: --vault-ttl is vault_ttl and REDLINE_VAULT_TTL.

    [bold]redline up --upstream https://api.openai.com --policy default[/bold]
    """
    from gateway.supervisor import run

    raise typer.Exit(run(config))
