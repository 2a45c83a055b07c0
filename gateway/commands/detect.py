"""`redline detect`: what would be found in a file of JSON lines."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn, cast

import typer

from detectors import batch
from detectors.paths import PACKS
from detectors.problems import PackError
from detectors.rulepack import RuleDetector, load_packs
from detectors.types import Detector, DetectorError


def detect(
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="JSON lines; - reads standard input.")] = "-",
    packs: Annotated[
        list[Path] | None, typer.Option("--packs", help="A pack file or a folder of packs; may be repeated.")
    ] = None,
    min_score: Annotated[
        float, typer.Option("--min-score", min=0.0, max=1.0, help="Leave out what is less sure.")
    ] = 0.5,
    no_ner: Annotated[bool, typer.Option("--no-ner", help="Rules only; no names and places.")] = False,
    unresolved: Annotated[bool, typer.Option("--all", help="Every finding, before overlaps are resolved.")] = False,
) -> None:
    """Find sensitive data in JSON lines.

    Reads {"id": …, "text": "…", "lang": "zh"|"en"} a line and writes {"id": …, "findings": […]} in the same order.
    Offsets count code points. Lines that cannot be read are named on standard error, and the exit status is then 1.
    """
    try:
        detectors = _detectors(tuple(packs) if packs else (PACKS,), min_score, names=not no_ner)
    except PackError as error:
        _fail(str(error))
    options = batch.Options(min_score=min_score, unresolved=unresolved)
    with ExitStack() as stack:
        source = _open(file, stack)
        try:
            totals = batch.run(source, sys.stdout.buffer, detectors, options, _complain)
            sys.stdout.buffer.flush()
        except DetectorError as error:
            _fail(f"Detection failed ({error.code}); the findings so far are not complete.")
        except BrokenPipeError:
            sys.stderr.close()
            raise typer.Exit(1) from None
    if totals.bad:
        _complain(f"{totals.bad} of {totals.bad + totals.lines} lines could not be read.")
        raise typer.Exit(1)


def _detectors(packs: Sequence[Path], min_score: float, *, names: bool) -> list[Detector]:
    rules = RuleDetector(load_packs(packs), floor=min(min_score, 0.3) or 0.01)
    found = _name_detector() if names else None
    return [cast("Detector", rules)] if found is None else [cast("Detector", rules), found]


def _name_detector() -> Detector | None:
    """The offline name detection, where its data is installed."""
    try:
        module = importlib.import_module("detectors.names")
    except ImportError:
        _complain("Name detection is not installed; rules only.")
        return None
    return cast("Detector", module.NameDetector())


def _open(file: str, stack: ExitStack) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(Path(file).open("rb"))
    except OSError as error:
        _fail(f"{file}: cannot be read ({error.strerror}). Check its path and rights.")


def _complain(message: str) -> None:
    typer.echo(message, err=True)


def _fail(message: str) -> NoReturn:
    _complain(message)
    raise typer.Exit(2)
