"""Policies: who × where to × direction × entity type → effect and obligations.

`load_policy("default", entities)` takes shipped names or paths, several separated by commas; see `parse` for the
format, `files` for what a policy is made of, `decide` for how rules and policies combine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from gateway.errors import ConfigError
from gateway.hosts import HostRegion
from gateway.policy.decide import RulePolicy
from gateway.policy.files import PolicyFile, gather, policies_folder, policy_paths, shipped_policies, sources
from gateway.policy.model import OPERATORS, STRICTNESS, Categorised, PolicySource, strictness
from gateway.policy.parse import parse_policy

__all__ = [
    "OPERATORS",
    "STRICTNESS",
    "PolicyFile",
    "PolicySource",
    "RulePolicy",
    "gather",
    "load_policy",
    "parse_policy",
    "policies_folder",
    "policy_paths",
    "shipped_policies",
    "strictness",
]


def load_policy(
    names_or_paths: str,
    entities: Mapping[str, Categorised],
    *,
    operators: Collection[str] = OPERATORS,
    upstream_allow: Sequence[str] = (),
    regions: Sequence[HostRegion] = (),
    folder: Path | None = None,
) -> RulePolicy:
    """A name is looked up in `rules/policies`; what has a slash or ends in .yaml is a path. Raises ConfigError.

    `upstream_allow` (host globs) comes from the configuration and narrows the policy's own list; `regions` says where
    upstreams are.
    """
    paths = policy_paths(names_or_paths, folder)
    found = sources(gather(names_or_paths, folder), entities, operators)
    return RulePolicy(_together([found[path] for path in paths]), entities, upstream_allow, regions)


def _together(named: Sequence[PolicySource]) -> PolicySource:
    """Several policies as one that extends them all."""
    if len(named) == 1:
        return named[0]
    observing = [source.name for source in named if source.shadow]
    if observing and len(observing) < len(named):
        mend = "Name policies of one mode."
        raise ConfigError(f"policy: {observing[0]!r} only observes, and others with it enforce. {mend}")
    digest = hashlib.sha256("\0".join(source.digest for source in named).encode()).hexdigest()
    name = "-".join(source.name for source in named)[:63].rstrip("-")
    version = max(source.version for source in named)
    told = f"All of {', '.join(source.name for source in named)}; the strictest counts."
    return PolicySource(
        name=name,
        version=version,
        description=told,
        shadow=bool(observing),
        upstreams=(),
        default_request=None,
        default_response=None,
        unreadable=None,
        error=None,
        unknown_route=None,
        rules=(),
        digest=digest,
        bases=tuple(named),
    )
