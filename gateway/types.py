"""What travels on the main road, and the Protocols of everything that it awaits.

    bytes in → Message → Document(parts) → findings → Decision → edits → bytes out
                plane      codec          detectors    policy     operators    plane

Rules for the next editor
1. What carries payload does not print: `repr=False` on every such field.
2. What is recorded does not hold payload: `Record` is an allow-list.
3. No I/O here and no third-party import.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from detectors.types import Finding, Part, PartKind
from gateway.errors import Refusal

__all__ = ["Finding", "Part", "PartKind"]  # re-exported: they travel on the main road too

type Headers = tuple[tuple[bytes, bytes], ...]
"""In wire order; names in lower case."""


class Direction(enum.StrEnum):
    REQUEST = "request"
    RESPONSE = "response"


class Coverage(enum.StrEnum):
    """How much of a message its codec could turn into parts; a value that policy judges."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"

    def worst(self, other: Coverage) -> Coverage:
        order = (Coverage.FULL, Coverage.PARTIAL, Coverage.NONE)
        return max(self, other, key=order.index)


class Effect(enum.IntEnum):
    """Ordered, so that combining decisions is `max`: deny overrides."""

    ALLOW = 0
    TRANSFORM = 1
    BLOCK = 2


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data this is. Tokens never cross a scope."""

    tenant: str
    subject: str
    """A keyed hash of the client's credential, never the credential."""
    conversation: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one message may cost. Sizes in bytes."""

    headers: int = 64 * 1024
    body: int = 16 * 1024 * 1024
    """Largest buffered body as received."""
    decoded: int = 64 * 1024 * 1024
    """Largest body after decompression."""
    ratio: int = 200
    """Largest decompressed : compressed ratio, once more than 1 MiB has come out."""
    depth: int = 64
    """JSON nesting, nested JSON strings included."""
    parts: int = 100_000


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request is to go. Path and query may hold payload."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    """As on the wire (percent-encoded), without the query."""
    query: str = field(default="", repr=False)
    """As on the wire, without `?`."""
    base: str = ""
    """The beginning of `path` that the operator configured; the route is told by what follows."""

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}{'?' if self.query else ''}{self.query}"


@dataclass(frozen=True, slots=True)
class RequestHead:
    method: str
    target: Target
    headers: Headers = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResponseHead:
    status: int
    headers: Headers = field(repr=False)


@dataclass(frozen=True, slots=True)
class RequestMeta:
    """What a plane knows before it reads a body byte."""

    head: RequestHead
    client_address: str
    plane: str
    """`asgi` or `mitm`."""
    http_version: str = "1.1"


@dataclass(frozen=True, slots=True)
class Route:
    """What a request asks for, said by a protocol."""

    protocol: str
    """`openai`, `anthropic` or `generic`."""
    operation: str
    """Such as `chat.completions`; `unknown` where no protocol claims the path."""
    known: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One direction of an exchange, whole, protocol-neutral."""

    exchange_id: str
    direction: Direction
    scope: Scope
    route: Route
    head: RequestHead | ResponseHead
    body: bytes = field(repr=False)
    upstream: str = ""
    """`host:port` of the target, for policies and records."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `text[start:end]` of one part, offsets in code points."""

    part: int
    start: int
    end: int
    replacement: str = field(repr=False)


class Document(Protocol):
    """A parsed message. `rebuild(())` returns the very bytes that were parsed."""

    @property
    def parts(self) -> Sequence[Part]: ...

    @property
    def coverage(self) -> Coverage: ...

    @property
    def unreadable(self) -> Sequence[str]:
        """Paths of what could not be read; empty where coverage is FULL."""
        ...

    def rebuild(self, edits: Sequence[Edit]) -> Message:
        """Splice `edits` (disjoint within a part, in any order); nothing else changes a byte."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    effect: Effect
    obligations: Mapping[str, tuple[Finding, ...]]
    """Operator name → the findings that it must be applied to."""
    reasons: tuple[str, ...]
    """Reason codes (`errors.REASONS`), worst first."""
    policy: str
    policy_revision: str
    shadow: bool = False
    """True: `effect` and `obligations` were observed and counted, and are not to be enforced."""
    blocked: tuple[Finding, ...] = ()
    """The findings that made the effect BLOCK."""
    rules: Mapping[str, int] = field(default_factory=dict)
    """Rule of the policy, `policy/rule` → findings on which it decided something else than `allow`."""
    articles: tuple[str, ...] = ()
    """What these rules serve, such as `PIPL Art. 28`: the policy's own words."""


class Policy(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str: ...

    def decide(self, message: Message, findings: Sequence[Finding], coverage: Coverage) -> Decision:
        """Pure: no I/O, no clock. `findings` are resolved (disjoint within a part)."""
        ...

    def inspects(self, message: Message) -> bool:
        """False only where no finding could change the decision, so that detection may be spared."""
        ...

    def acts_on(self, message: Message, entity_types: Collection[str]) -> bool:
        """False only where every finding of these types would be allowed, so that who finds nothing else is spared."""
        ...

    def on_error(self, message: Message, code: str) -> Decision:
        """What an error of inspection amounts to: BLOCK, unless the policy says otherwise in so many words."""
        ...


class Operator(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def reversible(self) -> bool:
        """True: what it returns are tokens of `gateway.tokens` that restore to the value."""
        ...

    async def apply(self, scope: Scope, findings: Sequence[Finding], values: Sequence[str]) -> Sequence[str]:
        """One replacement for each value, in order; raises `StoreError` rather than leave one out."""
        ...


class TokenVault(Protocol):
    async def tokenize(self, scope: Scope, values: Sequence[tuple[str, str]]) -> Sequence[str]:
        """(entity type, value) → token. The same value has the same token for as long as the scope lives."""
        ...

    async def detokenize(self, scope: Scope, tokens: Sequence[str]) -> Sequence[str | None]:
        """Token (canonical form) → value; None where this scope never minted it, or it has expired."""
        ...

    async def erase(self, scope: Scope) -> bool:
        """Destroy the scope's key, and so all its values. True if there was one."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """A decision-log entry: an allow-list. It cannot leak what it does not hold."""

    exchange_id: str
    time: float
    """Unix seconds."""
    direction: Direction
    tenant: str
    client: str
    """`Scope.subject`: a keyed hash."""
    plane: str
    route: str
    """`protocol/operation`."""
    upstream: str
    effect: str
    """`allow`, `transform` or `block`: what was done."""
    shadow_effect: str
    """What would have been done, where the policy only observes; else empty."""
    reasons: tuple[str, ...]
    coverage: str
    entities: Mapping[str, int]
    """Entity type → count."""
    rules: Mapping[str, int]
    """`pack/rule@version` → count."""
    operators: Mapping[str, int]
    policy: str
    policy_revision: str
    detector_revision: str
    parts: int
    bytes_in: int
    bytes_out: int
    status: int
    """HTTP status towards the client; 0 where not yet known."""
    timings_ms: Mapping[str, float]
    excerpt: str | None = field(default=None, repr=False)
    """Optional, off by default: the parts with every finding labelled away, whatever the policy let through."""
    policy_rules: Mapping[str, int] = field(default_factory=dict)
    """Rule of the policy, `policy/rule` → findings on which it decided something else than `allow`."""
    articles: tuple[str, ...] = ()
    """What these rules serve, such as `PIPL Art. 28`."""
    observed: Mapping[str, int] = field(default_factory=dict)
    """Experimental rule, `pack/rule@version` → what it would have found; nothing was done about it."""
    observed_new: Mapping[str, int] = field(default_factory=dict)
    """Those of them at whose place the rules in force find nothing."""
    rules_revision: str = ""
    """Of the packs alone, as releases name it; `detector_revision` is that of all detectors together."""
    model: str = ""
    """What read names, `name@SHA-256`; empty where no model did."""


class RecordStore(Protocol):
    async def append(self, record: Record) -> None:
        """Return once the record is stored; raise `StoreError('record_failed')` otherwise."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gate found and did with one message. `message is None` means: refuse."""

    decision: Decision
    message: Message | None
    minted: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Canonical token → value, for every token that this message now carries."""
    entities: Mapping[str, int] = field(default_factory=dict)
    detector_revision: str = ""
    """Of what read it; empty where nothing did."""
    unread: bool = False
    """A detector did not read all of it, and was gone on without."""


class CloseReason(enum.StrEnum):
    DONE = "done"
    REFUSED = "refused"
    CLIENT_GONE = "client_gone"
    UPSTREAM_FAILED = "upstream_failed"
    PLANE_FAILED = "plane_failed"


class Exchange(Protocol):
    """One request and its answer, as a plane sees it.

    Order of calls: `request` until `end=True`, then `response_begin`, then `response` until `end=True`;
    `close` exactly once, always. Awaiting each call before reading on is the back-pressure.
    Any method may raise `Refusal`; anything else that it raises counts as `refusal("inspection_failed")`.
    """

    @property
    def exchange_id(self) -> str: ...

    @property
    def request_head(self) -> RequestHead | None:
        """The positive verdict. None: nothing may leave, no upstream connection may be opened.
        Once set, it replaces the head that the client sent (the plane adds only hop-by-hop and Host)."""
        ...

    async def request(self, chunk: bytes, end: bool) -> Sequence[bytes]:
        """Body bytes proven safe to forward, possibly none; never an empty one."""
        ...

    async def response_begin(self, head: ResponseHead) -> ResponseHead:
        """The head for the client. Without a `content-length` the body is to be sent chunked."""
        ...

    async def response(self, chunk: bytes, end: bool) -> Sequence[bytes]:
        """Body bytes for the client, possibly none; never an empty one."""
        ...

    def refusal(self, code: str) -> Refusal:
        """The answer for a failure that the plane met, in the client's own protocol."""
        ...

    async def close(self, reason: CloseReason) -> None:
        """Never raises."""
        ...


class Gatekeeper(Protocol):
    async def begin(self, meta: RequestMeta) -> Exchange:
        """Before a body byte is read (and before `100 Continue`). May raise `Refusal`."""
        ...
