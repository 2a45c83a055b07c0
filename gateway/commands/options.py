"""Command-line options made from the table of settings, so that no command repeats it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.config.load import load
from gateway.config.table import Config, Setting, settings

type _Command = Callable[..., Any]


def with_settings(*groups_or_names: str) -> Callable[[_Command], _Command]:
    """Give a command `--config FILE` and the flags of the named settings or groups (none named: all of them).

    The command gets the loaded `Config` as the keyword `config`; its own parameters come first.
    """

    def decorate(command: _Command) -> _Command:
        chosen = _chosen(groups_or_names)

        @functools.wraps(command)
        def run(*args: Any, **kwargs: Any) -> Any:
            path = kwargs.pop("config_file", None)
            given = {name: kwargs.pop(name) for name in chosen if name in kwargs}
            return command(*args, config=load(path, given), **kwargs)

        parameters = [each for each in inspect.signature(command).parameters.values() if each.name != "config"]
        parameters += [_config_parameter(), *(_parameter(line) for line in chosen.values())]
        annotations = inspect.get_annotations(command, eval_str=True)
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [each.replace(annotation=annotations.get(each.name, each.annotation)) for each in parameters]
        )
        run.__annotations__ = {each.name: annotations.get(each.name, each.annotation) for each in parameters}
        del run.__wrapped__
        return run

    return decorate


def _chosen(words: Collection[str]) -> dict[str, Setting]:
    return {name: line for name, line in settings().items() if not words or name in words or line.group in words}


def _config_parameter() -> inspect.Parameter:
    option = typer.Option("--config", "-c", metavar="FILE", help="Read settings from this YAML file.")
    return inspect.Parameter(
        "config_file", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[Path | None, option]
    )


def _parameter(line: Setting) -> inspect.Parameter:
    flag = line.flag
    if line.boolean and line.default == "true":
        flag = f"{line.flag}/--no-{line.flag[2:]}"
    option = typer.Option(
        flag,
        help=f"{line.help} [dim]({line.default})[/dim]" if line.default and not line.boolean else line.help,
        metavar=None if line.boolean else line.shape,
        rich_help_panel=line.group,
        show_default=False,
    )
    kind: Any = bool | None if line.boolean else list[str] | None if line.many else str | None
    return inspect.Parameter(
        line.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


__all__ = ["Config", "with_settings"]
