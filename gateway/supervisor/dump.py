"""A configuration as text again, for the processes that the supervisor starts."""

from __future__ import annotations

from pathlib import Path

from gateway.config import Config, settings


def dump(config: Config) -> dict[str, str]:
    """Setting → text that `gateway.config.load` reads back to the same value; what is not set is left out."""
    out: dict[str, str] = {}
    for name, line in settings().items():
        value = getattr(config, name)
        if value is None or value == ():
            continue
        if line.many:
            out[name] = ",".join(_text(item) for item in value)
        else:
            out[name] = _text(value)
    return out


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value.absolute()) if isinstance(value, Path) else str(value)
