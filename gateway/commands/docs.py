"""`redline docs`: the reference pages that are made from tables in the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def docs(write: Annotated[bool, typer.Option("--write", help="Write docs/configuration.md.")] = False) -> None:
    """Print the reference of all settings, made from the same table as the flags."""
    from gateway.config.docs import render

    if not write:
        typer.echo(render())
        return
    path = Path("docs/configuration.md")
    path.parent.mkdir(exist_ok=True)
    path.write_text(render(), encoding="utf-8")
    typer.echo(f"wrote {path}")
