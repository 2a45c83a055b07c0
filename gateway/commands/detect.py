"""`redline detect`: what would be found in a file of JSON lines; with `--explain`, why, and what was nearly found."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, NoReturn

import typer

from gateway.commands.options import Config, with_settings
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from detectors.packs.rules import RuleSet
    from detectors.refine.refiner import Refiner
    from detectors.types import Detector


@with_settings("packs", "entities", "lists", "consistency", "names", "ner_model", "ner_device")
def detect(
    config: Config,
    what: Annotated[
        str, typer.Argument(metavar="[FILE|-|TEXT]", help="JSON lines; - reads them. With --explain a text.")
    ] = "-",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of one text why something is found, and what is not.")
    ] = False,
    key: Annotated[str, typer.Option("--key", help="For --explain: the JSON key that names the text.")] = "",
    show: Annotated[bool, typer.Option("--show", help="For --explain: print the values.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For --explain: print JSON.")] = False,
    min_score: Annotated[
        float, typer.Option("--min-score", min=0.0, max=1.0, help="Leave out what is less sure.")
    ] = 0.5,
    no_ner: Annotated[bool, typer.Option("--no-ner", help="Rules only; no names and places.")] = False,
    unresolved: Annotated[bool, typer.Option("--all", help="Every finding, before overlaps are resolved.")] = False,
) -> None:
    """Find sensitive data in JSON lines, or explain what is found in one text.

    Reads {"id": …, "text": "…", "lang": "zh"|"en"} a line and writes {"id": …, "findings": […]} in the same order.
    Offsets count code points. Lines that cannot be read are named on standard error, and the exit status is then 1.

    With --explain the argument is a text, a file of text, or - for standard input. Each candidate is told with its
    detector, its score before and after context, the words that moved it, the threshold, and what became of it.

    [bold]redline detect --explain "请转告李娜女士，她的电话是13800138000"[/bold]
    """
    try:
        if explain:
            _explain(config, what, key, show=show, as_json=as_json, names=not no_ner)
        else:
            _lines(config, what, min_score, names=not no_ner, unresolved=unresolved)
    except ConfigError as error:
        _fail(str(error))


def _lines(config: Config, file: str, min_score: float, *, names: bool, unresolved: bool) -> None:
    from detectors import batch
    from detectors.packs.detector import RuleDetector
    from detectors.types import DetectorError

    with _chain(config, names=names) as (rules, others, refiner), ExitStack() as stack:
        detectors = [RuleDetector(rules, floor=min(min_score, 0.3) or 0.01), *others]
        options = batch.Options(min_score=min_score, unresolved=unresolved, refiner=refiner)
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


def _explain(config: Config, what: str, key: str, *, show: bool, as_json: bool, names: bool) -> None:
    import asyncio

    from detectors.steward.account import Accountant
    from detectors.types import DetectorError
    from gateway.commands import account

    with _chain(config, names=names) as (rules, others, refiner):
        text = _text(what)
        try:
            told = asyncio.run(Accountant(rules, others, refiner).explain(text, key=key))
        except DetectorError as error:
            _fail(f"Detection failed ({error.code}); nothing can be said of this text.")
    if as_json:
        account.as_json(told, text, show=show)
    else:
        account.table(told, text, show=show)


@contextmanager
def _chain(config: Config, *, names: bool) -> Iterator[tuple[RuleSet, Sequence[Detector], Refiner]]:
    """The rules with the deny lists, what else the gateway would ask, and the refiner. Raises ConfigError."""
    from gateway.app import entities_of, load_rules
    from gateway.ner import ner_detectors
    from gateway.steering import refiner_of, steering_of, with_denied

    entities = entities_of(config)
    steering = steering_of(config, entities)
    rules = with_denied(load_rules(config.packs, entities), steering)
    others = ner_detectors(config) if names else []
    try:
        yield rules, others, refiner_of(config, steering)
    finally:
        for one in others:
            if callable(close := getattr(one, "close", None)):
                close()


def _text(what: str) -> str:
    """Standard input, a file's text, or the argument itself."""
    if what == "-":
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    try:
        if Path(what).is_file():
            return Path(what).read_bytes().decode("utf-8-sig", "replace")
    except (OSError, ValueError):
        return what  # too long for a path, or with a null character: a text
    return what


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
