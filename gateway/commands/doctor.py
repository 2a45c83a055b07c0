"""`redline doctor`: what is there, what really runs, what is missing and how to mend it."""

from __future__ import annotations

import typer

from gateway.commands.options import Config, with_settings


@with_settings()
def doctor(config: Config) -> None:
    """Say what is installed, what would really run, and how to mend what is not right.

    Exits 0 where the gateway can start, 1 where something must be mended first.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from gateway.commands.probes import BAD, NOTE, OK, probe_all

    marks = {OK: Text("ok", style="green"), NOTE: Text("note", style="yellow"), BAD: Text("mend", style="bold red")}
    table = Table(box=None, pad_edge=False, show_header=False)
    probes = list(probe_all(config))
    for probe in probes:
        table.add_row(marks[probe.state], Text(probe.what), Text(probe.found))
        if probe.mend and probe.state != OK:
            table.add_row("", "", Text(f"→ {probe.mend}", style="dim" if probe.state == NOTE else "red"))
    Console().print(table)
    bad = sum(probe.state == BAD for probe in probes)
    if bad:
        typer.echo(f"{bad} thing{'s' if bad > 1 else ''} to mend.", err=True)
        raise typer.Exit(1)
