# ruff: noqa: RUF009 - `setting` returns a dataclasses.field, which is what a default here must be
"""THE table of settings: one line each feeds the file, the environment, the command line and docs/configuration.md.

Rule for the next editor: a setting is a field of `Config` made by `setting(…)`, and nothing else anywhere. Its name
`vault_ttl` is also the key in the file; `REDLINE_VAULT_TTL` and `--vault-ttl` are derived. Then run
`redline docs --write`, or the test of the docs fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from gateway.config import values
from gateway.config.values import Address, Url
from gateway.hosts import HostRegion
from gateway.types import Limits

SERVING: Final = "Serving"
UPSTREAM: Final = "Upstream"
RULES: Final = "Rules and detection"
STORES: Final = "Stores"
LIMITS: Final = "Limits and deadlines"
LOCAL: Final = "Local model and sample"


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table."""

    name: str
    default: str
    """As a person would write it; empty: not set."""
    parse: Callable[[str], Any]
    help: str
    group: str
    metavar: str
    secret: bool

    @property
    def env(self) -> str:
        return f"REDLINE_{self.name.upper()}"

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    @property
    def many(self) -> bool:
        return self.parse in values.MANY

    @property
    def shape(self) -> str:
        """What to write for the value, such as `HOST:PORT` or `asgi|mitm`."""
        return self.metavar or "|".join(getattr(self.parse, "words", ())) or "TEXT"

    @property
    def boolean(self) -> bool:
        return self.parse is values.flag


def setting(
    default: str, parse: Callable[[str], Any], text: str, *, group: str, metavar: str = "", secret: bool = False
) -> Any:
    """A field of `Config`. An empty default means: not set (None, or empty for several values)."""
    metadata = {"default": default, "parse": parse, "help": text, "group": group, "metavar": metavar, "secret": secret}
    return field(metadata=metadata, repr=not secret, default_factory=lambda: value_of(default, parse))


def value_of(raw: str, parse: Callable[[str], Any]) -> Any:
    if raw == "" and parse not in values.MANY:
        return None
    return parse(raw)


def _state_home(raw: str) -> Path:
    """`~/.local/state/…` follows XDG_STATE_HOME where that is set."""
    home, prefix = os.environ.get("XDG_STATE_HOME"), "~/.local/state/"
    return Path(home) / raw.removeprefix(prefix) if home and raw.startswith(prefix) else values.path(raw)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that can be set. Immutable; made by `load`, which also refuses unsafe combinations."""

    listen: Address = setting(
        "127.0.0.1:8080", values.address, "Where clients reach the gateway.", group=SERVING, metavar="HOST:PORT"
    )
    proxy_listen: Address | None = setting(
        "",
        values.address,
        "Also intercept as a forward proxy (HTTPS_PROXY) there.",
        group=SERVING,
        metavar="HOST:PORT",
    )
    dashboard_listen: Address = setting(
        "127.0.0.1:8081",
        values.address,
        "Where dashboard, health and metrics are served.",
        group=SERVING,
        metavar="HOST:PORT",
    )
    dashboard_hosts: tuple[str, ...] = setting(
        "", values.words, "Further Host names that the dashboard answers to.", group=SERVING, metavar="NAME"
    )
    plane: str = setting(
        "asgi", values.OneOf(("asgi", "mitm")), "What serves clients that change their base URL.", group=SERVING
    )
    admin_token_file: Path | None = setting(
        "",
        values.path,
        "File with the token that changes rules over HTTP; if not set, one is made in the state folder.",
        group=SERVING,
        metavar="FILE",
    )
    workers: int = setting("1", values.integer(1, 256), "Gateway processes.", group=SERVING, metavar="N")
    allow_non_loopback: bool = setting(
        "false", values.flag, "Permit listening on other than loopback addresses.", group=SERVING
    )
    clients_file: Path | None = setting(
        "",
        values.path,
        "YAML file of client keys (SHA-256), their tenants and names.",
        group=SERVING,
        metavar="FILE",
    )
    log_level: str = setting(
        "info", values.OneOf(("debug", "info", "warning", "error")), "Least level that is logged.", group=SERVING
    )

    upstream: Url | None = setting(
        "", values.url, "Model server; where there is none, the local model serves.", group=UPSTREAM, metavar="URL"
    )
    upstream_openai: Url | None = setting(
        "", values.url, "Model server for the OpenAI protocol.", group=UPSTREAM, metavar="URL"
    )
    upstream_anthropic: Url | None = setting(
        "", values.url, "Model server for the Anthropic protocol.", group=UPSTREAM, metavar="URL"
    )
    upstream_allow: tuple[str, ...] = setting(
        "", values.words, "Hosts that may be reached (`*` as wildcard); empty: all.", group=UPSTREAM, metavar="HOST"
    )
    upstream_regions: tuple[HostRegion, ...] = setting(
        "",
        values.regions,
        "Where upstreams are (`*` as wildcard, the first that fits counts); the local model is LOCAL.",
        group=UPSTREAM,
        metavar="HOST=REGION",
    )
    upstream_ca: Path | None = setting(
        "", values.path, "CA bundle (PEM) that upstreams are verified against.", group=UPSTREAM, metavar="FILE"
    )
    allow_plain_upstream: bool = setting(
        "false", values.flag, "Permit http:// to hosts outside the local network.", group=UPSTREAM
    )

    policy: str = setting(
        "default",
        values.text,
        "Shipped policies by name, or paths; of several, separated by commas, the strictest verdict counts.",
        group=RULES,
        metavar="NAME|FILE",
    )
    packs: tuple[Path, ...] = setting(
        "", values.paths, "Rule packs (files or folders) instead of the shipped ones.", group=RULES, metavar="PATH"
    )
    entities: Path | None = setting(
        "", values.path, "Entity types instead of the shipped ones.", group=RULES, metavar="FILE"
    )
    experimental: bool = setting(
        "true", values.flag, "Run experimental rules beside the others: counted, never acted on.", group=RULES
    )
    packs_public_key: Path | None = setting(
        "",
        values.path,
        "Ed25519 public key (PEM): only packs, entity types and policies of a release signed with it are loaded.",
        group=RULES,
        metavar="FILE",
    )
    lists: tuple[Path, ...] = setting(
        "",
        values.paths,
        "Allow lists, deny lists, thresholds and context words (files or folders) instead of the shipped ones.",
        group=RULES,
        metavar="PATH",
    )
    consistency: bool = setting(
        "true", values.flag, "A name that is found once is found everywhere in its message.", group=RULES
    )
    watch: bool = setting("true", values.flag, "Take up changed packs and policies without a signal.", group=RULES)
    names: bool = setting(
        "false", values.flag, "Word lists beside the model: a few names more, and many that are none.", group=RULES
    )
    ner_model: str = setting(
        "auto",
        values.ner_model,
        "Model that finds names: `auto` (the embedded one where installed), `embedded`, `names` (word lists alone), "
        "`off`, a model's folder, an installed spaCy package, or OWNER/NAME@COMMIT from the local Hugging Face cache.",
        group=RULES,
        metavar="NAME|DIR",
    )
    ner_model_sha256: str | None = setting(
        "",
        values.sha256,
        "SHA-256 of the model (`redline model verify`): no other is used.",
        group=RULES,
        metavar="HEX",
    )
    ner_labels: tuple[str, ...] = setting(
        "",
        values.labels,
        "Entity types of the model's own labels, before redline.json in its folder; nothing behind `=`: pass over it.",
        group=RULES,
        metavar="LABEL=TYPE",
    )
    ner_device: str = setting("auto", values.device, "Device of that model.", group=RULES, metavar="DEVICE")
    ner_threads: int = setting(
        "1", values.integer(1, 64), "CPU threads of that model; the gateway wants a core too.", group=RULES, metavar="N"
    )
    ner_start_timeout: float = setting(
        "2m", values.duration, "For that model to load, on a slow disk or a cold GPU.", group=RULES, metavar="DURATION"
    )
    ner_server: tuple[str, ...] = setting(
        "",
        values.ner_servers,
        "Shared NER servers (`python -m model_backend.ner_server`) instead of a model here; of several, the least busy "
        "is asked, and another one too where it is slow.",
        group=RULES,
        metavar="URL",
    )
    ner_server_token: str | None = setting(
        "", values.text, "Bearer token of these servers.", group=RULES, metavar="TOKEN", secret=True
    )
    ner_server_ca: Path | None = setting(
        "", values.path, "CA bundle (PEM) that these servers are verified against.", group=RULES, metavar="FILE"
    )
    ner_timeout: float = setting(
        "8s",
        values.duration,
        "For the model to read a message; at most four fifths of inspect_timeout.",
        group=RULES,
        metavar="DURATION",
    )
    ner_on_timeout: str = setting(
        "block",
        values.OneOf(("block", "rules-only")),
        "A message that the model cannot read in time, or at all: refuse it, or let rules and the other detectors "
        "judge it alone and record it as partially covered.",
        group=RULES,
    )
    presidio: tuple[str, ...] = setting(
        "",
        values.words,
        "Also run these Presidio recognizers, by class name, or `all` (slow, large in memory).",
        group=RULES,
        metavar="NAME",
    )
    detector_cache: int = setting(
        "20000", values.integer(0, 10_000_000), "Texts whose findings are kept (as hashes).", group=RULES, metavar="N"
    )

    state_dir: Path = setting(
        "~/.local/state/redline", _state_home, "Keys, sockets and counters; never payload.", group=STORES, metavar="DIR"
    )
    redis_url: str | None = setting(
        "",
        values.redis_url,
        "Redis or Valkey instead of the embedded servers.",
        group=STORES,
        metavar="URL",
        secret=True,
    )
    vault_redis_url: str | None = setting(
        "",
        values.redis_url,
        "A server of its own for the token vault.",
        group=STORES,
        metavar="URL",
        secret=True,
    )
    records_ttl: float = setting(
        "7d", values.duration, "How long a decision record lives.", group=STORES, metavar="DURATION"
    )
    vault_ttl: float = setting(
        "24h", values.duration, "How long a token can be restored.", group=STORES, metavar="DURATION"
    )
    excerpt: bool = setting(
        "false", values.flag, "Keep a scrubbed excerpt (every finding labelled away) in records.", group=STORES
    )

    limit_headers: int = setting("64KiB", values.size, "Largest request head.", group=LIMITS, metavar="SIZE")
    limit_body: int = setting("16MiB", values.size, "Largest body as received.", group=LIMITS, metavar="SIZE")
    limit_decoded: int = setting("64MiB", values.size, "Largest body when decompressed.", group=LIMITS, metavar="SIZE")
    limit_ratio: int = setting(
        "200", values.integer(2, 100_000), "Largest ratio of decompression beyond 1 MiB.", group=LIMITS, metavar="N"
    )
    limit_depth: int = setting("64", values.integer(1, 512), "Deepest JSON nesting.", group=LIMITS, metavar="N")
    limit_parts: int = setting(
        "100000", values.integer(1, 10_000_000), "Most texts in one message.", group=LIMITS, metavar="N"
    )
    limit_inflight: int = setting(
        "512", values.integer(1, 1_000_000), "Most exchanges at once in one process.", group=LIMITS, metavar="N"
    )
    header_timeout: float = setting(
        "10s", values.duration, "For a client to send its request head.", group=LIMITS, metavar="DURATION"
    )
    idle_timeout: float = setting(
        "60s", values.duration, "For the next byte of a request body.", group=LIMITS, metavar="DURATION"
    )
    inspect_timeout: float = setting(
        "10s", values.duration, "For detection, policy, operators and the record.", group=LIMITS, metavar="DURATION"
    )
    connect_timeout: float = setting(
        "10s", values.duration, "To connect to an upstream.", group=LIMITS, metavar="DURATION"
    )
    upstream_timeout: float = setting(
        "10m", values.duration, "For the next byte of an upstream's answer.", group=LIMITS, metavar="DURATION"
    )
    shutdown_timeout: float = setting(
        "30s", values.duration, "For exchanges under way when the gateway stops.", group=LIMITS, metavar="DURATION"
    )

    model_dir: Path | None = setting(
        "", values.path, "Causal language model to serve; the demo model if not set.", group=LOCAL, metavar="DIR"
    )
    sample: bool = setting("true", values.flag, "Send a sample exchange at start and print it.", group=LOCAL)

    @property
    def limits(self) -> Limits:
        return Limits(
            headers=self.limit_headers,
            body=self.limit_body,
            decoded=self.limit_decoded,
            ratio=self.limit_ratio,
            depth=self.limit_depth,
            parts=self.limit_parts,
        )

    def upstream_for(self, protocol: str) -> Url | None:
        """The model server for `openai`, `anthropic` or any other protocol; None: the local model."""
        own = {"openai": self.upstream_openai, "anthropic": self.upstream_anthropic}.get(protocol)
        return own or self.upstream


@lru_cache(maxsize=1)
def settings() -> dict[str, Setting]:
    """Name → line of the table, in its order."""
    return {item.name: Setting(item.name, **item.metadata) for item in fields(Config) if item.metadata}
