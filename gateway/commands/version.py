"""`redline version`."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

import typer


def distribution_version(name: str = "redline-gateway") -> str:
    """Empty where the package is not installed."""
    try:
        return installed(name)
    except PackageNotFoundError:
        return ""


def version() -> None:
    """Print the version."""
    typer.echo(f"redline {distribution_version() or 'unreleased'}")
