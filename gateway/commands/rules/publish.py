"""`redline rules publish`, `rollback`, `keygen`: packs into use, back, and the key that vouches for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.options import Config, with_settings
from gateway.commands.rules.common import pack_folder, table

_FOLDER = typer.Argument(metavar="[FOLDER]", help="Folder of packs; else the configured one.")
_KEY = typer.Option("--key", metavar="FILE", help="Ed25519 private key (PEM) to sign with.")


@with_settings("packs")
def publish(
    config: Config,
    folder: Annotated[Path | None, _FOLDER] = None,
    key: Annotated[Path | None, _KEY] = None,
    note: Annotated[str, typer.Option("--note", help="One line for the history.")] = "",
    dry: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")] = False,
) -> None:
    """Prove the packs, raise versions where a rule changed, sign, and put the release in force.

    Entity types, policies and lists belong to it: those in `entities.yaml`, `policies/` and `lists/` beside the
    folder, else those that ship. Where a gateway has a public key, it runs with no others (deny lists excepted).

    Running gateways that read this folder take it up within seconds; a broken release is refused by them, and the
    old one stays.
    """
    from detectors.steward import signing
    from detectors.steward.publish import publish as put

    place = pack_folder(config, folder)
    policies = _checked_policies(place)
    done = put(place, signing.private_key(key) if key else None, note=note, dry=dry)
    release = done.release
    if not done.fresh:
        typer.echo(f"Nothing has changed since release {release.number} ({release.time}).")
        return
    table(
        ("change", "what", "version"),
        [
            *(("raised", bump.what, f"{bump.old} → {bump.new}") for bump in done.bumps),
            *((kind, name, "") for kind, names in _kinds(done) for name in names),
        ],
    )
    signed = f"signed by {done.key_id}" if done.key_id else "not signed"
    verb, revision = ("Would publish", "") if dry else ("Published", f", revision {release.revision}")
    typer.echo(f"{verb} release {release.number}: {len(release.rules)} rules, {policies} policies{revision}, {signed}.")


def _checked_policies(folder: Path) -> int:
    """How many there are; raises ConfigError for one that no gateway would load."""
    from detectors.entities import parse_entities
    from detectors.refine.steering import load_steering
    from detectors.steward.beside import beside
    from gateway.policy import load_policy

    near = beside(folder)
    files = sorted(near.policies.glob("*.yaml"))
    types = parse_entities(near.entities)
    for file in files:
        load_policy(str(file), types)
    if near.lists:
        load_steering(near.lists, types)
    return len(files)


def _kinds(done: object) -> list[tuple[str, tuple[str, ...]]]:
    found = [(kind, getattr(done, kind)) for kind in ("new", "changed", "removed")]
    return [(kind, names if len(names) <= 40 else (f"{len(names)} rules",)) for kind, names in found]


@with_settings("packs")
def rollback(
    config: Config,
    folder: Annotated[Path | None, _FOLDER] = None,
    to: Annotated[int | None, typer.Option("--to", metavar="N", help="Release; else the one before.")] = None,
    key: Annotated[Path | None, _KEY] = None,
    discard: Annotated[bool, typer.Option("--discard", help="Also where there are unpublished changes.")] = False,
    history: Annotated[bool, typer.Option("--list", help="Only list the releases.")] = False,
) -> None:
    """Go back to an earlier release. It becomes a new release, so that going back is on record as well."""
    from detectors.steward import release as releases
    from detectors.steward import signing
    from detectors.steward.publish import roll_back

    place = pack_folder(config, folder)
    if history:
        rows = [(one.release, ", ".join(one.key_ids) or "not signed") for one in releases.history(place)]
        table(
            ("release", "published", "revision", "rules", "signed by", "note"),
            [(str(r.number), r.time, r.revision, str(len(r.rules)), who, r.note) for r, who in rows],
        )
        typer.echo(f"{len(rows)} releases.")
        return
    done = roll_back(place, to, signing.private_key(key) if key else None, discard=discard)
    typer.echo(f"Release {done.number} is in force: {done.note}, revision {done.revision}.")


def keygen(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key goes; FILE.pub beside it.")],
) -> None:
    """Make an Ed25519 key pair: the private one signs releases, the public one goes to `packs_public_key`."""
    from detectors.steward.signing import generate

    public, identity = generate(file)
    typer.echo(f"{file}: private key {identity}; keep it where releases are made, and nowhere else.")
    typer.echo(f"{public}: public key; give it to gateways as --packs-public-key {public}.")
