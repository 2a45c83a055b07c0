"""`redline records`: the latest scrubbed records of a running gateway, through its dashboard."""

from __future__ import annotations

import http.client
import json
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from gateway.commands.options import Config, with_settings
from gateway.config import Address
from gateway.errors import ConfigError


@with_settings("dashboard_listen")
def records(
    config: Config,
    exchange: Annotated[str, typer.Argument(help="Only this exchange.", metavar="[EXCHANGE]")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="How many.")] = 20,
    effect: Annotated[str, typer.Option(help="Only allow, transform or block.")] = "",
    entity: Annotated[str, typer.Option(help="Only with this entity type.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Print the latest records of a running gateway, with the time they have left."""
    if exchange:
        path = f"/api/records/{quote(exchange, safe='')}"
    else:
        path = "/api/records?" + urlencode({"limit": limit, "effect": effect, "entity": entity})
    found = fetch(config.dashboard_listen, path)["records"]
    if as_json:
        for one in found:
            typer.echo(json.dumps(one, ensure_ascii=False))
    else:
        _show(found)


def fetch(address: Address, path: str) -> dict[str, Any]:
    """GET from the dashboard; never through a proxy. Raises ConfigError."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=5)
    try:
        connection.request("GET", path, headers={"accept": "application/json"})
        response = connection.getresponse()
        body = response.read(32 * 1024 * 1024)
    except (OSError, http.client.HTTPException):
        raise ConfigError(
            f"No gateway answers at http://{address}. Start one with `redline up`, or name it with --dashboard-listen."
        ) from None
    finally:
        connection.close()
    if response.status == 404:
        raise ConfigError("There is no record of this exchange, or it has expired.")
    if response.status != 200:
        raise ConfigError(f"The dashboard at http://{address} answered {response.status}. Look at its /readyz.")
    answer = json.loads(body)
    return answer if isinstance(answer, dict) else {}


def _show(found: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("time", "exchange", "action", "expires in"):
        table.add_column(heading, no_wrap=True)
    for heading in ("found", "message"):
        table.add_column(heading, overflow="fold")
    for one in found:
        entities = " ".join(f"{name}={count}" for name, count in one["entities"].items())
        when = datetime.fromtimestamp(one["time"]).astimezone().strftime("%H:%M:%S")
        told = " ".join((one["direction"], one["route"], *one["reasons"], *one.get("articles", ())))
        table.add_row(when, one["exchange_id"], one["effect"], lifetime(one["ttl_seconds"]), entities, told)
    Console().print(table if found else "no records")


def lifetime(seconds: float) -> str:
    """`6d 23h`, `4h 12m`, `53s`."""
    whole = int(seconds)
    for unit, size, lower, part in (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size}{unit} {whole % size // part}{lower}"
    return f"{whole}s"
