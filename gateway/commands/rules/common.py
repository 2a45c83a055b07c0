"""What the commands share: which packs are meant, and how a table is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from gateway.config import Config
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from detectors.packs.rules import Rule, RuleSet
    from detectors.refine.refiner import Refiner

_WIDE: Final = 10_000


def pack_paths(config: Config) -> tuple[Path, ...]:
    from detectors.paths import PACKS

    return config.packs or (PACKS,)


def entity_types(config: Config) -> Collection[str] | None:
    """The configured ones; None: those that ship."""
    from detectors.entities import read_entities

    return read_entities(config.entities) if config.entities else None


def lists(config: Config) -> Refiner:
    """Thresholds, allow lists and deny lists. Raises ConfigError with everything that is wrong."""
    from gateway.app import entities_of
    from gateway.steering import refiner_of, steering_of

    return refiner_of(config, steering_of(config, entities_of(config)))


def pack_folder(config: Config, folder: Path | None) -> Path:
    """The one folder that a release is made of."""
    if folder is not None:
        return folder
    paths = pack_paths(config)
    if len(paths) > 1:
        raise ConfigError("--packs: several are set, and a release is made of one. Name the folder.")
    return paths[0]


def split(words: Sequence[str]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Paths that exist, and names of packs, rules or areas."""
    paths = tuple(Path(word) for word in words if is_path(word))
    return paths, tuple(word for word in words if not is_path(word))


def is_path(word: str) -> bool:
    """There is such a file or folder, and the word looks like one: `cn` is the area, even beside a folder `cn`."""
    try:
        return ("/" in word or word.endswith((".yaml", ".yml"))) and Path(word).exists()
    except OSError:
        return False


def chosen(config: Config, words: Sequence[str]) -> tuple[RuleSet, Sequence[Rule]]:
    """Rules without their examples tried: those named, out of the packs that are named or configured."""
    from detectors.packs.detector import read_packs

    paths, names = split(words)
    rules = read_packs(paths or pack_paths(config), entity_types(config))
    return rules, pick(rules, names)


def pick(rules: RuleSet, names: Sequence[str]) -> Sequence[Rule]:
    from detectors.files.problems import did_you_mean
    from detectors.steward.trial import selected

    try:
        return selected(rules, names)
    except KeyError as error:
        known = {pack.id for pack in rules.packs} | {f"{rule.pack}/{rule.id}" for rule in rules.rules}
        known |= {pack.area for pack in rules.packs} | {rule.id for rule in rules.rules}
        word = str(error.args[0])
        if "/" in word and word.endswith((".yaml", ".yml")):
            raise ConfigError(f"{word}: there is no such file. Check the path.") from None
        raise ConfigError(f"There is no pack, rule, area or file '{word}'.{did_you_mean(word, known)}") from None


def plural(count: int, what: str) -> str:
    """Such as `1 rule`, `1,204 rules`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Cells are text, never markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")  # a name that is cut off is no name
    count = 0
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
        count += 1
    if count:
        # Into a pipe or a file a row is one line, so that `grep` finds it; only a terminal has a width.
        Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE).print(made)


def as_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def complain(problems: Iterable[object]) -> None:
    for problem in problems:
        typer.echo(str(problem), err=True)
