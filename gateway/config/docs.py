"""docs/configuration.md, made from the table of settings; a test fails where it is stale."""

from __future__ import annotations

from gateway.config.table import Setting, settings
from gateway.types import Limits

_HEAD = """# Configuration

<!-- Made from the table in gateway/config/table.py by `redline docs`; do not edit by hand. -->

Each setting can be given in a file (`redline up --config redline.yaml`, one `key: value` line each), as an environment
variable, or as a flag. Flags win over the environment, the environment over the file, the file over the defaults.
Values that hold several take a list in the file, commas in the environment, and repeated flags. A setting that does
not exist, a value that cannot be used and a combination that is not safe are refused at start, with place and mend.
"""

_TAIL = f"""
## Units

Durations are seconds, or a number with `ms`, `s`, `m`, `h`, `d`, `w`. Sizes are bytes, or a number with `KiB`, `MiB`,
`GiB`. The built-in limits are those of `gateway.types.Limits` ({Limits().body // 1024**2} MiB of body).

## Other variables

| variable | what for |
|---|---|
| `REDLINE_CONFIG` | path of the configuration file, where `--config` is not given |
| `REDLINE_VALKEY_SERVER` | path of the `valkey-server` or `redis-server` that the embedded stores start |
| `REDLINE_MASTER_KEYS` | the vault's master keys, instead of the key file in the state folder |
"""


def render() -> str:
    groups: dict[str, list[Setting]] = {}
    for line in settings().values():
        groups.setdefault(line.group, []).append(line)
    sections = [_section(title, lines) for title, lines in groups.items()]
    return _HEAD + "".join(sections) + _TAIL


def _section(title: str, lines: list[Setting]) -> str:
    rows = "".join(
        f"| `{line.name}` | {_default(line)} | `{line.env}` | `{_flag(line)}` | {line.help.replace('|', '/')} |\n"
        for line in lines
    )
    return f"\n## {title}\n\n| key | default | environment | flag | what |\n|---|---|---|---|---|\n{rows}"


def _default(line: Setting) -> str:
    return f"`{line.default}`" if line.default else "not set"


def _flag(line: Setting) -> str:
    if line.boolean:
        return f"--no-{line.flag[2:]}" if line.default == "true" else line.flag
    return f"{line.flag} {line.shape}".replace("|", "/")
