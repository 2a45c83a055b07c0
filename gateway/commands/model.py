"""`redline model`: is the model that finds names the one that was trusted; a manifest for it; a faster form of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.options import Config, with_settings
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from detectors.ner.models.manifest import Report

model = typer.Typer(help="Verify the model that finds names; write its manifest; export it.", no_args_is_help=True)


@model.command("verify")
@with_settings("ner_model", "ner_model_sha256")
def verify(
    config: Config,
    name: Annotated[str, typer.Argument(help="Model or folder; the configured one if left out.")] = "",
) -> None:
    """Compare every file of a model with the SHA-256 in its MANIFEST.json, and all of it with `ner_model_sha256`.

    Exits 0 where all agree, 1 where something differs or there is nothing to compare with.
    """
    from detectors.ner.models.manifest import check
    from detectors.ner.runtime import ProfileError

    try:
        report = check(_folder(name or config.ner_model))
    except ProfileError as error:
        raise ConfigError(f"{error}.") from None
    _show(report)
    pinned = "" if name else config.ner_model_sha256 or ""
    problems = [f"{one.name}: {one.state}" for one in report.bad]
    if pinned and pinned != report.revision:
        problems.append("ner_model_sha256 names another model")
    if not report.listed and not pinned:
        problems.append(
            f"there is no MANIFEST.json; if you trust the files, run `redline model manifest {report.folder}`"
        )
    for problem in problems:
        typer.echo(problem, err=True)
    raise typer.Exit(1 if problems else 0)


@model.command("manifest")
def manifest(folder: Annotated[Path, typer.Argument(help="The model's folder.")]) -> None:
    """Hash every file of a folder that you trust and write its MANIFEST.json; from then on a change is refused."""
    from detectors.ner.models.manifest import check, write
    from detectors.ner.runtime import ProfileError

    try:
        path = write(folder)
        revision = check(folder).revision
    except ProfileError as error:
        raise ConfigError(f"{error}.") from None
    except OSError as error:
        raise ConfigError(f"{folder}: the manifest cannot be written ({error.strerror}).") from None
    typer.echo(f"{path}\nSHA-256 of the model: {revision}")


@model.command("export")
def export(folder: Annotated[Path, typer.Argument(help="A Hugging Face token-classification folder.")]) -> None:
    """Write `model_int8.onnx` beside the weights: the same model for ONNX Runtime, several times as fast on a CPU."""
    import os

    from detectors.ner.runtime import ProfileError

    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    try:
        from detectors.ner.models.export import export as exported

        done = exported(folder)
    except ImportError as error:
        missing = error.name or "torch"
        raise ConfigError(
            f"An export needs {missing}: pip install 'redline-gateway[ner,ner-cpu,ner-export]'."
        ) from None
    except ProfileError as error:
        raise ConfigError(f"{error}.") from None
    typer.echo(f"{done.path}: {done.size / 1e6:.1f} MB")
    typer.echo(
        f"On {done.tokens} tokens of sample text {done.agreement:.1%} keep their label; the largest change of a "
        f"probability is {done.difference:.3f}."
    )
    if (folder / "MANIFEST.json").is_file():
        typer.echo(f"The folder has changed: run `redline model manifest {folder}`.")


def _folder(name: str) -> Path:
    """Raises ProfileError, ConfigError."""
    from detectors.ner.models.choice import choose

    choice = choose(name)
    if choice.folder is None:
        why = f" ({choice.why})" if choice.why else ""
        raise ConfigError(f"{name}: no model runs, so there is nothing to verify{why}.")
    return choice.folder


def _show(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from detectors.ner.models.manifest import OK

    table = Table(box=None, pad_edge=False, show_header=False)
    for one in report.files:
        state = Text("listed" if not report.listed else one.state, style="green" if one.state == OK else "bold red")
        table.add_row(state, Text(one.name), Text(one.sha256[:16], style="dim"))
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    console.print(f"{report.folder}\nSHA-256 of the model: {report.revision}", markup=False)
