"""`redline rules hash`: entries of an allow list that may be read without learning what is on it."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated

import typer


def hash_(
    salt: Annotated[str, typer.Option("--salt", help="Of the group; a new one is made where none is given.")] = "",
) -> None:
    """Hash the lines of standard input for `hashes:` of an allow list. Width, case and blanks do not matter.

    A hash keeps a casual reader out, not somebody who can guess: names and numbers are few.

    [bold]redline rules hash < names.txt[/bold]
    """
    from detectors.refine.hashing import hashed

    chosen = salt or secrets.token_hex(16)
    typer.echo(f"salt: {chosen}\nhashes:")
    for line in sys.stdin:
        if line.strip():
            typer.echo(f"  - {hashed(line, chosen)}")
