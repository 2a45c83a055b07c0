"""What `redline up` prints. stdout: the `ready` line and the sample; stderr: progress and problems."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape

from gateway.config import Config
from gateway.supervisor.local_model import LocalModel

_progress = Console(stderr=True, highlight=False, soft_wrap=True)
_out = Console(highlight=False, soft_wrap=True)


def progress(what: str, how: str) -> None:
    _progress.print(f"[dim]{what:>8}[/]  {escape(how)}")


def problem(text: str) -> None:
    _progress.print(f"[bold red]problem[/]  {escape(text)}")  # a file that is quoted may hold brackets of its own


def ready(config: Config, local: LocalModel | None) -> None:
    sys.stdout.write(f"ready http://{config.listen}\n")
    sys.stdout.flush()
    upstream = "the local model" if local else str(config.upstream)
    progress("clients", f"http://{config.listen}/v1   (OpenAI and Anthropic; upstream: {upstream})")
    if config.proxy_listen:
        from gateway.planes.mitm import certificate_authority

        ca = certificate_authority(config.state_dir)
        progress("proxy", f"HTTPS_PROXY=http://{config.proxy_listen}   CA: {ca}")
    progress("watch", f"http://{config.dashboard_listen}/   metrics: http://{config.dashboard_listen}/metrics")


def stopping() -> None:
    progress("stop", "finishing what is under way; nothing of it is kept")


def show(title: str, text: str) -> None:
    """One view of the sample exchange."""
    _out.print(f"  [bold]{title:<22}[/]", end="")
    _out.print(text, markup=False)


def heading(text: str) -> None:
    _out.print(f"\n[bold]{text}[/]")


def note(text: str) -> None:
    _out.print(text, markup=False, style="dim")
