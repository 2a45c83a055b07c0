"""The command line. Heavy libraries are imported inside commands, so that `redline --help` is quick.

Rule for the next editor: an expected failure is one sentence on standard error and exit code 2; no traceback, ever,
for a traceback may quote payload.
"""

from __future__ import annotations

import sys

import typer

from gateway.commands.check import check
from gateway.commands.detect import detect
from gateway.commands.docs import docs
from gateway.commands.doctor import doctor
from gateway.commands.explain import explain
from gateway.commands.model import model
from gateway.commands.records import records
from gateway.commands.rules import rules
from gateway.commands.up import up
from gateway.commands.vault import vault
from gateway.commands.version import version
from gateway.errors import RedlineError

RUN, CHECK, LOOK, KEEP = "Run", "Check before you run", "Look into it", "Keep"
STEWARD = "Rules"

_HELP = """A compliance gate between private data and language models.

What is personal leaves as a token, what is secret does not leave, and answers come back with the originals.

[bold]redline up[/bold]  starts it, with a local demo model behind it

[bold]redline up --upstream https://api.openai.com[/bold]  starts it in front of a provider

[bold]redline explain body.json[/bold]  says what would happen to a request, and why
"""

app = typer.Typer(
    name="redline",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command(rich_help_panel=RUN)(up)
app.command(rich_help_panel=CHECK)(check)
app.command(rich_help_panel=CHECK)(doctor)
app.command(rich_help_panel=CHECK)(explain)
app.command(rich_help_panel=LOOK)(detect)
app.command(rich_help_panel=LOOK)(records)
app.add_typer(rules, name="rules", rich_help_panel=STEWARD)
app.add_typer(model, name="model", rich_help_panel=STEWARD)
app.add_typer(vault, name="vault", rich_help_panel=KEEP)
app.command(rich_help_panel=KEEP)(docs)
app.command(rich_help_panel=KEEP)(version)


def main() -> None:
    try:
        app(prog_name="redline")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last one to hear of it; it must not print a traceback
        sys.exit(_told(error))


def _told(error: Exception) -> int:
    """Print what may be told; return the exit code."""
    if isinstance(error, _expected()):
        typer.echo(f"redline: {error}", err=True)
        return 2
    from gateway.observe import error_fields

    fields = error_fields(error)
    typer.echo(
        f"redline: internal error {fields['error']} at {fields.get('at', '?')}; nothing was forwarded.", err=True
    )
    return 70


def _expected() -> tuple[type[Exception], ...]:
    """Failures whose text is for people. The detectors are a library with errors of its own."""
    from detectors.files.problems import PackError

    ner = sys.modules.get("detectors.ner")  # heavy to import just to ask; what was not imported did not fail
    return (RedlineError, PackError, *([ner.NerError] if ner else []))


if __name__ == "__main__":
    main()
