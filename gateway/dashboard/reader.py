"""What the dashboard reads, and how readiness is asked. Structural, so that the stores below need not import it:
`gateway.stores.read.RecordReader` satisfies `RecordReader` as it stands.

Rule for the next editor: nothing here may reach the vault. All that a reader returns is already scrubbed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

FILTERS: Final = ("effect", "entity", "rule", "reason", "tenant", "client")
"""What `RecordReader.latest` can be asked for by equality."""

TOP_KINDS: Final = ("entity", "rule", "reason", "client", "policy_rule", "observed", "observed_new")


class StoredRecord(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of `gateway.types.Record`, as JSON has them."""
        ...

    @property
    def ttl_seconds(self) -> float: ...


class Point(Protocol):
    """Counters of one minute or hour: `records`, `effect:block`, `entity:PERSON`, `direction:request`, …"""

    @property
    def start(self) -> int: ...

    @property
    def seconds(self) -> int: ...

    @property
    def counts(self) -> Mapping[str, int]: ...


class StoreHealth(Protocol):
    @property
    def server(self) -> str: ...

    @property
    def used_memory(self) -> int: ...

    @property
    def keys(self) -> int: ...

    @property
    def expired(self) -> int: ...

    @property
    def evicted(self) -> int: ...

    @property
    def persistence(self) -> bool: ...


class RecordReader(Protocol):
    """The read side of the decision log. Raises `StoreError` when the store cannot be read."""

    async def latest(
        self, limit: int = 50, *, before_ms: int | None = None, **filters: str | None
    ) -> Sequence[StoredRecord]:
        """Newest first; `filters` are some of `FILTERS`; `before_ms`: older ones only, for paging."""
        ...

    async def exchange(self, exchange_id: str) -> Sequence[StoredRecord]:
        """The records of one exchange, request first; empty where there is none (any more)."""
        ...

    async def series(self, seconds: int = 3600) -> Sequence[Point]:
        """Oldest first, empty minutes included."""
        ...

    async def top(self, kind: str, *, seconds: int = 86400, limit: int = 10) -> Sequence[tuple[str, int]]:
        """(label, count), most frequent first; `kind` is one of `TOP_KINDS`."""
        ...

    async def health(self) -> StoreHealth: ...


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `/readyz`."""

    ok: bool
    detail: str = ""
    """For people: a version, a count, a reason code. Never payload."""


@dataclass(frozen=True, slots=True)
class Readiness:
    checks: Mapping[str, Check]
    """Such as `vault`, `records`, `detectors`, `policy`, `upstream`."""
    self_test: Mapping[str, bool] = field(default_factory=dict)
    """Entity type → its canary was found by the real pipeline."""

    @property
    def ready(self) -> bool:
        """An empty answer is no proof."""
        return bool(self.checks) and all(check.ok for check in self.checks.values()) and all(self.self_test.values())


type ReadinessProbe = Callable[[], Awaitable[Readiness]]
type MetricsSource = Callable[[], bytes]
"""The aggregate of all workers in Prometheus text format."""
