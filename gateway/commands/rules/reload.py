"""`redline rules reload`: tell a running gateway to read its rules again, or to go back to those before."""

from __future__ import annotations

import http.client
import json
from datetime import datetime
from typing import Annotated, Any

import typer

from gateway.commands.options import Config, with_settings
from gateway.commands.records import fetch
from gateway.commands.rules.common import as_json, table
from gateway.config import Address
from gateway.errors import ConfigError

_SECONDS = 150
"""Longer than a gateway takes to prepare rules in all of its workers."""


@with_settings("dashboard_listen", "state_dir", "admin_token_file")
def reload(
    config: Config,
    back: Annotated[bool, typer.Option("--back", help="Go back to the copy that was in force before.")] = False,
    to: Annotated[str, typer.Option("--to", metavar="COPY", help="Go back to this copy; see --list.")] = "",
    listed: Annotated[bool, typer.Option("--list", help="Only list what is in force and what is kept.")] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Have a running gateway on this machine read packs, entity types and policies again, or go back at once.

    All of its processes change over, or none does; broken files are refused with their place and mend. Going back
    holds until the files change, or the gateway is reloaded or restarted.

    [bold]redline rules reload --back[/bold]
    """
    if listed:
        _show(fetch(config.dashboard_listen, "/api/rules"), as_json_)
        return
    answer = _post(config, "rollback" if back or to else "reload", {"to": to} if to else None)
    if as_json_:
        as_json(answer)
    elif answer["outcome"] == "refused":
        raise ConfigError(f"refused, and what was in force stays ({_named(answer)}):\n{answer['reason']}")
    else:
        typer.echo(f"{answer['outcome']}: {_named(answer)}.")
    if answer["outcome"] == "refused":
        raise typer.Exit(2)


def _named(said: dict[str, Any]) -> str:
    release = f" ({said['release']})" if said["release"] else ""
    return f"rules {said['rules']}{release}, policy {said['policy']}"


def _post(config: Config, what: str, body: dict[str, str] | None) -> dict[str, Any]:
    """Never through a proxy. Raises ConfigError."""
    from gateway.supervisor import admin_token

    token, address = admin_token.read(config), config.dashboard_listen
    status, answer = _sent(address, f"/api/rules/{what}", json.dumps(body) if body else "", token)
    if status not in {200, 409}:
        raise ConfigError(f"http://{address}: {answer.strip() or f'status {status}'}")
    found: dict[str, Any] = json.loads(answer)
    return found


def _sent(address: Address, path: str, body: str, token: str) -> tuple[int, str]:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    connection = http.client.HTTPConnection(address.host, address.port, timeout=_SECONDS)
    try:
        connection.request("POST", path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read(1024 * 1024).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        mend = "Start one with `redline up`, or name it with --dashboard-listen."
        raise ConfigError(f"No gateway answers at http://{address}. {mend}") from None
    finally:
        connection.close()


def _show(state: dict[str, Any], json_wanted: bool) -> None:
    if json_wanted:
        as_json(state)
        return
    rows = [
        (
            one["copy"][:8],
            datetime.fromtimestamp(one["time"]).astimezone().isoformat(" ", "seconds"),
            one["rules"],
            one["policy"],
            one["release"],
            "in force" if one["copy"] == state["copy"] else "",
        )
        for one in state["kept"]
    ]
    table(("copy", "last in force since", "rules", "policy", "release", ""), rows)
    if state["refused"]:
        typer.echo(f"The files on disk are refused: {state['refused']}")
    elif state["rolled_back"]:
        typer.echo("Rolled back: the files on disk are not in force.")
