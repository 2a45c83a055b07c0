"""`python -m model_backend.ner_server --model NAME|FOLDER (--uds PATH | --host H --port P)`: NER for many gateways.

One model, one queue, any number of gateways; the same reader and batcher as in a gateway's own worker. Says
`ready ADDRESS …` on standard output once it serves. Status 2: it cannot start, one sentence on standard error.
Status 3: the model fails on everything, and whoever started the server should start it anew.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from detectors.ner.runtime import ProfileError
from model_backend.hosting import ServeError, listen, quiet_logs, swallow

if TYPE_CHECKING:
    import socket

    from detectors.ner.serving.service import NerService

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
CANDIDATES: Final = 0.3
"""As gateways ask of a model of their own: they weigh what it finds in its context."""
SHORTEST_TOKEN: Final = 16
DRAIN_SECONDS: Final = 10
OFFLINE: Final = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit status."""
    options = parser().parse_args(argv)
    try:
        return run(options)
    except (ServeError, ProfileError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m model_backend.ner_server", description="Serve NER to gateways.")
    made.add_argument("--model", required=True, metavar="NAME|FOLDER", help="as in the gateway's ner_model")
    made.add_argument("--sha256", default="", metavar="HEX", help="the hash that the model must have")
    where = made.add_mutually_exclusive_group(required=True)
    where.add_argument("--uds", type=Path, metavar="PATH", help="Unix socket in a folder that only you can enter")
    where.add_argument("--host", help="address to listen on; other machines need --token-file and TLS")
    made.add_argument("--port", type=int, default=0, help="TCP port; 0 lets the system choose (default)")
    made.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate chain (PEM)")
    made.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key (PEM)")
    made.add_argument("--plain-http", action="store_true", help="other machines without TLS: it ends in front of me")
    made.add_argument("--token-file", type=Path, metavar="FILE", help="what callers must send as bearer token")
    made.add_argument("--body-limit", type=int, default=32 << 20, metavar="BYTES", help="largest question")
    add_model_arguments(made)
    return made


def add_model_arguments(made: argparse.ArgumentParser) -> None:
    made.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    made.add_argument("--threads", type=int, default=1, help="CPU threads of a forward pass")
    made.add_argument("--window", type=int, help="tokens in a window (default: what suits the model)")
    made.add_argument("--overlap", type=int, help="tokens that neighbouring windows share")
    made.add_argument("--min-score", type=float, help="least score of a finding (default: redline.json's, else 0.3)")
    made.add_argument("--labels", type=orjson.loads, metavar="JSON", help="object: label of the model -> entity type")
    made.add_argument("--max-tokens", type=int, help="cells of one batch (default: what suits the device)")
    made.add_argument("--max-wait-ms", type=float, help="how long a batch waits for company")
    made.add_argument("--max-queue", type=int, help="tokens that may wait before questions are refused")


def model_settings(options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was given: for the runtime, and for the batcher."""
    given = {name: getattr(options, name) for name in ("device", "threads", "window", "overlap", "min_score", "labels")}
    limits = {"max_tokens": options.max_tokens, "max_queue": options.max_queue}
    if options.max_wait_ms is not None:
        limits["max_wait"] = options.max_wait_ms / 1000
    return _given(given) | {"candidates": CANDIDATES}, _given(limits)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def run(options: argparse.Namespace) -> int:
    """Raises ServeError or ProfileError before it serves."""
    started = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))  # a stop while a model loads must work
    token = read_token(options.token_file)
    check_way(options, token)
    quiet_logs()
    os.environ |= OFFLINE
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))
    from detectors.ner.serving.service import open_service

    given, limits = model_settings(options)
    service = open_service(options.model, given, sha256=options.sha256, **limits)
    listener = listen(options.uds, options.host, options.port)
    hello = service.hello()
    seconds = time.monotonic() - started
    sys.stdout.write(
        f"ready {_address(options, listener)} {hello['describe']} {hello['revision'][:12]} {seconds:.1f}s\n"
    )
    sys.stdout.flush()
    try:
        status = asyncio.run(_serve(options, service, listener, token))
    finally:
        if options.uds:
            options.uds.unlink(missing_ok=True)
    os._exit(status)  # no interpreter teardown: torch takes seconds for it


def check_way(options: argparse.Namespace, token: str) -> None:
    """Texts hold names: over a network they go encrypted, and only to who may ask."""
    for file in (options.tls_cert, options.tls_key):
        if file is not None and not file.is_file():
            raise ServeError(f"{file}: no such file; --tls-cert and --tls-key name PEM files.")
    if bool(options.tls_cert) != bool(options.tls_key):
        raise ServeError("--tls-cert and --tls-key belong together; give both.")
    if options.uds is not None or options.host in LOOPBACK:
        return
    if not token:
        raise ServeError(f"--host {options.host} is reachable from other machines; add --token-file FILE.")
    if not options.tls_cert and not options.plain_http:
        raise ServeError(
            f"--host {options.host} would receive texts unencrypted; add --tls-cert and --tls-key, "
            "or --plain-http if something in front of it does TLS."
        )


def read_token(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise ServeError(f"--token-file {file}: other users can read it; run `chmod 600 {file}`.")
        token = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ServeError(f"--token-file {file}: it cannot be read; write one line of text into it.") from None
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise ServeError(
            f"--token-file {file}: it needs {SHORTEST_TOKEN} or more visible ASCII characters in one word, "
            "such as `openssl rand -hex 32` makes."
        )
    return token


def _address(options: argparse.Namespace, listener: socket.socket) -> str:
    if options.uds:
        return f"unix:{options.uds}"
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"http{'s' if options.tls_cert else ''}://{host}:{listener.getsockname()[1]}"


async def _serve(options: argparse.Namespace, service: NerService, listener: socket.socket, token: str) -> int:
    """The exit status: 0 after a stop, 3 where the model is sick."""
    import uvicorn

    from model_backend.ner_app import create_app

    class Server(uvicorn.Server):
        """Signals are ours: uvicorn would raise them again after its shutdown."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    def stop() -> None:
        service.drain()
        server.force_exit, server.should_exit = server.should_exit, True

    def sick() -> None:
        server.should_exit = True

    server = Server(
        uvicorn.Config(
            create_app(service, token=token, body=options.body_limit, on_sick=sick),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="on",
            ws="none",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            ssl_certfile=options.tls_cert,
            ssl_keyfile=options.tls_key,
        )
    )
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(swallow)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve(sockets=[listener])
    return 3 if service.sick else 0


if __name__ == "__main__":
    sys.exit(main())
