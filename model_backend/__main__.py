"""The command line: serve a model, make and check manifests."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from model_backend import registry
from model_backend.default import MODEL_DIR


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 2 where it was refused, with one sentence on stderr."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except registry.ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model_backend", description="Serve a local model for the gateway.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve a model folder behind an OpenAI-compatible API")
    serve.add_argument("--model", type=Path, default=MODEL_DIR, metavar="DIR", help="default: the embedded demo model")
    where = serve.add_mutually_exclusive_group()
    where.add_argument("--uds", type=Path, metavar="PATH", help="Unix socket in a folder that only you can enter")
    where.add_argument("--host", default="127.0.0.1", help="loopback address (default 127.0.0.1)")
    serve.add_argument("--port", type=int, default=0, help="TCP port; 0 lets the system choose (default)")
    serve.add_argument("--manifest", type=Path, help="default: manifest.json in the model folder")
    serve.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    serve.add_argument("--threads", type=int, default=1, help="CPU threads for the model (default 1)")
    serve.add_argument(
        "--isolate", dest="isolation", default="auto", choices=("auto", "require", "off"),
        help="own network namespace, with --uds only (default auto: where the system allows it)",
    )  # fmt: skip
    serve.add_argument("--allow-remote-clients", dest="allow_remote", action="store_true", help="accept other hosts")
    serve.add_argument("--outlive-parent", dest="follow_parent", action="store_false", help="keep serving as an orphan")
    serve.set_defaults(command=_serve)
    manifest = commands.add_parser("manifest", help="make or check the SHA-256 manifest of a model folder")
    manifest.add_argument("action", choices=("create", "verify"))
    manifest.add_argument("model", type=Path, metavar="DIR")
    manifest.add_argument("--name", help="public name of the model (default: the folder's)")
    manifest.add_argument("--path", type=Path, help="default: manifest.json in the model folder")
    manifest.set_defaults(command=_manifest)
    return parser


def _serve(options: argparse.Namespace) -> int:
    from model_backend.engine import EngineError
    from model_backend.hosting import ServeError
    from model_backend.serve import Options, run

    values = {name: getattr(options, name) for name in Options.__slots__}
    try:
        run(Options(**values))
    except (ServeError, EngineError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _manifest(options: argparse.Namespace) -> int:
    folder = options.model.resolve()
    if options.action == "create":
        sys.stdout.write(f"{registry.create(folder, options.name or folder.name, path=options.path)}\n")
        return 0
    manifest = registry.verify(folder, options.path)
    sys.stdout.write(f"{manifest.name}: {len(manifest.files)} files match, weights {manifest.weights_sha256}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
