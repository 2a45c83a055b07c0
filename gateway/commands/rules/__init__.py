"""`redline rules …`: what a data steward does with rule packs. A file for each; the logic is detectors.steward."""

from __future__ import annotations

import typer

from gateway.commands.rules.diff import diff
from gateway.commands.rules.hashing import hash_
from gateway.commands.rules.imports import import_
from gateway.commands.rules.lint import lint
from gateway.commands.rules.new import new
from gateway.commands.rules.prove import prove
from gateway.commands.rules.publish import keygen, publish, rollback
from gateway.commands.rules.reload import reload
from gateway.commands.rules.show import list_, show
from gateway.commands.rules.trials import demote, promote, shadow
from gateway.commands.rules.try_ import try_

rules = typer.Typer(help="Test, explain, change and publish rule packs.", no_args_is_help=True)
WORK, LOOK, USE = "Work on rules", "Look", "Put into use"
rules.command("test", rich_help_panel=WORK)(prove)
rules.command("lint", rich_help_panel=WORK)(lint)
rules.command("try", rich_help_panel=WORK)(try_)
rules.command("diff", rich_help_panel=WORK)(diff)
rules.command("new", rich_help_panel=WORK)(new)
rules.command("import", rich_help_panel=WORK)(import_)
rules.command("hash", rich_help_panel=WORK)(hash_)
rules.command("list", rich_help_panel=LOOK)(list_)
rules.command("show", rich_help_panel=LOOK)(show)
rules.command("publish", rich_help_panel=USE)(publish)
rules.command("rollback", rich_help_panel=USE)(rollback)
rules.command("promote", rich_help_panel=USE)(promote)
rules.command("demote", rich_help_panel=USE)(demote)
rules.command("shadow", rich_help_panel=LOOK)(shadow)
rules.command("reload", rich_help_panel=USE)(reload)
rules.command("keygen", rich_help_panel=USE)(keygen)
