"""Policies: who × where to × direction × entity type → effect and obligations.

`load_policy("default", entities)` takes a shipped name or a path; see `parse` for the format, `decide` for how
rules combine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from gateway.errors import ConfigError
from gateway.policy.decide import RulePolicy
from gateway.policy.model import OPERATORS, Categorised, PolicySource
from gateway.policy.parse import parse_policy, read_policy
from gateway.yamlfile import nearest

__all__ = [
    "OPERATORS",
    "PolicySource",
    "RulePolicy",
    "load_policy",
    "parse_policy",
    "policies_folder",
    "policy_path",
    "shipped_policies",
]


def policies_folder() -> Path:
    from detectors.paths import RULES

    return RULES / "policies"


def shipped_policies(folder: Path | None = None) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (folder or policies_folder()).glob("*.yaml")))


def load_policy(
    name_or_path: str,
    entities: Mapping[str, Categorised],
    *,
    operators: Collection[str] = OPERATORS,
    upstream_allow: Sequence[str] = (),
    folder: Path | None = None,
) -> RulePolicy:
    """A name is looked up in `rules/policies`; what has a slash or ends in .yaml is a path. Raises ConfigError.

    `upstream_allow` (host globs) comes from the configuration and narrows the policy's own list.
    """
    source = read_policy(policy_path(name_or_path, folder), entities, operators)
    return RulePolicy(source, entities, upstream_allow)


def policy_path(name_or_path: str, folder: Path | None = None) -> Path:
    """Where a policy lies. Raises ConfigError where there is no shipped one of that name."""
    if "/" in name_or_path or name_or_path.endswith((".yaml", ".yml")):
        return Path(name_or_path).expanduser()
    known = shipped_policies(folder)
    if name_or_path not in known:
        raise ConfigError(f"policy: unknown policy {name_or_path!r}. {nearest(name_or_path, known)} Or give a path.")
    return (folder or policies_folder()) / f"{name_or_path}.yaml"
